import pytest

from support.stacks import H100, loaded, wrong
from tenancy.finding import Place


def test_defaults_are_the_safe_ones(tmp_path):
    environment = loaded(tmp_path)
    assert (environment.currency, environment.protect, environment.kubernetes) == ("USD", False, "1.35")
    assert list(environment.cohorts) == ["all"]
    assert environment.kueue.version == "0.19"
    assert environment.kueue.namespace == "kueue-system"
    assert environment.network.dns.labels == {"k8s-app": "kube-dns"}
    assert environment.network.api_server == ()


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"pools": {}}, "pools: is empty; give at least 1"),
        ({"currency": "dollar"}, "currency: 'dollar' is no currency; write its code, such as USD"),
        ({"kubernetes": 1.35}, "kubernetes: 1.35 is no text; quote it"),
        ({"kubernetes": "1.35.3"}, "kubernetes: '1.35.3' is no minor version; write one such as 1.35, quoted"),
        ({"kueue": {"version": 0.19}}, "kueue.version: 0.19 is no text; quote it"),
        ({"kueue": {"version": "0.20"}}, "kueue.version: '0.20' is not possible here; write 0.19"),
        ({"priorities": {"a": 10**9 + 1}}, "priorities.a.value: 1000000001 is above 1000000000"),
        ({"priorities": {"a": -(2**31) - 1}}, "priorities.a.value: -2147483649 is below -2147483648"),
        ({"priorities": {"a": {"value": 1, "description": "x" * 2049}}}, "priorities.a.description: has over 2048"),
        ({"network": {"apiServer": [{"cidr": "10.0.0.5/24"}]}}, "network.apiServer[0].cidr: '10.0.0.5/24' is an addr"),
        ({"network": {"dns": {"labels": {"a b": "c"}}}}, "network.dns.labels.a b: 'a b' is no key of a label"),
        ({"cohorts": {"all": {"weight": -1}}}, "cohorts.all.weight: -1 is no weight"),
        ({"defaults": {"schedulr": "kueue"}}, "defaults.schedulr: there is no such field; did you mean scheduler?"),
        ({"defaults": {"owners": ["a"]}}, "defaults.owners: there is no such field"),
    ],
)
def test_values_that_cannot_be_are_refused(tmp_path, fields, line):
    (found,) = wrong(tmp_path, fields)
    assert found.startswith(line)


@pytest.mark.parametrize("value", [-(2**31), 0, 10**9])
def test_priorities_reach_as_far_as_those_of_kubernetes(tmp_path, value):
    assert loaded(tmp_path, {"priorities": {"a": value}}).priorities["a"].value == value


def test_ancestry_leads_to_the_root(tmp_path):
    cohorts = {"a": {}, "b": {"parent": "a"}, "c": {"parent": "b"}}
    environment = loaded(tmp_path, {"cohorts": cohorts})
    assert environment.ancestry("c") == ["c", "b", "a"]
    assert environment.ancestry("a") == ["a"]


def test_places_lead_into_the_file_that_holds_the_value(tmp_path):
    environment = loaded(tmp_path, {"pools": {"h100": H100}})
    place = environment.place(["pools", "h100", "tiers", 0, "name"])
    line = (tmp_path / "environment.yaml").read_text().splitlines()[place.line - 1]
    assert line[place.column - 1 :] == "name: owned"
    assert environment.place([]) == Place(f"{tmp_path}/environment.yaml", 1, 1)
