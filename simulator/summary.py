"""A run in tables for people and in JSON for machines."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from scheduling.kueue.shares import flavor_pools
from simulator.compare import Paired
from simulator.ledger import Ledger
from simulator.loops import sentence
from simulator.metrics import Spread, TeamMetrics, by_pool, by_team
from tenancy.environment import Environment
from tenancy.quantity import written
from tenancy.terminal import print_table, say

SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000


def duration(milliseconds: float) -> str:
    """Write a duration with three digits or so, in the unit that suits it.

    >>> duration(119_113), duration(14_944_676), duration(0)
    ('1.99 min', '4.15 h', '0 s')
    """
    for least, size, unit in ((2 * DAY, DAY, "d"), (HOUR, HOUR, "h"), (MINUTE, MINUTE, "min")):
        if milliseconds >= least:
            return f"{milliseconds / size:.3g} {unit}"
    return f"{milliseconds / SECOND:.3g} s"


def pool_namer(environment: Environment | None) -> Callable[[str], str]:
    """Return what gives the pool of a flavor; without an environment every flavor is a pool of its own."""
    pools = flavor_pools(environment) if environment else {}
    return lambda flavor: pools.get(flavor, flavor)


def print_summary(ledger: Ledger, environment: Environment | None) -> None:
    """Print how teams fared, what they took and gave, and how far pools were used."""
    for line in warnings(ledger):
        say(f"! {line}")
    teams = by_team(ledger)
    columns = ["team", "jobs", "ran", "wait mean", "p50", "p95", "p99", "max", "completion", "slowdown"]
    print_table("", columns, [_waits(name, metrics) for name, metrics in teams.items()])
    columns = ["team", "GPU-hours", "borrowed", "lent", "preempted", "by others", "reclaims", "after p95"]
    print_table("", columns, [_exchange(name, metrics) for name, metrics in teams.items()])
    pools = by_pool(ledger, pool_namer(environment))
    rows = [
        (name, pool.resource, written(pool.resource, pool.size), f"{pool.allocated:.1%}")
        for name, pool in pools.items()
    ]
    print_table("", ["pool", "counted", "size", "allocated while jobs came"], rows, left=2)
    for reason, count in _never(ledger).items():
        say(f"{count} job{'s' if count > 1 else ''} never started: {reason}")


def warnings(ledger: Ledger) -> Iterator[str]:
    """Yield what must be known before the figures: loops that real Kueue would not get out of, and assumptions."""
    for loop in ledger.about.get("loops", ()):
        yield sentence(loop, duration(loop["at"]))
    yield from ledger.about.get("assumed", ())


def _waits(name: str, metrics: TeamMetrics) -> list[object]:
    wait = metrics.wait
    return [
        name,
        metrics.jobs,
        metrics.admitted,
        *(duration(value) for value in (wait.mean, wait.p50, wait.p95, wait.p99, wait.max)),
        duration(metrics.completion.mean),
        f"{metrics.slowdown.mean:.3g}",
    ]


def _exchange(name: str, metrics: TeamMetrics) -> list[object]:
    return [
        name,
        *(f"{value / HOUR:,.0f}" for value in (metrics.device_time, metrics.borrowed, metrics.lent)),
        metrics.caused,
        metrics.suffered,
        metrics.reclaims,
        duration(metrics.reclaim.p95) if metrics.reclaims else "-",
    ]


def _never(ledger: Ledger) -> dict[str, int]:
    """Count the jobs that were never admitted by reason."""
    counts: dict[str, int] = {}
    for outcome in ledger.outcomes:
        if outcome.admitted is None:
            reason = f"{outcome.reason} in {outcome.namespace}/{outcome.queue}"
            counts[reason] = counts.get(reason, 0) + 1
    return counts


def summary_json(ledger: Ledger, environment: Environment | None) -> dict[str, Any]:
    """Return the summary; durations are seconds, device times device-hours."""
    return {
        "about": dict(ledger.about),
        "teams": {name: _team_json(metrics) for name, metrics in by_team(ledger).items()},
        "pools": {name: asdict(pool) for name, pool in by_pool(ledger, pool_namer(environment)).items()},
        "neverStarted": _never(ledger),
    }


def _team_json(metrics: TeamMetrics) -> dict[str, Any]:
    return {
        "jobs": metrics.jobs,
        "admitted": metrics.admitted,
        "finished": metrics.finished,
        "waitSeconds": _seconds(metrics.wait),
        "completionSeconds": _seconds(metrics.completion),
        "slowdown": asdict(metrics.slowdown),
        "waitedAgainSeconds": metrics.waited_again / SECOND,
        "deviceHours": metrics.device_time / HOUR,
        "borrowedDeviceHours": metrics.borrowed / HOUR,
        "lentDeviceHours": metrics.lent / HOUR,
        "preempted": metrics.suffered,
        "preemptionsCaused": metrics.caused,
        "reclaims": metrics.reclaims,
        "reclaimSeconds": _seconds(metrics.reclaim),
    }


def _seconds(spread: Spread) -> dict[str, float]:
    return {name: value / SECOND for name, value in asdict(spread).items()}


def print_comparison(pairs: Mapping[str, Paired], a: str, b: str) -> None:
    """Print two runs side by side."""
    columns = ["team", "jobs in both", f"mean wait {a}", f"mean wait {b}", f"p95 {a}", f"p95 {b}"]
    columns += ["gain", "sooner", "later", "in one only"]
    rows = [
        [
            team,
            pair.jobs,
            *(duration(value) for value in (pair.a.mean, pair.b.mean, pair.a.p95, pair.b.p95)),
            _gain(pair.gain),
            pair.sooner,
            pair.later,
            f"{pair.only_a} / {pair.only_b}",
        ]
        for team, pair in pairs.items()
    ]
    print_table("", columns, rows)


def _gain(milliseconds: float) -> str:
    sign = "-" if milliseconds < 0 else "+" if milliseconds > 0 else ""
    return f"{sign}{duration(abs(milliseconds))}"


def comparison_json(pairs: Mapping[str, Paired]) -> dict[str, Any]:
    """Return the comparison; durations are seconds, a positive gain means that b waits less."""
    return {
        team: {
            "jobs": pair.jobs,
            "waitSeconds": {"a": _seconds(pair.a), "b": _seconds(pair.b)},
            "meanGainSeconds": pair.gain / SECOND,
            "sooner": pair.sooner,
            "later": pair.later,
            "same": pair.same,
            "onlyInA": pair.only_a,
            "onlyInB": pair.only_b,
        }
        for team, pair in pairs.items()
    }
