"""What lies between quota and the end of a run: checks, ready pods, time limits, back-off."""

from typing import Any

import pytest

from scheduling.kueue.lifecycle import Startup
from support.kueue_worlds import Bench, cluster, queue

MINUTE = 60_000
ALWAYS = 1.0


def bench(startup: Startup | None = None, limits: dict[int, int] | None = None, **waiting: Any) -> Bench:
    """Return a queue with one GPU of one flavor, and how workloads start on it."""
    configuration = {"waitForPodsReady": waiting} if waiting else {}
    world = cluster({"a": queue({"spot": 1})}, **configuration)
    return Bench(world, startups={"spot": startup} if startup else {}, limits=limits or {})


def test_a_check_takes_time_and_holds_quota_while_it_does() -> None:
    engine = bench(Startup(check=5 * MINUTE))
    assert engine.run(("first", "a"), ("second", "a")) == ["+first spot"]
    assert engine.scheduler.delays[0] == (5 * MINUTE, 0)
    assert engine.until(10 * MINUTE) == []


def test_a_check_that_fails_gives_the_quota_back_and_is_tried_again_later_and_later() -> None:
    engine = bench(Startup(check=MINUTE, failure=ALWAYS))
    engine.submit("job", "a")
    engine.now = 0
    assert engine.settle() == ["+job spot"]
    assert engine.until(20 * MINUTE) == [
        f"{1 * MINUTE} !job AdmissionCheck",
        f"{2 * MINUTE} +job spot",
        f"{3 * MINUTE} !job AdmissionCheck",
        f"{5 * MINUTE} +job spot",
        f"{6 * MINUTE} !job AdmissionCheck",
        f"{10 * MINUTE} +job spot",
        f"{11 * MINUTE} !!job AdmissionCheck",
    ], "60 s, 120 s, 240 s, and after three retries it is deactivated"


def test_what_waits_gets_the_quota_of_what_failed() -> None:
    engine = bench(Startup(check=MINUTE, failure=ALWAYS))
    assert engine.run(("first", "a"), ("second", "a")) == ["+first spot"]
    assert engine.until(MINUTE + 1) == [f"{MINUTE + 1} !first AdmissionCheck", f"{MINUTE + 1} +second spot"]


def test_whether_a_check_fails_does_not_depend_on_others() -> None:
    def fate(*names: str) -> list[str]:
        world = cluster({"a": queue({"spot": 9})})
        engine = Bench(world, startups={"spot": Startup(check=10, failure=0.5)})
        for name in names:
            engine.submit(name, "a")
        engine.now = 0
        engine.settle()
        return [word for word in engine.until(10**7) if word.endswith("!x AdmissionCheck")]

    assert fate("x") == fate("x", "other") == fate("other", "x")


def test_pods_that_are_not_ready_in_time_step_back() -> None:
    engine = bench(Startup(ready=MINUTE), timeout="30s", requeuingStrategy={"backoffLimitCount": 2})
    engine.submit("job", "a")
    engine.now = 0
    assert engine.settle() == ["+job spot"]
    assert engine.until(60 * MINUTE) == [
        "30000 !job PodsReadyTimeout",
        "90000 +job spot",
        "120000 !job PodsReadyTimeout",
        "240000 +job spot",
        "270000 !!job PodsReadyTimeout",
    ]


def test_pods_that_are_ready_in_time_stay() -> None:
    engine = bench(Startup(ready=MINUTE), timeout="90s")
    assert engine.run(("job", "a")) == ["+job spot"]
    assert engine.until(60 * MINUTE) == []


@pytest.mark.parametrize(("timestamp", "at"), [("Eviction", 30_001), ("Creation", 1)])
def test_where_a_workload_queues_after_a_timeout(timestamp: str, at: int) -> None:
    engine = bench(Startup(ready=MINUTE), timeout="30s", requeuingStrategy={"timestamp": timestamp})
    engine.run(("job", "a"))
    assert engine.until(MINUTE) == ["30001 !job PodsReadyTimeout"]
    assert engine.infos["job"].timestamp == at


def test_block_admission_lets_one_workload_become_ready_before_the_next_is_admitted() -> None:
    world = cluster({"a": queue({"spot": 4})}, waitForPodsReady={"timeout": "5m", "blockAdmission": True})
    engine = Bench(world, startups={"spot": Startup(ready=MINUTE)})
    engine.submit("first", "a")
    engine.now = 0
    assert engine.settle() == ["+first spot"]
    engine.submit("second", "a")
    engine.submit("third", "a")
    assert engine.settle() == []
    assert engine.until(3 * MINUTE) == [f"{MINUTE} +second spot", f"{2 * MINUTE} +third spot"]


def test_a_time_limit_counts_attempts_before() -> None:
    world = cluster({"a": queue({"spot": 1}, preemption={"withinClusterQueue": "LowerPriority"})})
    engine = Bench(world, limits={0: 10})
    engine.submit("job", "a")
    assert engine.settle() == ["+job spot"]
    engine.now = 6
    engine.submit("urgent", "a", priority=1)
    assert engine.settle() == ["-job urgent InClusterQueue", "+urgent spot"]
    engine.finish("urgent")
    assert engine.settle() == ["+job spot"]
    assert engine.until(100) == ["12 !!job MaximumExecutionTimeExceeded"], "6 ms before, 4 ms now"


def test_what_has_finished_is_not_followed_any_more() -> None:
    engine = bench(limits={0: 10})
    assert engine.run(("job", "a")) == ["+job spot"]
    engine.finish("job")
    assert engine.settle() == []
    assert engine.until(100) == []
