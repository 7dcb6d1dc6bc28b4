import pytest

from support.stacks import H100, complaints, loaded, write, wrong

QUOTA = {"quota": {"h100": 8}}


@pytest.mark.parametrize(
    ("cohorts", "lines"),
    [
        ({"all": {}, "a": {"parent": "all"}}, []),
        ({"all": {}, "a": {"parent": "al"}}, ["cohorts.a.parent: there is no cohort al; did you mean all?"]),
        ({"all": {"parent": "all"}}, ["cohorts.all.parent: the cohorts all -> all stand in a circle; break it"]),
        (
            {"all": {"parent": "b"}, "b": {"parent": "c"}, "c": {"parent": "b"}},
            ["cohorts.b.parent: the cohorts b -> c -> b stand in a circle; break it"],
        ),
        ({"all": {"quota": {"h10": 8}}}, ["cohorts.all.quota.h10: there is no pool h10; did you mean h100?"]),
        (
            {"all": {"quota": {"h100": {"sport": 8}}}},
            ["cohorts.all.quota.h100.sport: there is no tier of h100 sport; did you mean spot?"],
        ),
        (
            {"all": {"borrow": {"h100": 1}, "lend": {"h100": 1}}},
            [
                "cohorts.all.borrow: borrow needs a parent to borrow from; name one, or remove it",
                "cohorts.all.lend: lend needs a parent to lend to; name one, or remove it",
            ],
        ),
        ({"all": {}, "a": {"parent": "all", "borrow": {"h100": 1}, "lend": {"h100": {"spot": 0}}}}, []),
    ],
)
def test_cohorts(tmp_path, cohorts, lines):
    assert wrong(tmp_path, {"cohorts": cohorts}) == lines


@pytest.mark.parametrize(
    ("priorities", "lines"),
    [
        ({"a": {"value": 1, "default": True}, "b": 2}, []),
        (
            {"a": {"value": 1, "default": True}, "b": {"value": 2, "default": True}},
            ["priorities.b.default: a is the default already; keep one"],
        ),
        ({"system-a": 1}, ["priorities.system-a: names that begin with system- are reserved; choose another"]),
        ({"systems": 1}, []),
    ],
)
def test_priorities(tmp_path, priorities, lines):
    assert wrong(tmp_path, {"priorities": priorities}) == lines


@pytest.mark.parametrize(
    ("fields", "lines"),
    [
        ({"cohort": "all"}, []),
        ({"cohort": None}, []),
        ({"cohort": "al"}, ["cohort: there is no cohort al; did you mean all?"]),
        ({"priority": "normal"}, []),
        ({"priority": "norml"}, ["priority: there is no priority norml; did you mean normal?"]),
        ({"network": {"ingress": {"x1": {"team": "b"}}}}, []),
        ({"network": {"ingress": {"x1": {"team": "b", "namespace": "jobs"}}}}, []),
        (
            {"network": {"ingress": {"x1": {"team": "bb"}}}},
            ["network.ingress.x1.team: there is no team bb; did you mean b?"],
        ),
        (
            {"network": {"ingress": {"x1": {"team": "b", "namespace": "job"}}}},
            ["network.ingress.x1.namespace: there is no namespace of b job; did you mean jobs?"],
        ),
    ],
)
def test_team_settings(tmp_path, fields, lines):
    assert wrong(tmp_path, a={**QUOTA, **fields}, b=QUOTA) == lines


def test_without_any_cohort_the_default_is_explained(tmp_path):
    hint = "declare it under cohorts, or write `cohort: null`"
    assert wrong(tmp_path, {"cohorts": {}}, a=QUOTA) == [f"cohort: there is no cohort all; {hint}"]


@pytest.mark.parametrize(
    ("fields", "lines"),
    [
        (
            {"isolation": "cluster"},
            ["isolation: a team with a cluster of its own must be alone in its environment; here also stands b"],
        ),
        (
            {"metadata": {"name": "a", "renamedFrom": ["b"]}},
            ["metadata.renamedFrom: b is a team of this environment; it cannot be an earlier name too"],
        ),
        (
            {"metadata": {"name": "a", "renamedFrom": ["a"]}},
            ["metadata.renamedFrom: a is a team of this environment; it cannot be an earlier name too"],
        ),
        ({"metadata": {"name": "a", "renamedFrom": ["c"]}}, []),
    ],
)
def test_identity(tmp_path, fields, lines):
    assert wrong(tmp_path, a={**QUOTA, **fields}, b=QUOTA) == lines


