import pytest

from support.stacks import loaded
from tenancy import network

API_SERVER = [{"cidr": "10.0.0.10/32"}, {"cidr": "10.0.0.11", "port": 443}]


def policies(tmp_path, environment=None, **teams):
    teams = teams or {"a": {"quota": {"h100": 8}}}
    found = network.declare(loaded(tmp_path, environment, **teams))
    return {(manifest.key.namespace, manifest.key.name): manifest.body["spec"] for manifest in found}


def test_both_ways_are_denied_for_every_pod(tmp_path):
    denied = policies(tmp_path)["a-jobs", "default-deny"]
    assert denied == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_without_more_only_the_namespace_and_dns_are_open(tmp_path):
    found = policies(tmp_path)
    assert sorted(name for _, name in found) == ["default-deny", "dns", "same-namespace"]
    same = found["a-jobs", "same-namespace"]
    assert same["ingress"] == [{"from": [{"podSelector": {}}]}]
    assert same["egress"] == [{"to": [{"podSelector": {}}]}]
    (dns,) = found["a-jobs", "dns"]["egress"]
    assert dns["ports"] == [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}]
    (pods,) = dns["to"]
    assert pods == {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
        "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
    }


def test_what_the_environment_names_is_open(tmp_path):
    dns = {"namespace": "dns", "labels": {"app": "coredns"}, "nodeLocal": "169.254.20.10"}
    found = policies(tmp_path, {"network": {"apiServer": API_SERVER, "dns": dns}})
    assert found["a-jobs", "api-server"]["egress"] == [
        {"to": [{"ipBlock": {"cidr": "10.0.0.10/32"}}], "ports": [{"protocol": "TCP", "port": 6443}]},
        {"to": [{"ipBlock": {"cidr": "10.0.0.11/32"}}], "ports": [{"protocol": "TCP", "port": 443}]},
    ]
    pods, node_local = found["a-jobs", "dns"]["egress"][0]["to"]
    assert pods["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "dns"}
    assert node_local == {"ipBlock": {"cidr": "169.254.20.10/32"}}


@pytest.mark.parametrize(
    ("egress", "ports"),
    [
        ({"cidr": "10.1.0.0/16"}, [{"protocol": "TCP", "port": 443}]),
        ({"cidr": "10.1.0.0/255.255.0.0", "ports": [53, 54], "protocol": "UDP"}, [{"protocol": "UDP", "port": 53}] * 2),
    ],
)
def test_a_team_opens_blocks_of_addresses(tmp_path, egress, ports):
    team = {"quota": {"h100": 8}, "network": {"egress": {"data": egress}}}
    opened = policies(tmp_path, a=team)["a-jobs", "egress-data"]
    assert opened["policyTypes"] == ["Egress"]
    (rule,) = opened["egress"]
    assert rule["to"] == [{"ipBlock": {"cidr": "10.1.0.0/16"}}]
    assert [port["protocol"] for port in rule["ports"]] == [port["protocol"] for port in ports]


@pytest.mark.parametrize(
    ("namespace", "labels"),
    [(None, {"muster/team": "b"}), ("serve", {"kubernetes.io/metadata.name": "b-serve"})],
)
def test_a_team_lets_another_in(tmp_path, namespace, labels):
    ingress = {"gate": {"team": "b", "namespace": namespace, "ports": [8080]}}
    teams = {
        "a": {"quota": {"h100": 8}, "network": {"ingress": ingress}},
        "b": {"quota": {"h100": 8}, "namespaces": {"serve": {}, "jobs": {}}},
    }
    found = policies(tmp_path, **teams)
    opened = found["a-jobs", "ingress-gate"]
    assert opened["policyTypes"] == ["Ingress"]
    assert opened["ingress"] == [
        {"from": [{"namespaceSelector": {"matchLabels": labels}}], "ports": [{"protocol": "TCP", "port": 8080}]}
    ]
    assert not any(name.startswith("ingress") for space, name in found if space.startswith("b-"))


def test_an_inherited_opening_can_be_closed(tmp_path):
    defaults = {"defaults": {"network": {"egress": {"data": {"cidr": "10.1.0.0/16"}}}}}
    teams = {
        "a": {"quota": {"h100": 8}},
        "b": {"quota": {"h100": 8}, "network": {"egress": {"data": None}}},
    }
    found = policies(tmp_path, defaults, **teams)
    assert [space for space, name in found if name == "egress-data"] == ["a-jobs"]


def test_a_policy_of_a_team_comes_from_its_opening(tmp_path):
    team = {"quota": {"h100": 8}, "network": {"egress": {"data": {"cidr": "10.1.0.0/16"}}}}
    environment = loaded(tmp_path, a=team)
    (origin,) = [m.origin for m in network.declare(environment) if m.key.name == "egress-data"]
    assert origin.source == ("teams", "a", "network", "egress", "data")
    assert origin.place == environment.place(origin.source)
