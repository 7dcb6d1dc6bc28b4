import pytest

from scheduling.volcano.declare import declare
from support.stacks import loaded

GPU = "nvidia.com/gpu"
BASE = {"scheduler": "volcano", "namespaces": {"jobs": {"accepts": ["VolcanoJob"]}}}


def queues(tmp_path, **teams):
    found = declare(loaded(tmp_path, **{name: {**BASE, **fields} for name, fields in teams.items()}))
    return {manifest.key.name: manifest for manifest in found}


@pytest.mark.parametrize(
    ("quota", "fields", "deserved", "capability"),
    [
        ({"nominal": 8}, {}, 8, 56),
        ({"nominal": 8, "borrow": 0}, {}, 8, 8),
        ({"nominal": 8, "borrow": 2}, {}, 8, 14),
        ({"nominal": 8, "borrow": {"owned": 2}}, {}, 8, 5 + 16 + 32),
        ({"nominal": 8}, {"cohort": None}, 8, 8),
        ({"nominal": 8, "tiers": ["reserved"]}, {}, 8, 16),
        ({"nominal": {"owned": 20}}, {}, 20, 20 + 16 + 32),
        ({"nominal": 0}, {}, 0, 56),
    ],
)
def test_a_queue_deserves_what_was_promised_and_can_have_what_it_may_borrow(
    tmp_path, quota, fields, deserved, capability
):
    spec = queues(tmp_path, a={"quota": {"h100": quota}, **fields})["a"].spec
    assert spec["reclaimable"] is True
    assert (spec["deserved"][GPU], spec["deserved"]["cpu"]) == (str(deserved), str(deserved * 8))
    if quota.get("borrow") != {"owned": 2}:
        assert spec["capability"][GPU] == str(capability)
    assert all(int(spec["deserved"][resource]) <= int(spec["capability"][resource]) for resource in (GPU, "cpu"))


def test_pools_add_up(tmp_path):
    spec = queues(tmp_path, a={"quota": {"h100": {"nominal": 8, "borrow": 0}, "cpu": {"nominal": 4, "borrow": 0}}})[
        "a"
    ].spec
    assert spec["deserved"] == {"cpu": "68", "memory": "528Gi", GPU: "8"}
    assert spec["capability"] == spec["deserved"]


@pytest.mark.parametrize(("weight", "expected"), [(None, None), (3, 3), (0.4, 1), ("2.6", 3), (0, 1)])
def test_weights_are_whole_and_at_least_one(tmp_path, weight, expected):
    queue = {"queue": {"weight": weight}} if weight is not None else {}
    spec = queues(tmp_path, a={"quota": {"h100": 8}, **queue})["a"].spec
    assert spec.get("weight") == expected


def test_only_teams_of_volcano_with_quota_have_queues(tmp_path):
    found = queues(
        tmp_path,
        a={"quota": {"h100": 8}, "metadata": {"name": "a", "renamedFrom": ["old"]}},
        b={},
        c={"quota": {"h100": 8}, "scheduler": "kueue", "namespaces": {"jobs": {}}},
    )
    assert list(found) == ["old"]
    assert found["old"].labels["muster/team"] == "a"
    assert found["old"].origin.source == ("teams", "a", "quota")