def test_a_cluster_of_ones_own_is_possible_alone(tmp_path):
    assert loaded(tmp_path, a={**QUOTA, "isolation": "cluster"})


@pytest.mark.parametrize("name", ["default", "root"])
def test_queues_of_volcano_itself_are_no_teams(tmp_path, name):
    namespaces = {"jobs": {"accepts": ["VolcanoJob"]}}
    team = {**QUOTA, "scheduler": "volcano", "namespaces": namespaces}
    message = f"metadata.name: {name} is a queue of Volcano itself; choose another name"
    assert wrong(tmp_path, **{name: team}) == [message]
    assert wrong(tmp_path, **{name: QUOTA}) == []


@pytest.mark.parametrize(
    ("fields", "lines"),
    [
        ({"scheduler": "volcano"}, []),
        (
            {"scheduler": "volcano", "isolation": "node-pool"},
            ["isolation: jobs of Volcano queues are not kept to nodes; node-pool needs scheduler: kueue"],
        ),
        (
            {"scheduler": "volcano", "namespaces": {"n1": {"cap": {"h100": 2}}}},
            ["namespaces.n1.cap: a Volcano queue has no share for one namespace; cap needs scheduler: kueue"],
        ),
        (
            {"namespaces": {"n1": {"accepts": ["Job", "VolcanoJob"]}}},
            ["namespaces.n1.accepts[1]: a VolcanoJob would run outside the team's quota; it needs scheduler: volcano"],
        ),
        ({"scheduler": "volcano", "namespaces": {"n1": {"accepts": ["Job", "VolcanoJob"]}}}, []),
    ],
)
def test_volcano(tmp_path, fields, lines):
    assert wrong(tmp_path, a={**QUOTA, **fields}) == lines


@pytest.mark.parametrize(
    ("quota", "lines"),
    [
        ({"h100": 8}, []),
        ({"h10": 8}, ["quota.h10: there is no pool h10; did you mean h100?"]),
        ({"h10": {"nominal": {"x1": 8}, "borrow": {"x1": 1}}}, ["quota.h10: there is no pool h10; did you mean h100?"]),
        (
            {"h100": {"nominal": {"ownd": 8}}},
            ["quota.h100.nominal.ownd: there is no tier of h100 ownd; did you mean owned?"],
        ),
        (
            {"h100": {"nominal": 8, "borrow": {"ownd": 8}}},
            ["quota.h100.borrow.ownd: there is no tier of h100 ownd; did you mean owned?"],
        ),
        (
            {"h100": {"nominal": 8, "tiers": ["ownd"]}},
            ["quota.h100.tiers.ownd: there is no tier of h100 ownd; did you mean owned?"],
        ),
        (
            {"h100": {"nominal": {"owned": 8}, "tiers": ["spot"]}},
            ["quota.h100.nominal: lies on owned, which tiers leaves out; add it there or move the quota"],
        ),
        (
            {"h100": {"nominal": 8, "tiers": ["spot"]}},
            ["quota.h100.tiers: leaves out owned, reserved, where nominal quota lies; name one of them"],
        ),
        ({"h100": {"nominal": 0, "tiers": ["spot"]}}, []),
        ({"h100": {"nominal": 8, "tiers": ["spot", "owned"]}}, []),
        ({"h100": {"nominal": 8, "lend": 8}}, []),
        (
            {"h100": {"nominal": 8, "lend": 9}},
            ["quota.h100.lend: 9 is more than the nominal quota of 8; lend at most that"],
        ),
        ({"h100": {"nominal": {"owned": 8}, "lend": {"owned": 8}}}, []),
        (
            {"h100": {"nominal": {"owned": 8}, "lend": {"owned": 9, "spot": 1}}},
            [
                "quota.h100.lend.owned: 9 is more than the nominal quota of 8 there; lend at most that",
                "quota.h100.lend.spot: 1 is more than the nominal quota of 0 there; lend at most that",
            ],
        ),
    ],
)
def test_quotas(tmp_path, quota, lines):
    assert wrong(tmp_path, a={"quota": quota}) == lines


