import pytest
from pydantic import ValidationError

from tenancy.environment import EnvironmentFile
from tenancy.finding import dotted
from tenancy.mistakes import did_you_mean, mistakes, not_among
from tenancy.team import Team

TEAM = {"apiVersion": "muster/v1alpha1", "kind": "Team", "metadata": {"name": "a"}, "owners": ["b"]}


def said(model, content):
    with pytest.raises(ValidationError) as caught:
        model.model_validate(content)
    return [f"{dotted(path)}: {message}" for path, message in mistakes(caught.value, model)]


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"qota": 1}, "qota: there is no such field; did you mean quota?"),
        ({"metadata": {"name": "a", "nmae": 1}}, "metadata.nmae: there is no such field; did you mean name?"),
        ({"metadata": {"name": "a", "x": 1}}, "metadata.x: there is no such field; there are name, renamedFrom, title"),
        ({"quota": {"p": {"nominl": 1}}}, "quota.p.nominl: there is no such field; did you mean nominal?"),
        ({"queue": {"weigth": 1}}, "queue.weigth: there is no such field; did you mean weight?"),
        ({"metadata": {}}, "metadata.name: the field name is missing"),
        ({"metadata": {"name": 5}}, "metadata.name: 5 is no text; quote it"),
        ({"metadata": {"name": "B"}}, "metadata.name: 'B' is no name; use lower-case letters, digits and dashes"),
        ({"metadata": {"name": "x" * 64}}, "metadata.name: has over 63 characters"),
        ({"metadata": None}, "metadata: has no value; write one, or remove the line"),
        ({"metadata": "a"}, "metadata: 'a' is no mapping; write `key: value` lines"),
        ({"owners": "b"}, "owners: 'b' is no list; write [a, b]"),
        ({"owners": []}, "owners: is empty; give at least 1"),
        ({"owners": [""]}, "owners[0]: is empty; write something"),
        ({"owners": [1]}, "owners[0]: 1 is no text; quote it"),
        ({"isolation": "x"}, "isolation: 'x' is none of namespace, node-pool, cluster"),
        ({"isolation": "nodepool"}, "isolation: 'nodepool' is not possible here; did you mean node-pool?"),
        ({"isolation": 5}, "isolation: 5 is none of namespace, node-pool, cluster"),
        ({"quota": {"p": "8"}}, "quota.p.nominal: '8' is no whole number; remove the quotes"),
        ({"quota": {"p": 8.0}}, "quota.p.nominal: 8.0 is no whole number; write 8"),
        ({"quota": {"p": 8.5}}, "quota.p.nominal: 8.5 is no whole number"),
        ({"quota": {"p": True}}, "quota.p.nominal: true is no whole number"),
        ({"quota": {"p": -1}}, "quota.p.nominal: -1 is below 0"),
        ({"quota": {"p": 10**9 + 1}}, "quota.p.nominal: 1000000001 is above 1000000000"),
        ({"quota": {"p": None}}, "quota.p: has no value; write one, or remove the line"),
        ({"quota": {"p": {"nominal": {"t": "x"}}}}, "quota.p.nominal.t: 'x' is no whole number"),
        ({"quota": {"P": 1}}, "quota.P: 'P' is no name; use lower-case letters, digits and dashes"),
        ({"namespaces": {"a": {"adopt": "yes"}}}, "namespaces.a.adopt: 'yes' is neither true nor false"),
        ({"namespaces": {}}, "namespaces: is empty; give at least 1"),
        (
            {"namespaces": {"a": {"accepts": ["Jobb"]}}},
            "namespaces.a.accepts[0]: 'Jobb' is not possible here; did you mean",
        ),
        ({"queue": {"weight": -1}}, "queue.weight: -1 is no weight; write 0, or a number above 1e-9"),
        (
            {"container": {"cpu": "1 cpu"}},
            "container.cpu: '1 cpu' is no quantity; write a number such as 8, 500m, 1.5 or",
        ),
    ],
)
def test_every_mistake_says_what_would_be_right(fields, line):
    (found,) = said(Team, {**TEAM, **fields})
    assert found.startswith(line)


def test_all_mistakes_are_said_and_each_once():
    tiers = [{"name": "a", "nodes": "many", "purchase": "own", "price": "cheap"}]
    node = {"gpu": "nvidia-t4", "gpus": 2, "cpu": [16], "memory": "60GB"}
    found = said(EnvironmentFile, {"kind": "Environment", "pools": {"t4": {"node": node, "tiers": tiers}}})
    assert [line.split(":")[0] for line in found] == [
        "apiVersion",
        "metadata",
        "pools.t4.node.cpu",
        "pools.t4.node.memory",
        "pools.t4.tiers[0].nodes.min",
        "pools.t4.tiers[0].nodes.max",
        "pools.t4.tiers[0].purchase",
        "pools.t4.tiers[0].price",
    ]


def test_a_list_with_a_wrong_entry_is_not_called_empty():
    assert said(Team, {**TEAM, "owners": ["a", 1]}) == ["owners[1]: 1 is no text; quote it"]


@pytest.mark.parametrize(
    ("name", "choices", "hint"),
    [
        ("nominl", ["nominal", "borrow"], "; did you mean nominal?"),
        ("zzz", ["b", "a"], "; there are a, b"),
        ("zzz", [], ""),
        ("zzz", [f"c{n:02}" for n in range(12)], "; there are " + ", ".join(f"c{n:02}" for n in range(12))),
        ("zzz", [f"c{n:02}" for n in range(13)], ""),
        ("n" * 10**6, ["nominal"], "; there are nominal"),
    ],
)
def test_hints_name_the_nearest_or_all_of_a_few(name, choices, hint):
    assert did_you_mean(name, choices) == hint


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("a", "'a' is none of kueue, volcano"),
        ("kueu", "'kueu' is not possible here; did you mean kueue?"),
        ([], "a list is none of kueue, volcano"),
    ],
)
def test_not_among_names_the_choices(value, message):
    assert not_among(value, ["kueue", "volcano"]) == message
