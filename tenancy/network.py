"""Who may talk to whom: NetworkPolicies that deny both ways and open what was named.

Policies add up, so each opening is one of its own. A policy has no effect where the cluster's network plug-in does
not implement it.
"""

import ipaddress
from collections.abc import Iterator
from typing import Any

from tenancy.environment import Dns, Environment
from tenancy.manifests import TEAM_LABEL, Manifest, declared
from tenancy.names import joined
from tenancy.namespaces import NAMESPACE_NAME, metadata, namespace_name, origin
from tenancy.team import Egress, Ingress, Team

Spec = dict[str, Any]
BOTH = ["Ingress", "Egress"]
DNS_PORT = 53


def declare(environment: Environment) -> Iterator[Manifest]:
    """Yield the NetworkPolicies of each namespace of each team."""
    for team in environment.teams.values():
        opened = list(_opened(environment, team))
        for key in team.namespaces:
            where = origin(environment, "teams", team.name, "namespaces", key)
            namespace = namespace_name(team, key)
            for name, spec, source in opened:
                place = origin(environment, "teams", team.name, *source) if source else where
                yield declared(_policy(team, namespace, name, spec), place)


def _opened(environment: Environment, team: Team) -> Iterator[tuple[str, Spec, tuple[str, ...]]]:
    """Yield name, spec and source of every policy that a namespace of *team* gets."""
    yield "default-deny", {"policyTypes": BOTH}, ()
    inside: list[Any] = [{"podSelector": {}}]
    yield "same-namespace", {"policyTypes": BOTH, "ingress": [{"from": inside}], "egress": [{"to": inside}]}, ()
    yield "dns", _egress(_dns(environment.network.dns), [_port("UDP", DNS_PORT), _port("TCP", DNS_PORT)]), ()
    if environment.network.api_server:
        rules = [
            {"to": [_block(server.cidr)], "ports": [_port("TCP", server.port)]}
            for server in environment.network.api_server
        ]
        yield "api-server", {"policyTypes": ["Egress"], "egress": rules}, ()
    for name, egress in team.network.egress.items():
        yield joined("egress", name), _named_egress(egress), ("network", "egress", name)
    for name, ingress in team.network.ingress.items():
        yield joined("ingress", name), _named_ingress(environment, ingress), ("network", "ingress", name)


def _policy(team: Team, namespace: str, name: str, spec: Spec) -> dict[str, Any]:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(team, name, namespace),
        "spec": {"podSelector": {}, **spec},
    }


def _egress(to: list[Any], ports: list[Any]) -> Spec:
    return {"policyTypes": ["Egress"], "egress": [{"to": to, "ports": ports}]}


def _dns(dns: Dns) -> list[Any]:
    pods = {
        "namespaceSelector": {"matchLabels": {NAMESPACE_NAME: dns.namespace}},
        "podSelector": {"matchLabels": dict(dns.labels)},
    }
    return [pods, *([_block(dns.node_local)] if dns.node_local else [])]


def _named_egress(egress: Egress) -> Spec:
    return _egress([_block(egress.cidr)], [_port(egress.protocol, port) for port in egress.ports])


def _named_ingress(environment: Environment, ingress: Ingress) -> Spec:
    other = environment.teams[ingress.team]
    names = [namespace_name(other, ingress.namespace)] if ingress.namespace else []
    labels = {NAMESPACE_NAME: names[0]} if names else {TEAM_LABEL: other.name}
    ports = [_port("TCP", port) for port in ingress.ports]
    return {
        "policyTypes": ["Ingress"],
        "ingress": [{"from": [{"namespaceSelector": {"matchLabels": labels}}], "ports": ports}],
    }


def _port(protocol: str, port: int) -> dict[str, Any]:
    return {"protocol": protocol, "port": port}


def _block(cidr: str) -> dict[str, Any]:
    return {"ipBlock": {"cidr": str(ipaddress.ip_network(cidr))}}