@pytest.mark.parametrize("alone", [{"cohort": None}, {"isolation": "node-pool"}])
def test_who_shares_with_nobody_neither_borrows_nor_lends(tmp_path, alone):
    ((key, value),) = alone.items()
    shown = f"{key}: {value or 'null'}"
    quota = {"h100": {"nominal": 8, "borrow": 1, "lend": 1}}
    assert wrong(tmp_path, a={**alone, "quota": quota}) == [
        f"quota.h100.borrow: a team with {shown} neither borrows nor lends; remove it",
        f"quota.h100.lend: a team with {shown} neither borrows nor lends; remove it",
    ]
    assert wrong(tmp_path, a={**alone, "quota": {"h100": {"nominal": 8, "borrow": 0, "lend": 0}}}) == []


@pytest.mark.parametrize(
    ("nominal", "lines"),
    [
        (8, []),
        (16, []),
        ({"owned": 8, "reserved": 16}, []),
        (4, ["quota.h100.nominal: 4 is no whole number of nodes with 8 each; did you mean 8?"]),
        (18, ["quota.h100.nominal: 18 is no whole number of nodes with 8 each; did you mean 16 or 24?"]),
        (
            {"owned": 8, "reserved": 7},
            ["quota.h100.nominal.reserved: 7 is no whole number of nodes with 8 each; did you mean 8?"],
        ),
    ],
)
def test_nodes_of_ones_own_are_whole(tmp_path, nominal, lines):
    assert wrong(tmp_path, a={"isolation": "node-pool", "quota": {"h100": {"nominal": nominal}}}) == lines


@pytest.mark.parametrize(("count", "good"), [(7, True), (8, False)])
def test_nodes_of_ones_own_have_room_for_one_more_label_and_taint(tmp_path, count, good):
    tier = {
        **H100["tiers"][0],
        "labels": {f"k{n}": "v" for n in range(count)},
        "taints": [{"key": f"k{n}"} for n in range(count)],
    }
    pools = {"pools": {"h100": {**H100, "tiers": [tier]}}}
    found = wrong(tmp_path, pools, a={"isolation": "node-pool", "quota": {"h100": 8}})
    named = [line.split(" has 8 ")[1].split(";")[0] for line in found]
    assert named == ([] if good else ["labels", "taints"])
    assert wrong(tmp_path, pools, a=QUOTA) == []


@pytest.mark.parametrize(
    ("namespaces", "lines"),
    [
        ({"n1": {"cap": {"h100": 2}}}, []),
        ({"n1": {"cap": {"h10": 2}}}, ["namespaces.n1.cap.h10: there is no pool h10; did you mean h100?"]),
        (
            {"n1": {"cap": {"cpu": 2}}},
            ["namespaces.n1.cap.cpu: the team has no quota of cpu; name one under quota or remove the cap"],
        ),
        (
            {"n1": {"name": "kube-system", "adopt": True}},
            ["namespaces.n1: kube-system is a namespace of the cluster itself; choose another name"],
        ),
        (
            {"n1": {"name": "kueue-system"}},
            ["namespaces.n1: kueue-system is a namespace of the cluster itself; choose another name"],
        ),
        ({"n1": {"name": "kubeflow"}}, []),
    ],
)
def test_namespaces(tmp_path, namespaces, lines):
    assert wrong(tmp_path, a={**QUOTA, "namespaces": namespaces}) == lines


def test_a_teams_name_cannot_make_a_namespace_of_the_cluster(tmp_path):
    message = "namespaces.system: kube-system is a namespace of the cluster itself; choose another name"
    assert wrong(tmp_path, kube={**QUOTA, "namespaces": {"system": {}}}) == [message]


def test_pools_shared_from_several_trees_say_who_holds_what(tmp_path):
    trees = {"left": {}, "right": {}}
    teams = {"a": {**QUOTA, "cohort": "left"}, "b": {**QUOTA, "cohort": "right"}}
    message = "is shared from left and right; say under cohorts.<name>.quota.h100 what each holds of it"
    assert wrong(tmp_path, {"cohorts": trees}, **teams) == [f"pools.h100: {message}"]
    assert wrong(tmp_path, {"cohorts": {"left": {"quota": {"h100": 0}}, "right": {}}}, **teams) == []
    assert wrong(tmp_path, {"cohorts": {"left": {}, "right": {"parent": "left"}}}, **teams) == []


def test_references_of_the_environment_are_placed_in_its_file(tmp_path):
    write(tmp_path, {"cohorts": {"all": {"parent": "none"}}}, a={**QUOTA, "priority": "none"})
    first, second = complaints(tmp_path)
    assert first.startswith("environment.yaml:")
    assert second.startswith("teams/a.yaml:")
