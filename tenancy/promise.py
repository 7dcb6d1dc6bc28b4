"""What a promise comes to, tier by tier."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tenancy.environment import Environment
from tenancy.pool import Pool, Tier
from tenancy.team import Quota, Team


@dataclass(frozen=True, slots=True)
class TierQuota:
    """What a team has of one tier, in GPUs (or CPUs); None means no limit."""

    tier: Tier
    nominal: int
    borrow: int | None
    lend: int | None


def apportion(total: int, sizes: Sequence[int]) -> list[int]:
    """Split *total* in proportion to *sizes* by largest remainder; on equal remainders the earlier gets more.

    Where all sizes are 0, the first part is the whole.

    >>> apportion(16, [32, 64]), apportion(3, [1, 1]), apportion(3, [0, 0])
    ([5, 11], [2, 1], [3, 0])
    """
    whole = sum(sizes)
    if not whole:
        return [total if index == 0 else 0 for index in range(len(sizes))]
    parts = [total * size // whole for size in sizes]
    by_remainder = sorted(range(len(sizes)), key=lambda index: (-(total * sizes[index] % whole), index))
    for index in by_remainder[: total - sum(parts)]:
        parts[index] += 1
    return parts


def allowed_tiers(pool: Pool, quota: Quota) -> list[Tier]:
    """Return the tiers that a team may use, in the order in which its jobs try them."""
    return list(pool.tiers) if quota.tiers is None else [pool.tier(name) for name in quota.tiers]


def nominal_by_tier(pool: Pool, quota: Quota, unit: int = 1) -> dict[str, int]:
    """Return the nominal quota on each allowed tier, in whole multiples of *unit* where it is split."""
    allowed = {tier.name for tier in allowed_tiers(pool, quota)}
    if not isinstance(quota.nominal, int):
        return dict(quota.nominal)
    tiers = [tier for tier in pool.promised if tier.name in allowed]
    parts = apportion(quota.nominal // unit, [pool.size(tier) for tier in tiers])
    return {tier.name: part * unit for tier, part in zip(tiers, parts, strict=True)}


def tier_quotas(pool: Pool, quota: Quota) -> list[TierQuota]:
    """Return what *quota* comes to on each tier of *pool*, in the order in which jobs try them.

    A `borrow` that is one number bounds each tier; a `lend` that is one number is split like the nominal quota. A
    tier that a limit by tier does not name has none.
    """
    nominal = nominal_by_tier(pool, quota)
    lend = quota.lend
    if isinstance(lend, int):
        lend = dict(zip(nominal, apportion(lend, list(nominal.values())), strict=True))
    return [
        TierQuota(tier, nominal.get(tier.name, 0), _limit(quota.borrow, tier.name), _limit(lend, tier.name))
        for tier in allowed_tiers(pool, quota)
    ]


def _limit(limits: int | Mapping[str, int] | None, tier: str) -> int | None:
    return limits.get(tier) if isinstance(limits, Mapping) else limits


def own_nodes(environment: Environment, team: Team) -> Iterator[tuple[str, Tier, int]]:
    """Yield pool, tier and number of GPUs (or CPUs) of the nodes that *team* has to itself, as its jobs try them."""
    if team.isolation != "node-pool":
        return
    for name, pool in environment.pools.items():
        if quota := team.quota.get(name):
            nominal = nominal_by_tier(pool, quota, pool.node.size)
            for tier in allowed_tiers(pool, quota):
                if size := nominal.get(tier.name):
                    yield name, tier, size


def sharers(environment: Environment, pool: str) -> list[Team]:
    """Return the teams that share *pool* through a cohort."""
    return [
        team
        for team in environment.teams.values()
        if pool in team.quota and team.cohort and team.isolation != "node-pool"
    ]


def roots(environment: Environment, pool: str) -> list[str]:
    """Return the root cohorts of the teams that share *pool*."""
    return sorted({environment.ancestry(str(team.cohort))[-1] for team in sharers(environment, pool)})


def unpromised(environment: Environment, pool_name: str) -> dict[str, int]:
    """Return what is left of each tier of a pool when every team has its nominal quota; never below 0."""
    pool = environment.pools[pool_name]
    left = {tier.name: pool.size(tier) for tier in pool.tiers}
    for team in environment.teams.values():
        if pool_name in team.quota:
            unit = pool.node.size if team.isolation == "node-pool" else 1
            for tier, nominal in nominal_by_tier(pool, team.quota[pool_name], unit).items():
                left[tier] -= nominal
    return {tier: max(0, size) for tier, size in left.items()}


def cohort_quota(environment: Environment) -> Mapping[str, Mapping[str, Mapping[str, int]]]:
    """Return the quota that each cohort holds as a whole: cohort -> pool -> tier -> GPUs (or CPUs).

    A pool that some cohort names under `quota` is shared just as they say. Of every other pool, what no team is
    promised (the on-demand and spot tiers, and what is left of the others) belongs to the root of the cohort tree
    whose teams use it.
    """
    held: dict[str, dict[str, Mapping[str, int]]] = {name: {} for name in environment.cohorts}
    for name, pool in environment.pools.items():
        named = {cohort: spec.quota[name] for cohort, spec in environment.cohorts.items() if name in spec.quota}
        for cohort, amount in named.items():
            held[cohort][name] = {pool.tiers[0].name: amount} if isinstance(amount, int) else amount
        root = roots(environment, name)
        if not named and len(root) == 1:
            held[root[0]][name] = unpromised(environment, name)
    return held
