import re

import pytest

from scheduling import gangs
from scheduling.gangs import on_pool, pod_resources
from support.stacks import CPU, H100, loaded
from tenancy.names import NAME_WITH_LETTER

GPU = "nvidia.com/gpu"
TASK = {"name": "worker", "replicas": 4, "gpus": 2}
TEAM = {"quota": {"h100": 8, "cpu": 16}, "namespaces": {"train": {"accepts": ["Job", "JobSet"]}}}
VOLCANO = {**TEAM, "scheduler": "volcano", "namespaces": {"train": {"accepts": ["VolcanoJob"]}}}
AFFINITY = "requiredDuringSchedulingIgnoredDuringExecution"


def gang(*tasks, **fields):
    return {"namespace": "train", "image": "train:1", "tasks": list(tasks) or [TASK], **fields}


def declared(folder, written, team=TEAM, environment=None, key="run"):
    (manifest,) = gangs.declare(loaded(folder, environment, a={**team, "gangs": {key: written}}))
    return manifest


def pod(manifest):
    """Return the spec of the first pod template of a gang's job."""
    spec = manifest.spec
    if "replicatedJobs" in spec:
        spec = spec["replicatedJobs"][0]["template"]["spec"]
    return (spec["tasks"][0] if "tasks" in spec else spec)["template"]["spec"]


def test_one_task_is_a_suspended_job_in_the_default_queue(tmp_path):
    found = declared(tmp_path, gang())
    assert (found.key.group, found.key.kind, found.key.namespace, found.key.name) == ("batch", "Job", "a-train", "run")
    assert found.labels == {
        "app.kubernetes.io/managed-by": "muster",
        "muster/team": "a",
        "kueue.x-k8s.io/queue-name": "default",
        "kueue.x-k8s.io/priority-class": "normal",
    }
    spec = found.spec
    assert (spec["suspend"], spec["parallelism"], spec["completions"]) == (True, 4, 4)
    assert (spec["completionMode"], spec["backoffLimit"]) == ("Indexed", 0)


def test_several_tasks_are_a_suspended_job_set(tmp_path):
    found = declared(tmp_path, gang({"name": "driver"}, TASK, priority="urgent"))
    assert (found.key.group, found.key.kind) == ("jobset.x-k8s.io", "JobSet")
    assert found.labels["kueue.x-k8s.io/priority-class"] == "urgent"
    assert found.spec["suspend"] is True
    jobs = {job["name"]: job for job in found.spec["replicatedJobs"]}
    assert list(jobs) == ["driver", "worker"]
    assert [job["replicas"] for job in jobs.values()] == [1, 1]
    assert [job["template"]["spec"]["parallelism"] for job in jobs.values()] == [1, 4]
    assert pod(found)["priorityClassName"] == "urgent"


def test_a_gang_of_volcano_starts_whole_or_not_at_all(tmp_path):
    found = declared(tmp_path, gang({"name": "driver"}, TASK), VOLCANO)
    assert (found.key.group, found.key.kind) == ("batch.volcano.sh", "Job")
    assert "kueue.x-k8s.io/queue-name" not in found.labels
    spec = found.spec
    assert (spec["schedulerName"], spec["queue"], spec["minAvailable"]) == ("volcano", "a", 5)
    assert spec["priorityClassName"] == "normal"
    assert [task["replicas"] for task in spec["tasks"]] == [1, 4]


def test_without_priorities_none_is_named(tmp_path):
    for team in (TEAM, VOLCANO):
        found = declared(tmp_path / str(len(team)), gang(), team, {"priorities": {}})
        assert "kueue.x-k8s.io/priority-class" not in found.labels
        assert "priorityClassName" not in pod(found)


