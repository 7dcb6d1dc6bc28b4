"""Runs on small worlds: what the ledger then says."""

from pathlib import Path

import pytest

from scheduling.world import World
from simulator.engines import ENGINES
from simulator.ledger import End
from simulator.run import simulate
from simulator.workload import PodSet, Workload
from tenancy.errors import MusterError
from tenancy.manifests import read

GPU = "nvidia.com/gpu"
MANIFESTS = """
apiVersion: kueue.x-k8s.io/v1beta2
kind: ClusterQueue
metadata: {name: %(name)s}
spec:
  cohortName: all
  namespaceSelector: {}
  preemption: {reclaimWithinCohort: Any}
  resourceGroups:
  - coveredResources: [cpu, nvidia.com/gpu]
    flavors:
    - name: h100
      resources: [{name: cpu, nominalQuota: 8}, {name: nvidia.com/gpu, nominalQuota: 2}]
---
apiVersion: kueue.x-k8s.io/v1beta2
kind: LocalQueue
metadata: {name: default, namespace: %(name)s}
spec: {clusterQueue: %(name)s}
---
"""
FLAVOR = """
apiVersion: kueue.x-k8s.io/v1beta2
kind: ResourceFlavor
metadata: {name: h100}
"""


@pytest.fixture
def world(tmp_path: Path) -> World:
    file = tmp_path / "w.yaml"
    file.write_text(MANIFESTS % {"name": "a"} + MANIFESTS % {"name": "b"} + FLAVOR)
    return World(read([str(file)]))


def job(name: str, team: str, arrival: int, gpus: float = 1, duration: int = 100, priority: int = 0) -> Workload:
    pods = (PodSet({GPU: int(gpus * 1000), "cpu": 500}),)
    return Workload(name, team, "default", arrival, duration, pods, priority, team)


def test_the_ledger_tells_a_reclaim_from_start_to_end(world: World) -> None:
    ledger = simulate(world, [job("b1", "b", 0, 4), job("a1", "a", 50, 2)], "kueue", {"trace": "here"})
    assert [(s.workload, s.attempt, s.start, s.end, s.ended, s.caused_by, s.reason) for s in ledger.spans] == [
        ("b1", 1, 0, 50, End.PREEMPTED, "a1", "InCohortReclamation"),
        ("a1", 1, 50, 150, End.FINISHED, None, None),
        ("b1", 2, 150, 250, End.FINISHED, None, None),
    ]
    assert ledger.spans[0].amounts == (("cpu", 500), (GPU, 4000))
    b1, a1 = ledger.outcomes
    assert (b1.wait, b1.finished, b1.attempts, b1.waited_again) == (0, 250, 2, 100)
    assert (a1.wait, a1.attempts) == (0, 1)
    assert ledger.capacity == {("h100", "cpu"): 16_000, ("h100", GPU): 4}
    assert ledger.about["engine"] == "kueue"


def test_what_never_starts_says_why(world: World) -> None:
    ledger = simulate(world, [job("huge", "a", 0, 5), job("fine", "a", 0)], "kueue", {})
    assert [outcome.reason for outcome in ledger.outcomes] == ["ExceedsMaxQuota", None]
    assert ledger.outcomes[0].admitted is None


def test_parts_of_a_gpu_take_a_whole_one(world: World) -> None:
    ledger = simulate(world, [job("half", "a", 0, 0.5)], "kueue", {})
    assert dict(ledger.spans[0].amounts)[GPU] == 1000
    assert dict(ledger.outcomes[0].requested)[GPU] == 500


def test_static_keeps_queues_apart_and_fifo_knows_no_priority(world: World) -> None:
    jobs = [job("a1", "a", 0, 2), job("a2", "a", 1, 2), job("a3", "a", 2, 4, priority=9), job("b1", "b", 3, 2)]
    starts = {
        engine: {outcome.workload: outcome.admitted for outcome in simulate(world, jobs, engine, {}).outcomes}
        for engine in ENGINES
    }
    assert starts["static"] == {"a1": 0, "a2": 100, "a3": None, "b1": 3}
    assert starts["fifo"] == {"a1": 0, "a2": 1, "a3": 101, "b1": 201}
    assert starts["kueue"]["b1"] == 3


def test_a_queue_that_leads_nowhere_is_refused(world: World) -> None:
    with pytest.raises(MusterError, match="c/default, which leads to no ClusterQueue"):
        simulate(world, [job("x", "c", 0)], "kueue", {})


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_gives_the_same_answer_twice_and_conserves_jobs(world: World, engine: str) -> None:
    jobs = [job(f"j{n}", "ab"[n % 2], n * 7 % 40, 1 + n % 3, 20 + n) for n in range(40)]
    first, second = (simulate(world, jobs, engine, {}) for _ in range(2))
    assert first == second
    assert len(first.outcomes) == 40
    assert {span.workload for span in first.spans} <= {workload.name for workload in jobs}
    assert all(span.end - span.start == job_.duration for job_ in jobs for span in first.spans
               if span.workload == job_.name and span.ended is End.FINISHED)  # fmt: skip
