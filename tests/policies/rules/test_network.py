"""Where the rules about network policies draw the line, beyond their examples."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from policies.rule import judge
from policies.rules import RULES
from scheduling.world import World
from tenancy.manifests import read


def messages(tmp_path: Path, id_: str, *specs: dict[str, Any]) -> list[str]:
    """Return what a rule says of policies of one namespace."""
    head = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy"}
    bodies = [
        {**head, "metadata": {"name": f"p{number}", "namespace": "tenant"}, "spec": {"podSelector": {}, **spec}}
        for number, spec in enumerate(specs)
    ]
    file = tmp_path / "policies.yaml"
    file.write_text(yaml.safe_dump_all(bodies))
    judgement = judge(World(read([str(file)])), {id_: RULES[id_]})
    assert not judgement.skipped
    return [finding.message for finding in judgement.findings]


@pytest.mark.parametrize(
    ("peer", "opens"),
    [
        ({"ipBlock": {"cidr": "0.0.0.0/0"}}, True),
        ({"ipBlock": {"cidr": "::/0"}}, True),
        ({"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}}, False),
        ({"namespaceSelector": {}}, True),
        ({"namespaceSelector": {}, "podSelector": {"matchLabels": {"a": "b"}}}, False),
        ({"namespaceSelector": {"matchLabels": {"a": "b"}}}, False),
        ({"podSelector": {}}, False),
    ],
)
def test_who_is_everybody(tmp_path: Path, peer: dict[str, Any], opens: bool) -> None:
    assert bool(messages(tmp_path, "N001", {"ingress": [{"from": [peer]}]})) is opens
    assert bool(messages(tmp_path, "N002", {"egress": [{"to": [peer]}]})) is opens


def test_dns_may_be_opened_by_another_policy(tmp_path: Path) -> None:
    closed = {"policyTypes": ["Egress"]}
    udp = {"egress": [{"to": [{"podSelector": {}}], "ports": [{"protocol": "UDP", "port": 53}]}]}
    both = {"egress": [{"to": [{"podSelector": {}}], "ports": [{"port": 1, "endPort": 99}, {"protocol": "UDP"}]}]}
    anything = {"egress": [{"to": [{"podSelector": {}}]}]}
    assert messages(tmp_path, "N003", closed) == [
        "NetworkPolicy/tenant/p0 closes egress, and no policy of tenant opens TCP and UDP 53"
    ]
    assert messages(tmp_path, "N003", closed, udp) == [
        "NetworkPolicy/tenant/p0 closes egress, and no policy of tenant opens TCP 53"
    ]
    assert messages(tmp_path, "N003", closed, both) == messages(tmp_path, "N003", closed, anything) == []
    assert messages(tmp_path, "N003", {"policyTypes": ["Ingress"]}) == []


def test_types_that_are_not_written_are_what_the_server_makes_of_them(tmp_path: Path) -> None:
    assert messages(tmp_path, "N004", {"egress": [{}]}) == []
    assert messages(tmp_path, "N004", {"policyTypes": ["Egress"], "ingress": [{}]}) == [
        "NetworkPolicy/tenant/p0 has rules for Ingress and policyTypes without it; they do nothing"
    ]