@pytest.mark.parametrize("team", [TEAM, VOLCANO])
def test_pods_meet_the_restricted_profile(tmp_path, team):
    spec = pod(declared(tmp_path, gang(), team))
    assert spec["restartPolicy"] == "Never"
    assert spec["serviceAccountName"] == "jobs"
    assert spec["securityContext"] == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    (container,) = spec["containers"]
    assert container["securityContext"] == {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


def test_a_task_has_an_image_and_a_command_of_its_own(tmp_path):
    (usual,) = pod(declared(tmp_path / "1", gang()))["containers"]
    assert (usual["name"], usual["image"], "command" in usual) == ("worker", "train:1", False)
    own = {**TASK, "image": "other:2", "command": ["python", "-m", "x"]}
    (container,) = pod(declared(tmp_path / "2", gang(own)))["containers"]
    assert (container["image"], container["command"]) == ("other:2", ["python", "-m", "x"])


@pytest.mark.parametrize(
    ("task", "pool", "expected"),
    [
        ({"gpus": 2}, None, {"cpu": 16_000, "memory": 128 * 2**30, GPU: 2}),
        ({"gpus": 2}, "h100", {"cpu": 16_000, "memory": 128 * 2**30, GPU: 2}),
        ({"gpus": 2, "cpu": 3}, None, {"cpu": 3000, "memory": 128 * 2**30, GPU: 2}),
        ({"gpus": 2, "memory": "1Gi"}, None, {"cpu": 16_000, "memory": 2**30, GPU: 2}),
        ({}, None, {"cpu": 1000, "memory": 4 * 2**30}),
        ({"cpu": "500m", "memory": "1Gi"}, "cpu", {"cpu": 500, "memory": 2**30}),
    ],
)
def test_gpus_bring_their_share_of_a_node(tmp_path, task, pool, expected):
    written = gang({"name": "worker", **task}, **({"pool": pool} if pool else {}))
    environment = loaded(tmp_path, a={**TEAM, "gangs": {"run": written}})
    team = environment.teams["a"]
    found = pod_resources(environment, team, team.gangs["run"], team.gangs["run"].tasks[0])
    assert found == expected


def test_requests_are_limits_but_for_cpu(tmp_path):
    (container,) = pod(declared(tmp_path, gang()))["containers"]
    assert container["resources"] == {
        "requests": {"cpu": "16", "memory": "128Gi", GPU: "2"},
        "limits": {"memory": "128Gi", GPU: "2"},
    }


def pools(**labels):
    """Return the pools of an environment, each with one tier for each of its mappings of labels."""

    def tiers(written):
        return [{**H100["tiers"][0], "name": f"t{n}", "labels": tier} for n, tier in enumerate(written)]

    return {"pools": {name: {**H100, "tiers": tiers(written)} for name, written in labels.items()}}


@pytest.mark.parametrize(
    ("labels", "selector"),
    [
        ({"h100": [{}, {}]}, {"muster/pool": "h100"}),
        ({"h100": [{}]}, {"muster/pool": "h100", "muster/tier": "t0"}),
        ({"h100": [{"x": "1", "z": "2"}, {"x": "1", "z": "3"}]}, {"x": "1"}),
        ({"h100": [{"x": "1"}], "other": [{"x": "2"}]}, {"x": "1"}),
    ],
)
def test_a_pool_is_selected_by_what_its_tiers_share(tmp_path, labels, selector):
    environment = loaded(tmp_path, pools(**labels))
    assert on_pool(environment, "h100") == {"nodeSelector": selector}
    assert on_pool(environment, None) == {}


@pytest.mark.parametrize(
    "labels",
    [
        {"h100": [{"x": "1"}, {"x": "2"}]},
        {"h100": [{"x": "1", "z": "0"}, {"x": "2", "z": "0"}], "other": [{"x": "3", "z": "0"}]},
    ],
)
def test_tiers_that_share_nothing_of_their_own_are_named_one_by_one(tmp_path, labels):
    terms = on_pool(loaded(tmp_path, pools(**labels)), "h100")["affinity"]["nodeAffinity"][AFFINITY][
        "nodeSelectorTerms"
    ]
    found = [{e["key"]: e["values"] for e in term["matchExpressions"]} for term in terms]
    assert found == [{key: [value] for key, value in tier.items()} for tier in labels["h100"]]


def test_a_gang_keeps_to_its_pool(tmp_path):
    assert pod(declared(tmp_path / "1", gang(pool="h100")))["nodeSelector"] == {"muster/pool": "h100"}
    assert "nodeSelector" not in pod(declared(tmp_path / "2", gang()))


def test_gangs_of_volcano_tolerate_the_tiers_that_their_team_may_use(tmp_path):
    taints = [[{"key": "gpu", "value": "h100"}], [{"key": "gpu", "value": "h100"}, {"key": "spot"}], [{"key": "never"}]]
    tiers = [{**tier, "taints": own} for tier, own in zip(H100["tiers"], taints, strict=True)]
    environment = {"pools": {"cpu": CPU, "h100": {**H100, "tiers": tiers}}}
    quota = {"quota": {"cpu": 4, "h100": {"nominal": 8, "tiers": ["owned", "reserved"]}}}
    spec = pod(declared(tmp_path / "1", gang(), {**VOLCANO, **quota}, environment))
    assert [(t["key"], t["operator"], t["value"], t["effect"]) for t in spec["tolerations"]] == [
        ("gpu", "Equal", "h100", "NoSchedule"),
        ("spot", "Equal", "", "NoSchedule"),
    ]
    other = gang({"name": "worker"}, pool="cpu")
    assert "tolerations" not in pod(declared(tmp_path / "2", other, {**VOLCANO, **quota}, environment))
    assert "tolerations" not in pod(declared(tmp_path / "3", gang(), {**TEAM, **quota}, environment))


@pytest.mark.parametrize("key", ["run", "r" * 50, "r" * 51, "r" * 63])
@pytest.mark.parametrize("task", ["w", "w" * 30])
@pytest.mark.parametrize("replicas", [1, 10, 11, 10**9])
def test_names_of_pods_are_labels(tmp_path, key, task, replicas):
    tasks = [{"name": "a"}, {"name": task, "replicas": replicas}]
    name = declared(tmp_path, gang(*tasks), key=key).key.name
    assert len(f"{name}-{task}-0-{replicas - 1}-abcde") <= 63
    assert re.fullmatch(NAME_WITH_LETTER, name)
    assert name == key if len(key) <= 20 else name.startswith("rrrr")


def test_gangs_with_long_names_differ(tmp_path):
    written = {"r" * 60 + end: gang() for end in ("a", "b")}
    environment = loaded(tmp_path, a={**TEAM, "gangs": written})
    assert len({manifest.key.name for manifest in gangs.declare(environment)}) == 2
