"""What a ledger comes to, per team and overall: waits, completion, slowdown, use of pools, borrowing and lending."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from simulator.ledger import End, Ledger, Outcome, Span
from simulator.workload import BYTES

SHORTEST = 10_000
"""Jobs that run for less count as this long in slowdowns (milliseconds), as is usual for bounded slowdown."""
NOT_DEVICES = BYTES | {"cpu", "pods"}
OVERALL = "all"
RECLAMATION = "InCohortReclamation"


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean and quantiles of some durations in milliseconds; all 0 where there are none."""

    mean: float
    p50: float
    p95: float
    p99: float
    max: float


@dataclass(frozen=True, slots=True)
class TeamMetrics:
    """How a team fared. Device times are in device-milliseconds.

    *jobs* arrived, *admitted* of them started, *finished* of them ended. Waits are from arrival to first admission;
    *waited_again* is the mean wait after evictions over the admitted. *suffered* and *caused* count preemptions;
    *reclaim* are the waits of the jobs that took quota back from borrowers, of which there are *reclaims*.
    """

    jobs: int
    admitted: int
    finished: int
    wait: Spread
    completion: Spread
    slowdown: Spread
    waited_again: float
    suffered: int
    caused: int
    reclaims: int
    reclaim: Spread
    device_time: int = 0
    borrowed: float = 0.0
    lent: float = 0.0


