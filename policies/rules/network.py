"""N: who may talk to whom, as NetworkPolicies really work."""

from collections.abc import Iterator, Sequence
from inspect import cleandoc

from policies.rule import NotApplicable, Problem, rule
from scheduling.world import World
from tenancy.core_objects import typed
from tenancy.finding import Severity
from tenancy.manifests import Manifest
from tenancy.network_api import EgressRule, IngressRule, NetworkPolicySpec, PolicyPort, network

DNS_PORT = 53
POLICY = cleandoc("""
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: vision-train}
    spec:
      podSelector: {}
      policyTypes: [Ingress]
      ingress:
      - from: [{podSelector: {}}]
    """)
CLOSED = cleandoc("""
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: closed, namespace: vision-train}
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress:
      - to: [{ipBlock: {cidr: 10.0.0.0/8}}]
        ports: [{protocol: TCP, port: 443}]
    """)
DNS = """
  - to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}}]
    ports: [{protocol: UDP, port: 53}, {protocol: TCP, port: 53}]
"""


def policies(world: World) -> list[tuple[Manifest, NetworkPolicySpec]]:
    """Return the NetworkPolicies with their specs; NotApplicable where there are none."""
    found = list(typed(world.manifests, NetworkPolicySpec))
    if not found:
        raise NotApplicable("there is no NetworkPolicy here")
    return found


def _open(rules: Sequence[IngressRule | EgressRule]) -> Iterator[tuple[int, str]]:
    """Yield the rules that open to everybody, and why."""
    for number, found in enumerate(rules):
        if not found.peers:
            yield number, "names nobody, which means everybody"
        for peer in found.peers:
            if peer.ip_block and not network(peer.ip_block.cidr).prefixlen and not peer.ip_block.excepted:
                yield number, f"opens to {peer.ip_block.cidr}"
            elif peer.namespace_selector == {} and not peer.pod_selector:
                yield number, "opens to all namespaces"


@rule("N001", Severity.HIGH, bad=POLICY.replace("[{podSelector: {}}]", "[]"), good=POLICY)
def nobody_is_open_to_everybody(world: World) -> Iterator[Problem]:
    """No NetworkPolicy lets everybody in.

    Policies add up: one rule without peers, with `0.0.0.0/0` or with an empty namespaceSelector opens the pods to every
    tenant, whatever the others close. Name the namespaces that may come.
    """
    for policy, spec in policies(world):
        for number, why in _open(spec.ingress):
            yield Problem(f"{policy.key}: ingress rule {number} {why}", policy, ("spec", "ingress", number))


@rule("N002", Severity.MEDIUM, bad=CLOSED.replace("10.0.0.0/8", "0.0.0.0/0") + DNS, good=CLOSED + DNS)
def nobody_may_talk_to_everybody(world: World) -> Iterator[Problem]:
    """No NetworkPolicy lets pods talk to everybody.

    What reaches everything reaches other tenants, the nodes, and the metadata service of the cloud with its
    credentials. Name what is needed, or take the private ranges out with `except`.
    """
    for policy, spec in policies(world):
        for number, why in _open(spec.egress):
            yield Problem(f"{policy.key}: egress rule {number} {why}", policy, ("spec", "egress", number))


@rule("N003", Severity.MEDIUM, bad=CLOSED, good=CLOSED + DNS)
def closed_namespaces_reach_dns(world: World) -> Iterator[Problem]:
    """Where egress is closed, DNS is open: UDP and TCP 53.

    A policy that closes egress closes DNS too, and nothing is found by its name any more: jobs fail late, with
    time-outs. Add a rule to the cluster's DNS with both protocols; long answers come by TCP.
    """
    opened: dict[str, set[str]] = {}
    closed: dict[str, Manifest] = {}
    for policy, spec in policies(world):
        namespace = policy.key.namespace
        if "Egress" in spec.types and not spec.pod_selector:
            closed.setdefault(namespace, policy)
        for found in spec.egress:
            opened.setdefault(namespace, set()).update(_dns(found.ports))
    for namespace, policy in closed.items():
        lacks = sorted({"UDP", "TCP"} - opened.get(namespace, set()))
        if lacks:
            message = f"{policy.key} closes egress, and no policy of {namespace} opens {' and '.join(lacks)} {DNS_PORT}"
            yield Problem(message, policy, ("spec",))


def _dns(ports: Sequence[PolicyPort]) -> set[str]:
    """Return the protocols by which DNS can be reached through *ports*."""
    if not ports:
        return {"UDP", "TCP"}
    return {port.protocol for port in ports if _covers(port)}


def _covers(port: PolicyPort) -> bool:
    if port.port is None or port.port in ("dns", "dns-tcp"):
        return True
    return isinstance(port.port, int) and port.port <= DNS_PORT <= (port.end_port or port.port)


@rule(
    "N004",
    Severity.LOW,
    bad=CLOSED.replace("policyTypes: [Egress]", "policyTypes: [Ingress]"),
    good=CLOSED + DNS,
)
def rules_have_their_type(world: World) -> Iterator[Problem]:
    """A NetworkPolicy with egress rules says Egress among its policyTypes.

    Without it the API server takes the rules and no plug-in looks at them: egress stays as open or closed as other
    policies leave it. Write both types in every policy.
    """
    for policy, spec in policies(world):
        for name, rules in (("Ingress", spec.ingress), ("Egress", spec.egress)):
            if rules and name not in spec.types:
                message = f"{policy.key} has rules for {name} and policyTypes without it; they do nothing"
                yield Problem(message, policy, ("spec", "policyTypes"))
