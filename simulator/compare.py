"""Two runs on the same jobs, paired job by job."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from simulator.ledger import Ledger, Outcome
from simulator.metrics import OVERALL, Spread, spread
from tenancy.errors import MusterError


@dataclass(frozen=True, slots=True)
class Paired:
    """How the jobs of one team fared in both runs (*a*, *b*: waits in milliseconds).

    Waits compare the *jobs* admitted in both; *sooner*, *later* and *same* count them. *only_a* and *only_b* were
    admitted in one run alone.
    """

    jobs: int
    a: Spread
    b: Spread
    sooner: int
    later: int
    same: int
    only_a: int
    only_b: int

    @property
    def gain(self) -> float:
        """Return by how much the mean wait is shorter in b."""
        return self.a.mean - self.b.mean


def pair(a: Ledger, b: Ledger) -> dict[str, Paired]:
    """Compare two runs, per team and overall; MusterError where they did not run the same jobs."""
    first, second = _by_name(a), _by_name(b)
    if first.keys() != second.keys():
        missing = sorted(first.keys() ^ second.keys())
        raise MusterError(f"the runs are of different jobs: {len(missing)} are in one alone, such as {missing[0]}")
    differing = [name for name, outcome in first.items() if _job(outcome) != _job(second[name])]
    if differing:
        raise MusterError(
            f"the runs are of different jobs: {len(differing)} differ in arrival, duration or request, "
            f"such as {differing[0]}"
        )
    groups: dict[str, list[str]] = {OVERALL: list(first)}
    for name in sorted(first, key=lambda name: first[name].team):
        groups.setdefault(first[name].team or "(none)", []).append(name)
    return {team: _paired(names, first, second) for team, names in groups.items()}


def _by_name(ledger: Ledger) -> dict[str, Outcome]:
    return {outcome.workload: outcome for outcome in ledger.outcomes}


def _job(outcome: Outcome) -> object:
    return outcome.arrival, outcome.duration, outcome.requested


def _paired(names: Sequence[str], a: Mapping[str, Outcome], b: Mapping[str, Outcome]) -> Paired:
    both = [(a[name].wait, b[name].wait) for name in names]
    waits = [(x, y) for x, y in both if x is not None and y is not None]
    return Paired(
        len(waits),
        spread(x for x, _ in waits),
        spread(y for _, y in waits),
        sum(y < x for x, y in waits),
        sum(y > x for x, y in waits),
        sum(y == x for x, y in waits),
        sum(x is not None and y is None for x, y in both),
        sum(x is None and y is not None for x, y in both),
    )
