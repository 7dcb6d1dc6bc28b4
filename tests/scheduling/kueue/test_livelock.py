"""Preemption loops: found at the instant, with who and by which settings, and broken so that time goes on."""

import pytest

from scheduling.kueue.cluster import Cluster
from scheduling.kueue.livelock import Loop
from support.kueue_worlds import Bench, cluster, queue

ROUND = ["-j1 j2 InClusterQueue", "+j0 h100", "-j0 j1 InCohortReclamation", "+j1 h100"]
"""j2 is important to its queue, but needs more than nominal; when j1 has gone for it, j0 is faster; j1 reclaims."""


def world(borrow: bool = True) -> Cluster:
    policy = {"borrowWithinCohort": {"policy": "LowerPriority"}} if borrow else {}
    reclaim = {"reclaimWithinCohort": "Any", **policy}
    return cluster(
        {
            "a": queue({"h100": 2}, cohortName="all", preemption={"withinClusterQueue": "LowerPriority", **reclaim}),
            "b": queue({"h100": 2}, cohortName="all"),
        }
    )


def submit(bench: Bench) -> list[str]:
    """Let three jobs come one after the other; return what the third sets off."""
    bench.submit("j0", "b", 3, priority=1)
    bench.settle()
    bench.submit("j1", "a", 2)
    bench.settle()
    bench.submit("j2", "a", 3, priority=1)
    return bench.settle()


def test_a_loop_is_proven_when_a_state_comes_back_and_ends_as_its_preemptors_may_not_again() -> None:
    bench = Bench(world())
    words = submit(bench)
    (loop,) = bench.scheduler.loops
    assert [(p.by.name, p.info.name, str(p.target.reason)) for p in loop.preemptions] == [
        ("j1", "j0", "InCohortReclamation"),
        ("j2", "j1", "InClusterQueue"),
    ]
    assert words == [*ROUND, *ROUND, *ROUND[:2]]


def test_a_loop_names_the_settings_that_let_it() -> None:
    bench = Bench(world())
    submit(bench)
    assert bench.scheduler.loops[0].settings == (
        ("a", "reclaimWithinCohort", "Any"),
        ("a", "withinClusterQueue", "LowerPriority"),
    )


def test_who_was_barred_may_preempt_again_at_the_next_instant() -> None:
    bench = Bench(world())
    submit(bench)
    assert bench.run(("j3", "b", 1)) == ["+j3 h100"]
    bench.finish("j3")
    assert bench.settle()[0] == "-j0 j1 InCohortReclamation"
    assert len(bench.scheduler.loops) == 2


@pytest.mark.parametrize("jobs", [("j0", "j1"), ("j1", "j2")])
def test_preemption_that_ends_is_no_loop(jobs: tuple[str, str]) -> None:
    bench = Bench(world())
    for name in jobs:
        bench.submit(name, "b" if name == "j0" else "a", 3 if name != "j1" else 2, priority=name != "j1")
    assert bench.settle()
    assert not bench.scheduler.loops


def test_without_breaking_the_circle_goes_on() -> None:
    bench = Bench(world())
    bench.scheduler.break_loops = False
    for name, to, gpus, priority in (("j0", "b", 3, 1), ("j1", "a", 2, 0), ("j2", "a", 3, 1)):
        bench.submit(name, to, gpus, priority)
    decisions = bench.scheduler.settle(bench.now)
    names = [next(decisions).info.name for _ in range(200)]
    assert names.count("j0") > 40
    assert isinstance(bench.scheduler.loops[0], Loop)
