"""The summary of a run, for people and for machines."""

import pytest

from simulator.ledger import End, Ledger
from simulator.loops import sentence
from simulator.summary import duration, print_summary, summary_json, warnings
from support.runs import HOUR, ledger, outcome, span

LOOP = {
    "at": 60_000,
    "times": 1,
    "settings": [["a", "reclaimWithinCohort", "Any"]],
    "preemptions": [["a1", "a", "b1", "b", "InCohortReclamation"]],
}


def run(**about: object) -> Ledger:
    spans = [
        span("b1", "b", 0, HOUR, ended=End.PREEMPTED, caused_by="a1", reason="InCohortReclamation"),
        span("a1", "a", HOUR, 2 * HOUR),
    ]
    made = ledger(
        spans,
        [outcome("b1", "b", 0, 0, HOUR), outcome("a1", "a", HOUR, HOUR, HOUR), outcome("never", "b", 0, None, HOUR)],
        {"a": 1, "b": 1},
    )
    return Ledger(made.spans, made.outcomes, made.capacity, made.quotas, about)


@pytest.mark.parametrize(
    ("milliseconds", "words"), [(0, "0 s"), (59_999, "60 s"), (60_000, "1 min"), (HOUR, "1 h"), (48 * HOUR, "2 d")]
)
def test_durations_in_the_unit_that_suits(milliseconds: int, words: str) -> None:
    assert duration(milliseconds) == words


def test_loops_and_assumptions_come_before_the_figures(capsys: pytest.CaptureFixture[str]) -> None:
    made = run(loops=[LOOP], assumed=["defaults of 0.19"])
    assert list(warnings(made)) == [sentence(LOOP, "1 min"), "defaults of 0.19"]
    print_summary(made, None)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("! preemption loop 1 min into the run: a1 (a) preempts b1 (b)")
    assert lines[1] == "! defaults of 0.19"
    assert "never started: WaitingForQuota in b/default" in lines[-1]


def test_what_teams_took_and_gave(capsys: pytest.CaptureFixture[str]) -> None:
    print_summary(run(), None)
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["a", "1", "0", "0", "1", "0", "1", "0", "s"] in rows
    assert ["b", "1", "0", "0", "0", "1", "0", "-"] in rows


def test_the_summary_for_machines() -> None:
    made = summary_json(run(loops=[LOOP], assumed=[]), None)
    assert made["about"] == {"loops": [LOOP], "assumed": []}
    assert made["teams"]["a"]["preemptionsCaused"] == made["teams"]["b"]["preempted"] == 1
    assert made["teams"]["a"]["reclaims"] == 1
    assert made["teams"]["a"]["reclaimSeconds"]["p95"] == 0
    assert made["neverStarted"] == {"WaitingForQuota in b/default": 1}
