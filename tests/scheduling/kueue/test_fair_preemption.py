"""Whom fair sharing preempts."""

from typing import Any

import pytest

from support.kueue_worlds import Bench, cluster, queue

BOTH = ["LessThanOrEqualToFinalShare", "LessThanInitialShare"]
ANY = {"preemption": {"reclaimWithinCohort": "Any"}}


def borrower(cohort: str, **spec: Any) -> Any:
    return queue({"h100": 0}, cohortName=cohort, **ANY, **spec)


def test_on_equal_shares_a_cohort_is_taken_from_before_a_queue() -> None:
    queues = {
        "a": queue({"h100": 6}, cohortName="all", **ANY),
        "b": borrower("all"),
        "z": borrower("inner"),
    }
    bench = Bench(cluster(queues, cohorts={"inner": {"parentName": "all"}}, fair=BOTH))
    bench.run(("b1", "b", 3), ("z1", "z", 3))
    assert bench.run(("a1", "a", 3)) == ["-z1 a1 InCohortReclamation", "+a1 h100"]


def test_on_equal_shares_the_queue_goes_whose_next_candidate_does() -> None:
    queues = {"a": queue({"h100": 4}, cohortName="all", **ANY), "b": borrower("all"), "c": borrower("all")}
    bench = Bench(cluster(queues, fair=BOTH))
    bench.run(("c1", "c", 2), ("b1", "b", 2))
    assert bench.run(("a1", "a", 2)) == ["-b1 a1 InCohortReclamation", "+a1 h100"], "b1 was admitted last"


def test_a_weight_of_zero_is_taken_from_first_however_little_it_borrows() -> None:
    queues = {
        "a": queue({"h100": 6}, cohortName="all", **ANY),
        "b": borrower("all"),
        "none": borrower("all", fairSharing={"weight": 0}),
    }
    bench = Bench(cluster(queues, fair=BOTH))
    bench.run(("none1", "none", 1), ("b1", "b", 5))
    assert bench.run(("a1", "a", 1)) == ["-none1 a1 InCohortReclamation", "+a1 h100"]


def test_of_two_weights_of_zero_the_higher_usage_is_taken_from() -> None:
    zero = {"fairSharing": {"weight": 0}}
    queues = {
        "a": queue({"h100": 6}, cohortName="all", **ANY),
        "much": borrower("all", **zero),
        "some": borrower("all", **zero),
    }
    bench = Bench(cluster(queues, fair=BOTH))
    bench.run(("much1", "much", 2), ("much2", "much", 2), ("some1", "some", 2))
    assert bench.run(("a1", "a", 2)) == ["-much2 a1 InCohortReclamation", "+a1 h100"]


@pytest.mark.parametrize(
    ("strategies", "expected"),
    [
        (BOTH[:1], []),
        (BOTH[1:], ["-b1 c1 InCohortFairSharing", "+c1 h100"]),
        (BOTH, ["-b1 c1 InCohortFairSharing", "+c1 h100"]),
    ],
)
def test_a_final_share_below_the_own_is_taken_only_by_the_initial_share(
    strategies: list[str], expected: list[str]
) -> None:
    """All 8 are held by one workload of b; c asks for 5, which is above what b would keep (0) and below what it has."""
    queues = {"b": borrower("all"), "c": borrower("all"), "pool": queue({"h100": 8}, cohortName="all")}
    bench = Bench(cluster(queues, fair=strategies))
    bench.run(("b1", "b", 8))
    assert bench.run(("c1", "c", 5)) == expected


def test_shares_are_compared_where_paths_part() -> None:
    """Within the inner cohort y holds all; x is compared with y alone, not with what their cohort holds."""
    queues = {
        "x": borrower("inner"),
        "y": borrower("inner"),
        "pool": queue({"h100": 4}, cohortName="all"),
    }
    bench = Bench(cluster(queues, cohorts={"inner": {"parentName": "all"}}, fair=BOTH))
    bench.run(*((f"y{number}", "y", 1) for number in range(4)))
    assert bench.run(("x1", "x", 1)) == ["-y3 x1 InCohortFairSharing", "+x1 h100"]


def test_who_borrows_nothing_is_not_taken_from() -> None:
    queues = {
        "a": queue({"h100": 2}, cohortName="all", **ANY),
        "b": queue({"h100": 2}, cohortName="all", **ANY),
    }
    bench = Bench(cluster(queues, fair=BOTH))
    bench.run(("b1", "b", 2), ("a1", "a", 2))
    assert bench.run(("a2", "a", 1)) == []
