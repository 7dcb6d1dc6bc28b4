"""`muster explain` on the command line."""

import json
from pathlib import Path

import pytest

import muster
from support.explained_worlds import world
from support.stacks import EXAMPLES
from tenancy.manifests import read

JOBS = """id,team,submit,duration,gpus
runs,a,2026-03-02T10:00:00,5000,2
short,a,2026-03-02T10:00:00,700,1
waits,a,2026-03-02T10:01:40,10,1
"""


@pytest.fixture
def paths(tmp_path: Path) -> list[str]:
    world(tmp_path)
    (tmp_path / "jobs.csv").write_text(JOBS)
    (tmp_path / "relative.csv").write_text(JOBS.replace("2026-03-02T10:00:00", "0").replace("2026-03-02T10:01:40", "9"))
    return [str(tmp_path / name) for name in ("world.yaml", "jobs.csv", "relative.csv")]


def test_why_who_when_and_what_would_help(paths: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    where, jobs, _ = paths
    assert muster.main(["explain", where, "waits", "--trace", jobs]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "waits of team a: a pod of 1 nvidia.com/gpu, priority 0" in shown
    assert "at 2026-03-02T10:01:40 it waits since 2026-03-02T10:01:40 why: WaitingForQuota" in shown
    assert "h100 WaitingForQuota nvidia.com/gpu 1 0 1 3 ClusterQueue a" in shown
    assert "spot NoMatchingFlavor untolerated taint spot=true:NoSchedule in flavor spot" in shown
    assert "it starts at 2026-03-02T10:11:40, in 10 min, when these end: short" in shown
    assert "borrowing limit ClusterQueue a: 1 nvidia.com/gpu more of h100 to borrow yes h100" in shown


def test_json_for_machines(paths: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    where, jobs, _ = paths
    assert muster.main(["explain", where, "waits", "--trace", jobs, "--format", "json", "--at", "2m"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["state"], found["at"], found["waitSeconds"]) == ("WAITING", "2026-03-02T10:02:00", 600)
    assert found["waiting"]["missing"][0]["limitedBy"] == "ClusterQueue a"
    assert [held["job"] for held in found["waiting"]["holders"]] == ["runs", "short"]
    assert found["waiting"]["starts"] == "2026-03-02T10:11:40"
    assert found["waiting"]["changes"][0] == {
        "kind": "nominal quota",
        "change": "ClusterQueue a: 1 nvidia.com/gpu more of h100",
        "startsNow": True,
        "flavors": ["h100"],
        "preempts": [],
    }


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("2026-03-02T10:20", "it has finished since 2026-03-02T10:11:50 it waited 10 min for its first start"),
        ("2026-03-02T09:00", "it has not arrived; it comes at 2026-03-02T10:01:40"),
        ("700s", "it runs since 2026-03-02T10:11:40"),
    ],
)
def test_other_instants(paths: list[str], capsys: pytest.CaptureFixture[str], at: str, said: str) -> None:
    where, jobs, _ = paths
    assert muster.main(["explain", where, "waits", "--trace", jobs, "--at", at]) == 0
    assert said in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["{world}", "--trace", "{jobs}"], "name an environment or manifests, and then a job"),
        (["{world}", "wait", "--trace", "{jobs}"], "no job 'wait' that can be replayed here; did you mean waits?"),
        (["{world}", "waits", "--trace", "{jobs}", "--at", "noon"], "write 2026-03-02T14:30"),
        (["{world}", "waits", "--trace", "{relative}", "--at", "2026-01-01"], "this history has no dates"),
    ],
)
def test_mistakes(paths: list[str], capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
    names = dict(zip(("world", "jobs", "relative"), paths, strict=True))
    assert muster.main(["explain", *(argument.format(**names) for argument in arguments)]) == 2
    assert said in capsys.readouterr().err


def test_an_environment_without_a_history_has_no_jobs(capsys: pytest.CaptureFixture[str]) -> None:
    assert muster.main(["explain", str(EXAMPLES / "dev"), "job-1"]) == 2
    assert "name a history with --trace, or --live for a cluster" in capsys.readouterr().err


WORKLOAD = """---
apiVersion: kueue.x-k8s.io/v1beta2
kind: Workload
metadata: {name: %(name)s, namespace: team-a, creationTimestamp: "2026-03-02T10:00:00Z"}
spec:
  queueName: default
  podSets:
  - name: main
    count: 1
    template: {spec: {containers: [{name: main, image: none, resources: {requests: {nvidia.com/gpu: %(gpus)s}}}]}}
status: %(status)s
"""
HOLDS = (
    '{conditions: [{type: QuotaReserved, status: "True", lastTransitionTime: "2026-03-02T10:00:01Z"}], '
    "admission: {podSetAssignments: [{name: main, count: 1, flavors: {nvidia.com/gpu: h100}}]}}"
)
WAITS = '{conditions: [{type: QuotaReserved, status: "False", message: "insufficient unused quota"}]}'


def test_a_dump_of_a_cluster_is_explained_as_it_stands(
    paths: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    local = read([paths[0]]).of_kind("kueue.x-k8s.io", "LocalQueue")[0]
    texts = [
        WORKLOAD % {"name": name, "gpus": gpus, "status": status}
        for name, gpus, status in (("holds", 3, HOLDS), ("waits", 1, WAITS))
    ]
    dump = tmp_path / "workloads.yaml"
    dump.write_text("".join(texts).replace("team-a", local.key.namespace).replace("default", local.key.name))
    assert muster.main(["explain", paths[0], str(dump), "waits"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "Kueue says: insufficient unused quota why: WaitingForQuota" in shown
    assert f"{local.key.namespace}/holds" in shown
    assert "it starts" not in shown
