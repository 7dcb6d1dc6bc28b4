"""In which order the heads of one cycle are processed."""

from typing import Any

import pytest

from support.kueue_worlds import Bench, cluster, queue

BOTH = ["LessThanOrEqualToFinalShare", "LessThanInitialShare"]


def admitted_first(
    queues: dict[str, Any], jobs: list[tuple[Any, ...]], fair: list[str] | None = None, **more: Any
) -> str:
    """Let *jobs* arrive while all is taken by `run`; return who is admitted first when that ends."""
    bench = Bench(cluster({"pool": queue({"h100": 4}, cohortName="all"), **queues}, fair=fair, **more))
    bench.run(("run", "pool", 4))
    for name, to, gpus, priority in jobs:
        bench.submit(name, to, gpus, priority=priority)
    assert bench.settle() == []
    bench.finish("run")
    return bench.settle()[0]


def empty(*names: str, **spec: Any) -> dict[str, Any]:
    return {name: queue({"h100": 0}, cohortName="all", **spec) for name in names}


def test_classical_order_is_level_then_priority_then_time() -> None:
    assert admitted_first(empty("a", "b"), [("early", "a", 1, 0), ("late", "b", 1, 5)]) == "+late h100"
    assert admitted_first(empty("a", "b"), [("early", "b", 1, 0), ("late", "a", 1, 0)]) == "+early h100"
    near = {"a": queue({"h100": 0}, cohortName="all"), "pool": queue({"h100": 4}, cohortName="all")}
    assert admitted_first(near, [("far", "a", 1, 9), ("near", "pool", 1, 0)]) == "+near h100"


@pytest.mark.parametrize("fair", [None, BOTH])
def test_on_a_tie_the_name_of_the_queue_decides(fair: list[str] | None) -> None:
    bench = Bench(cluster({"pool": queue({"h100": 1}, cohortName="all"), **empty("b", "a")}, fair=fair))
    bench.run(("run", "pool", 1))
    for name in "ba":
        bench.submit(name, name)
        bench.now -= 1
    bench.finish("run")
    assert bench.settle()[0] == "+a h100"


def test_the_lowest_share_after_admission_goes_first_whatever_the_priority() -> None:
    jobs = [("big", "a", 3, 9), ("small", "b", 1, 0)]
    assert admitted_first(empty("a", "b"), jobs, BOTH) == "+small h100"
    assert admitted_first(empty("a", "b"), jobs) == "+big h100"


def test_weights_divide_shares_and_zero_goes_last() -> None:
    heavy = empty("a", fairSharing={"weight": 4}) | empty("b")
    assert admitted_first(heavy, [("big", "a", 3, 0), ("small", "b", 1, 0)], BOTH) == "+big h100"
    none = empty("a", fairSharing={"weight": 0}) | empty("b")
    assert admitted_first(none, [("small", "a", 1, 9), ("big", "b", 3, 0)], BOTH) == "+big h100"


def test_children_of_a_cohort_compete_before_the_cohort_does() -> None:
    """Queue x goes before y inside their cohort; then what the cohort would have with x competes with b."""
    queues = {
        "x": queue({"h100": 0}, cohortName="inner"),
        "y": queue({"h100": 0}, cohortName="inner"),
        "b": queue({"h100": 0}, cohortName="all"),
    }
    jobs = [("y1", "y", 3, 0), ("x1", "x", 1, 0), ("b1", "b", 2, 0)]
    inner = {"inner": {"parentName": "all"}}
    assert admitted_first(queues, jobs, BOTH, cohorts=inner) == "+x1 h100"
