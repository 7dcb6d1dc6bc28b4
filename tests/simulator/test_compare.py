"""Two runs are paired job by job, or refused."""

import pytest

from simulator.compare import pair
from simulator.ledger import Ledger
from support.runs import HOUR, ledger, outcome
from tenancy.errors import MusterError


def run(*admitted: int | None, duration: int = HOUR) -> Ledger:
    return ledger([], [outcome(f"j{n}", f"t{n % 2}", 0, at, duration) for n, at in enumerate(admitted)], {})


def test_waits_are_compared_over_the_jobs_admitted_in_both() -> None:
    found = pair(run(0, HOUR, 2 * HOUR, None), run(0, 0, 3 * HOUR, 0))["all"]
    assert (found.jobs, found.sooner, found.later, found.same, found.only_a, found.only_b) == (3, 1, 1, 1, 0, 1)
    assert (found.a.mean, found.b.mean, found.gain) == (HOUR, HOUR, 0)


def test_teams_are_compared_on_their_own() -> None:
    found = pair(run(HOUR, 0), run(0, HOUR))
    assert {team: pair_.gain for team, pair_ in found.items()} == {"all": 0, "t0": HOUR, "t1": -HOUR}


@pytest.mark.parametrize("other", [run(0), run(0, 0, duration=2 * HOUR)])
def test_different_jobs_are_refused(other: Ledger) -> None:
    with pytest.raises(MusterError, match="different jobs"):
        pair(run(0, 0), other)
