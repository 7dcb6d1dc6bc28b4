"""Whom classical preemption takes, and whom it lets go again."""

import pytest

from support.kueue_worlds import Bench, cluster, queue

WITHIN = {"preemption": {"withinClusterQueue": "LowerPriority"}}


def test_victims_are_let_go_from_the_last_but_one_to_the_first() -> None:
    """Taken are newest (2), newer (1), oldest (3); without newer it still fits, then without newest it does not."""
    bench = Bench(cluster({"a": queue({"h100": 6}, **WITHIN)}))
    bench.run(("oldest", "a", 3), ("newer", "a", 1), ("newest", "a", 2))
    bench.submit("high", "a", 4, priority=9)
    words = bench.settle()
    assert sorted(words[:-1]) == ["-newest high InClusterQueue", "-oldest high InClusterQueue"]
    assert words[-1] == "+high h100"


def test_the_last_victim_is_never_let_go() -> None:
    bench = Bench(cluster({"a": queue({"h100": 4}, **WITHIN)}))
    bench.run(("oldest", "a", 3), ("newest", "a", 1))
    bench.submit("high", "a", 3, priority=9)
    assert bench.settle() == ["-oldest high InClusterQueue", "+high h100"]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("Never", []),
        ("LowerPriority", []),
        ("LowerOrNewerEqualPriority", ["-newer older InClusterQueue", "+older h100"]),
    ],
)
def test_policies_within_a_queue(policy: str, expected: list[str]) -> None:
    """While *older* waits for two GPUs, *newer* passes it and takes one."""
    bench = Bench(cluster({"a": queue({"h100": 2}, preemption={"withinClusterQueue": policy})}))
    assert bench.run(("first", "a", 1), ("older", "a", 2), ("newer", "a", 1))[0] == "+first h100"
    bench.finish("first")
    assert bench.settle() == expected


def test_candidates_of_other_queues_come_before_those_of_the_own() -> None:
    spec = {
        "cohortName": "all",
        "preemption": {"reclaimWithinCohort": "LowerPriority", "withinClusterQueue": "LowerPriority"},
    }
    bench = Bench(cluster({"a": queue({"h100": 2}, **spec), "b": queue({"h100": 2}, **spec)}))
    bench.run(("own", "a", 1), ("b1", "b", 1), ("b2", "b", 1), ("b3", "b", 1))
    bench.submit("high", "a", 1, priority=9)
    assert bench.settle() == ["-b3 high InCohortReclamation", "+high h100"]


def test_of_lower_priority_the_lowest_goes_and_of_equals_the_last_admitted() -> None:
    bench = Bench(cluster({"a": queue({"h100": 3}, **WITHIN)}))
    for name, priority in (("low", 1), ("lower", 0), ("low-too", 1)):
        bench.submit(name, "a", 1, priority=priority)
        bench.settle()
    for name, victim in (("h1", "lower"), ("h2", "low-too"), ("h3", "low")):
        bench.submit(name, "a", 1, priority=5)
        assert bench.settle() == [f"-{victim} {name} InClusterQueue", f"+{name} h100"]
