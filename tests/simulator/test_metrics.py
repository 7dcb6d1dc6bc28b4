"""Metrics, worked out by hand on small ledgers."""

import pytest

from simulator.ledger import End
from simulator.metrics import borrowing, by_pool, by_team, quantile, spread
from support.runs import GPU, HOUR, ledger, outcome, span


@pytest.mark.parametrize(("share", "expected"), [(0.0, 10), (0.1, 10), (0.11, 20), (0.5, 50), (0.95, 100), (1.0, 100)])
def test_a_quantile_is_a_value_that_occurred(share: float, expected: int) -> None:
    assert quantile(list(range(10, 101, 10)), share) == expected


def test_spread_of_nothing_is_zero() -> None:
    assert spread([]) == spread([0.0])


def test_waits_completion_and_slowdown_per_team_and_overall() -> None:
    outcomes = [
        outcome("a1", "a", 0, 0, HOUR),
        outcome("a2", "a", 0, HOUR, HOUR),
        outcome("b1", "b", 0, None, HOUR),
    ]
    found = by_team(ledger([span("a1", "a", 0, HOUR), span("a2", "a", HOUR, 2 * HOUR)], outcomes, {"a": 1}))
    assert list(found) == ["all", "a", "b"]
    assert (found["all"].jobs, found["all"].admitted, found["all"].finished) == (3, 2, 2)
    assert (found["a"].wait.mean, found["a"].wait.max) == (HOUR / 2, HOUR)
    assert found["a"].completion.mean == 1.5 * HOUR
    assert found["a"].slowdown.max == 2.0
    assert found["b"].wait.mean == 0
    assert found["a"].device_time == 2 * HOUR


def test_short_jobs_count_ten_seconds_in_slowdowns() -> None:
    outcomes = [outcome("a1", "a", 0, 19_000, 1_000)]
    assert by_team(ledger([], outcomes, {"a": 1}))["a"].slowdown.mean == 2.0


def test_preemptions_count_once_a_workload_and_for_both_sides() -> None:
    spans = [
        span("a1", "a", 0, HOUR, ended=End.PREEMPTED, caused_by="b1", reason="InCohortReclamation"),
        span("a1", "a", 0, HOUR, ended=End.PREEMPTED, caused_by="b1", reason="InCohortReclamation"),
        span("b1", "b", HOUR, 2 * HOUR),
    ]
    found = by_team(
        ledger(spans, [outcome("a1", "a", 0, 0, HOUR), outcome("b1", "b", 0, HOUR, HOUR)], {"a": 1, "b": 1})
    )
    assert [(found[team].suffered, found[team].caused) for team in ("all", "a", "b")] == [(1, 1), (1, 0), (0, 1)]


def test_what_one_queue_borrows_others_lend_in_proportion_to_what_they_leave_idle() -> None:
    spans = [span("a1", "a", 0, HOUR, 6), span("b1", "b", 0, HOUR, 1)]
    found = borrowing(ledger(spans, [], {"a": 2, "b": 4, "c": 3}))
    assert found["a"] == (4 * HOUR, 0)
    assert found["b"] == (0, pytest.approx(4 * HOUR * 3 / 6))
    assert found["c"] == (0, pytest.approx(4 * HOUR * 3 / 6))


def test_quota_of_the_cohort_is_used_before_that_of_the_members() -> None:
    found = borrowing(ledger([span("a1", "a", 0, HOUR, 5)], [], {"a": 2, "b": 4}, shared=2))
    assert found["a"][0] == 3 * HOUR
    assert found["b"][1] == pytest.approx(1 * HOUR)


def test_lending_ends_when_the_owner_comes_back() -> None:
    spans = [span("a1", "a", 0, 2 * HOUR, 4), span("b1", "b", HOUR, 2 * HOUR, 2)]
    found = borrowing(ledger(spans, [], {"a": 2, "b": 2, "c": 2}))
    assert found["b"][1] == pytest.approx(HOUR * 2 * 2 / 4)
    assert found["c"][1] == pytest.approx(HOUR * 2 * 2 / 4 + HOUR * 2)
    assert found["a"] == (4 * HOUR, 0)


def test_a_pool_is_measured_while_jobs_arrive() -> None:
    spans = [span("a1", "a", 0, 10 * HOUR, 1)]
    outcomes = [outcome("a1", "a", 0, 0, 10 * HOUR), outcome("late", "a", 2 * HOUR, None, HOUR)]
    pool = by_pool(ledger(spans, outcomes, {"a": 4}), lambda flavor: f"pool of {flavor}")["pool of h100"]
    assert (pool.resource, pool.size, pool.allocated) == (GPU, 4, pytest.approx(0.25))