def quantile(values: Sequence[float], share: float) -> float:
    """Return the smallest of the sorted *values* that at least *share* of them do not exceed.

    >>> quantile([1, 2, 3, 4], 0.5), quantile([1, 2, 3, 4], 0.95)
    (2, 4)
    """
    exact = Fraction(str(share)) * len(values)
    return values[max(0, -(-exact.numerator // exact.denominator) - 1)] if values else 0.0


def spread(values: Iterable[float]) -> Spread:
    """Return mean and quantiles of *values*."""
    found = sorted(values)
    if not found:
        return Spread(0.0, 0.0, 0.0, 0.0, 0.0)
    p50, p95, p99 = (quantile(found, share) for share in (0.5, 0.95, 0.99))
    return Spread(sum(found) / len(found), p50, p95, p99, found[-1])


def by_team(ledger: Ledger) -> dict[str, TeamMetrics]:
    """Return the metrics of each team that has jobs, and of all together under `all`, which comes first."""
    teams = {outcome.workload: outcome.team for outcome in ledger.outcomes}
    groups: dict[str, list[Outcome]] = {OVERALL: list(ledger.outcomes)}
    for outcome in sorted(ledger.outcomes, key=lambda outcome: outcome.team):
        groups.setdefault(outcome.team or "(none)", []).append(outcome)
    use = _use(ledger, teams)
    reclaimers = {span.caused_by for span in ledger.spans if span.reason == RECLAMATION}
    return {name: _metrics(outcomes, use.get(name, _Use()), reclaimers) for name, outcomes in groups.items()}


@dataclass(slots=True)
class _Use:
    suffered: int = 0
    caused: int = 0
    device_time: int = 0
    borrowed: float = 0.0
    lent: float = 0.0


def _metrics(outcomes: Sequence[Outcome], use: _Use, reclaimers: Collection[str | None]) -> TeamMetrics:
    admitted = [outcome for outcome in outcomes if outcome.admitted is not None]
    finished = [outcome for outcome in outcomes if outcome.finished is not None]
    completions = [_completion(outcome) for outcome in finished]
    slowdowns = [
        max(1.0, completion / max(outcome.duration, SHORTEST))
        for outcome, completion in zip(finished, completions, strict=True)
    ]
    reclaimed = [outcome.wait for outcome in admitted if outcome.workload in reclaimers and outcome.wait is not None]
    return TeamMetrics(
        len(outcomes),
        len(admitted),
        len(finished),
        spread(outcome.wait or 0 for outcome in admitted),
        spread(completions),
        spread(slowdowns),
        sum(outcome.waited_again for outcome in admitted) / len(admitted) if admitted else 0.0,
        use.suffered,
        use.caused,
        len(reclaimed),
        spread(reclaimed),
        use.device_time,
        use.borrowed,
        use.lent,
    )


def _completion(outcome: Outcome) -> int:
    return (outcome.finished or 0) - outcome.arrival


def _use(ledger: Ledger, teams: Mapping[str, str]) -> dict[str, _Use]:
    """Return preemptions, device time, borrowing and lending of each team and of all."""
    found: dict[str, _Use] = {OVERALL: _Use()}
    stopped = set()
    for span in ledger.spans:
        team = teams[span.workload] or "(none)"
        time = sum(amount for resource, amount in span.amounts if resource not in NOT_DEVICES) * (span.end - span.start)
        first = (span.workload, span.attempt) not in stopped
        for use in (found[OVERALL], found.setdefault(team, _Use())):
            use.device_time += time // 1000
            use.suffered += span.ended is End.PREEMPTED and first
        if span.ended is End.PREEMPTED and first:
            stopped.add((span.workload, span.attempt))
            for name in (OVERALL, teams.get(span.caused_by or "") or "(none)"):
                found.setdefault(name, _Use()).caused += 1
    owners = _owners(ledger, teams)
    for queue, (borrowed, lent) in borrowing(ledger).items():
        for name in (OVERALL, owners.get(queue, "(none)")):
            use = found.setdefault(name, _Use())
            use.borrowed += borrowed
            use.lent += lent
    return found


def _owners(ledger: Ledger, teams: Mapping[str, str]) -> dict[str, str]:
    """Return the team of each queue: that of the workloads which ran in it."""
    return {span.queue: teams[span.workload] or "(none)" for span in ledger.spans}


def borrowing(ledger: Ledger) -> dict[str, tuple[float, float]]:
    """Return for each queue the device-time that it used beyond its nominal quota, and that others used of its own.

    Flavor by flavor and device by device. What is borrowed comes out of what cohorts hold first; the rest is lent by
    the queues that leave nominal quota unused, in proportion to what they leave.
    """
    total: dict[str, tuple[float, float]] = {}
    pairs = sorted({(quota.flavor, quota.resource) for quota in ledger.quotas if quota.resource not in NOT_DEVICES})
    events = _events(ledger.spans, set(pairs))
    for pair in pairs:
        nominal = {q.queue: q.nominal * 1000 for q in ledger.quotas if (q.flavor, q.resource) == pair}
        shared = ledger.capacity.get(pair, 0) * 1000 - sum(nominal.values())
        for queue, (borrowed, lent) in _integrate(events.get(pair, []), nominal, shared).items():
            before = total.get(queue, (0.0, 0.0))
            total[queue] = before[0] + borrowed, before[1] + lent
    return total


def _events(spans: Iterable[Span], pairs: set[tuple[str, str]]) -> dict[tuple[str, str], list[tuple[int, str, int]]]:
    """Return the changes of usage of each pair in time: (instant, queue, by how much), in order."""
    found: dict[tuple[str, str], list[tuple[int, str, int]]] = {}
    for span in spans:
        for resource, amount in span.amounts:
            if (span.flavor, resource) in pairs:
                changes = found.setdefault((span.flavor, resource), [])
                changes += [(span.start, span.queue, amount), (span.end, span.queue, -amount)]
    for changes in found.values():
        changes.sort()
    return found


def _integrate(
    events: Sequence[tuple[int, str, int]], nominal: Mapping[str, int], shared: int
) -> dict[str, tuple[float, float]]:
    """Integrate borrowing and lending over *events*; amounts are thousandths, the result is in whole devices.

    What a queue lends at an instant is its idle quota times a factor that is the same for all, so the integral of the
    factor is kept and each queue settles its part when its own usage changes.
    """
    usage = dict.fromkeys(nominal, 0)
    settled = dict.fromkeys(nominal, 0.0)
    result = {queue: [0.0, 0.0] for queue in nominal}
    idle, borrowed = sum(nominal.values()), 0
    factor, last = 0.0, 0
    changed = dict.fromkeys(nominal, 0)
    for now, queue, amount in events:
        if now > last and idle:
            factor += (now - last) * min(1.0, max(0, borrowed - shared) / idle)
        last = max(last, now)
        quota, before = nominal[queue], usage[queue]
        after = usage[queue] = before + amount
        result[queue][0] += max(0, before - quota) * (now - changed[queue])
        result[queue][1] += max(0, quota - before) * (factor - settled[queue])
        changed[queue], settled[queue] = now, factor
        idle += max(0, quota - after) - max(0, quota - before)
        borrowed += max(0, after - quota) - max(0, before - quota)
    for queue, (_, lent) in result.items():
        result[queue][1] = lent + max(0, nominal[queue] - usage[queue]) * (factor - settled[queue])
    return {queue: (borrowed_time / 1000, lent_time / 1000) for queue, (borrowed_time, lent_time) in result.items()}


@dataclass(frozen=True, slots=True)
class PoolMetrics:
    """Use of one resource of a pool: *size* is what there is (Kueue's units), *allocated* the share that was used."""

    resource: str
    size: int
    allocated: float


def by_pool(ledger: Ledger, pool_of: Callable[[str], str]) -> dict[str, PoolMetrics]:
    """Return how much of each pool's devices (CPUs where it has none) was allocated while jobs kept arriving.

    *pool_of* gives the pool of a flavor.
    """
    sizes: dict[str, dict[str, int]] = {}
    for (flavor, resource), amount in ledger.capacity.items():
        size = sizes.setdefault(pool_of(flavor), {})
        size[resource] = size.get(resource, 0) + amount
    chosen = {pool: _counted(resources) for pool, resources in sizes.items()}
    used = dict.fromkeys(sizes, 0)
    busy = ledger.busy
    for span in ledger.spans:
        pool = pool_of(span.flavor)
        time = max(0, min(span.end, busy) - span.start)
        used[pool] += sum(amount for resource, amount in span.amounts if resource == chosen[pool]) * time
    return {
        pool: PoolMetrics(resource, sizes[pool][resource], _share(used[pool], sizes[pool][resource] * busy, resource))
        for pool, resource in chosen.items()
    }


def _counted(sizes: Mapping[str, int]) -> str:
    devices = sorted(resource for resource, size in sizes.items() if resource not in NOT_DEVICES and size)
    return devices[0] if devices else "cpu" if "cpu" in sizes else min(sizes)


def _share(used: int, available: int, resource: str) -> float:
    """Return which share of *available* (Kueue's units times time) was *used* (a ledger's units times time)."""
    scale = 1000 if resource not in NOT_DEVICES else 1
    return used / (available * scale) if available else 0.0
