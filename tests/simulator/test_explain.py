"""Explanations: what is known of one job at one instant."""

from pathlib import Path

from scheduling.kueue.objects import read
from simulator.explain import Explanation, explain
from simulator.past import Past, State
from simulator.run import simulate
from simulator.workload import Workload
from support.explained_worlds import job, world


def explained(folder: Path, jobs: list[Workload], number: int, now: int, **options: str) -> Explanation:
    there = world(folder, **options)
    return explain(Past(read(there.manifests), {}, jobs), simulate(there, jobs, "kueue", {}), number, now)


def test_a_waiting_job_its_holders_and_when_it_starts(tmp_path: Path) -> None:
    jobs = [job("runs", 0, 2, 5000), job("short", 0, 1, 700), job("first", 50, 3), job("waits", 100, 1)]
    found = explained(tmp_path, jobs, 3, 200)
    assert found.standing.state is State.WAITING
    assert found.waiting is not None
    assert (found.waiting.reason, found.waiting.ahead) == ("WaitingForQuota", ("first",))
    assert [(held.workload, held.amount, held.since, held.until) for held in found.waiting.holders] == [
        ("runs", 2, 0, 5000),
        ("short", 1, 0, 700),
    ]
    assert (found.waiting.starts, found.waiting.thanks_to) == (700, ("short",))
    assert found.outcome.wait == 600
    assert {remedy.kind for remedy in found.waiting.remedies} == {
        "nominal quota",
        "borrowing limit",
        "priority",
        "flavor",
    }


def test_in_a_strict_queue_the_first_in_line_is_explained(tmp_path: Path) -> None:
    jobs = [job("runs", 0, 2, 5000), job("first", 50, 3), job("waits", 100, 1)]
    found = explained(tmp_path, jobs, 2, 100, strategy="StrictFIFO")
    assert found.waiting is not None
    assert found.waiting.reason == "PendingEvaluation"
    assert found.waiting.refusal.behind is not None
    assert found.waiting.refusal.behind.name == "first"
    assert found.waiting.refusal.lacks[0].missing == 2


def test_a_job_that_can_never_start(tmp_path: Path) -> None:
    found = explained(tmp_path, [job("huge", 0, 99)], 0, 10)
    assert found.waiting is not None
    assert (found.waiting.reason, found.waiting.starts) == ("ExceedsMaxQuota", None)


def test_a_job_that_does_not_wait_needs_no_reason(tmp_path: Path) -> None:
    found = explained(tmp_path, [job("runs", 0, 2)], 0, 10)
    assert (found.standing.state, found.waiting, found.gate) == (State.RUNNING, None, None)


def test_a_stopped_queue_is_the_reason(tmp_path: Path) -> None:
    found = explained(tmp_path, [job("runs", 0, 2)], 0, 10, stop="HoldAndDrain")
    assert found.gate is not None
    assert (found.gate.reason, found.waiting) == ("Suspended", None)
