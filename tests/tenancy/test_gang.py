import pytest

from support.stacks import loaded, wrong
from tenancy.gang import gang_kind

GANG = {"namespace": "train", "image": "i", "tasks": [{"name": "w", "gpus": 4}]}
TEAM = {"quota": {"h100": 8, "cpu": 16}, "namespaces": {"train": {"accepts": ["Job", "JobSet"]}}}


def said(tmp_path, gang, **team):
    return wrong(tmp_path, a={**TEAM, "gangs": {"g": {**GANG, **gang}}, **team})


@pytest.mark.parametrize(
    ("gang", "lines"),
    [
        ({}, []),
        ({"pool": "h100"}, []),
        ({"namespace": "trian"}, ["gangs.g.namespace: there is no namespace trian; did you mean train?"]),
        ({"pool": "h10"}, ["gangs.g.pool: there is no quota of h10 in this team; did you mean h100?"]),
        ({"priority": "urgent"}, []),
        ({"priority": "urgnt"}, ["gangs.g.priority: there is no priority urgnt; did you mean urgent?"]),
        ({"tasks": [{"name": "w", "gpus": 8, "cpu": 64, "memory": "512Gi"}]}, []),
        (
            {"tasks": [{"name": "w", "gpus": 9, "cpu": "64001m", "memory": "513Gi"}], "pool": "h100"},
            [
                "gangs.g.tasks[0].gpus: no node of h100 has 9 GPUs; a pod gets at most 8",
                "gangs.g.tasks[0].cpu: no node of h100 has 64001m CPUs; a pod gets at most 64",
                "gangs.g.tasks[0].memory: no node of h100 has 513Gi of memory; a pod gets at most 512Gi",
            ],
        ),
        (
            {"tasks": [{"name": "w", "cpu": 17}], "pool": "cpu"},
            ["gangs.g.tasks[0].cpu: no node of cpu has 17 CPUs; a pod gets at most 16"],
        ),
        ({"tasks": [{"name": "w", "cpu": 17}]}, []),
        (
            {"tasks": [{"name": "w", "gpus": 1}], "pool": "cpu"},
            ["gangs.g.tasks[0].gpus: no node of cpu has 1 GPUs; a pod gets at most 0"],
        ),
    ],
)
def test_gangs_name_what_exists_and_fit_a_node(tmp_path, gang, lines):
    assert sorted(said(tmp_path, gang)) == sorted(lines)


def test_a_gang_needs_quota(tmp_path):
    message = "gangs.g: the team has no quota to run it with; name a pool under quota"
    assert said(tmp_path, {}, quota={}) == [message]


@pytest.mark.parametrize(
    ("scheduler", "tasks", "kind"),
    [("kueue", 1, "Job"), ("kueue", 2, "JobSet"), ("volcano", 1, "VolcanoJob"), ("volcano", 2, "VolcanoJob")],
)
def test_the_namespace_accepts_what_the_gang_becomes(tmp_path, scheduler, tasks, kind):
    gang = {**GANG, "tasks": [{"name": f"t{n}"} for n in range(tasks)]}
    others = [other for other in ("Job", "JobSet", "Pod") if other != kind]
    refused = said(tmp_path, gang, scheduler=scheduler, namespaces={"train": {"accepts": others}})
    message = f"train does not accept {kind}, which this gang becomes; add it to accepts there"
    assert refused == [f"gangs.g.namespace: {message}"]
    team = {**TEAM, "scheduler": scheduler, "namespaces": {"train": {"accepts": [kind]}}, "gangs": {"g": gang}}
    found = loaded(tmp_path, a=team).teams["a"]
    assert gang_kind(found, found.gangs["g"]) == kind
