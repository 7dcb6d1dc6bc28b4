"""What each queue of a team holds of each flavor."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from tenancy import promise
from tenancy.environment import Environment
from tenancy.names import joined
from tenancy.pool import Pool, Tier
from tenancy.quantity import written
from tenancy.team import Team

Limits = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class FlavorQuota:
    """Quota of one flavor in GPUs (or CPUs) of its pool; None means no limit."""

    flavor: str
    pool: str
    nominal: int
    borrow: int | None = None
    lend: int | None = None


def flavor_name(pool: str, tier: Tier, team: Team | None = None) -> str:
    """Return the name of the ResourceFlavor of a tier, or of the nodes that *team* has of it to itself."""
    return joined(pool, tier.name, *([team.prefix] if team else []))


def flavor_pools(environment: Environment) -> dict[str, str]:
    """Return the pool of each flavor of *environment*."""
    shared = {flavor_name(name, tier): name for name, pool in environment.pools.items() for tier in pool.tiers}
    own = {
        flavor_name(name, tier, team): name
        for team in environment.teams.values()
        for name, tier, _ in promise.own_nodes(environment, team)
    }
    return {**shared, **own}


def resource_groups(pools: Mapping[str, Pool], quotas: list[FlavorQuota]) -> list[dict[str, Any]] | None:
    """Return one resource group that holds *quotas*, so that each job finds GPUs and their CPUs in one flavor."""
    if not quotas:
        return None
    devices = sorted({device for quota in quotas if (device := pools[quota.pool].node.device)})
    covered = ["cpu", "memory", *devices]
    flavors = [
        {"name": quota.flavor, "resources": [_resource(resource, pools[quota.pool], quota) for resource in covered]}
        for quota in quotas
    ]
    return [{"coveredResources": covered, "flavors": flavors}]


def _resource(resource: str, pool: Pool, quota: FlavorQuota) -> dict[str, str]:
    limits = {"nominalQuota": quota.nominal, "borrowingLimit": quota.borrow, "lendingLimit": quota.lend}
    return {
        "name": resource,
        **{
            field: written(resource, pool.node.resources(size).get(resource, 0))
            for field, size in limits.items()
            if size is not None
        },
    }


def team_quotas(environment: Environment, team: Team) -> list[FlavorQuota]:
    """Return the team's quota in the order in which its jobs try flavors: pools as the environment lists them."""
    if team.isolation == "node-pool":
        return [
            FlavorQuota(flavor_name(pool, tier, team), pool, size)
            for pool, tier, size in promise.own_nodes(environment, team)
        ]
    return [
        FlavorQuota(flavor_name(name, quota.tier), name, quota.nominal, *_limits(team, quota))
        for name, pool in environment.pools.items()
        if name in team.quota
        for quota in promise.tier_quotas(pool, team.quota[name])
        if team.cohort or quota.nominal
    ]


def _limits(team: Team, quota: promise.TierQuota) -> tuple[int | None, int | None]:
    """Return borrow and lend; without a cohort there are none, and nothing is lent of a nominal quota of 0."""
    if not team.cohort:
        return None, None
    return quota.borrow, quota.lend if quota.nominal else None


def taken_out(
    quotas: list[FlavorQuota], capped: Mapping[str, Limits]
) -> tuple[list[FlavorQuota], dict[str, list[FlavorQuota]]]:
    """Take the caps out of the team's quota: what remains, and the quota of each capped namespace.

    A cap lies on the team's nominal quota, tier by tier in the order in which jobs try them; what it exceeds that
    may be borrowed on the first tier. Pools without a cap are open to the namespace as far as the team has them.
    """
    left = {quota.flavor: quota.nominal for quota in quotas}
    shares: dict[str, list[FlavorQuota]] = {}
    for key, caps in capped.items():
        shares[key] = []
        room = dict(caps)
        for quota in quotas:
            if quota.pool not in caps:
                shares[key].append(FlavorQuota(quota.flavor, quota.pool, 0))
            elif taken := min(left[quota.flavor], room[quota.pool]):
                shares[key].append(FlavorQuota(quota.flavor, quota.pool, taken, 0))
                left[quota.flavor] -= taken
                room[quota.pool] -= taken
        shares[key] = _borrowing_the_rest(quotas, shares[key], room)
    return [replace(quota, nominal=left[quota.flavor]) for quota in quotas], shares


def _borrowing_the_rest(quotas: list[FlavorQuota], share: list[FlavorQuota], room: Limits) -> list[FlavorQuota]:
    by_flavor = {quota.flavor: quota for quota in share}
    for pool, size in room.items():
        first = next((quota for quota in quotas if quota.pool == pool), None)
        if size and first:
            taken = by_flavor.get(first.flavor, FlavorQuota(first.flavor, pool, 0)).nominal
            by_flavor[first.flavor] = FlavorQuota(first.flavor, pool, taken, size)
    return [by_flavor[quota.flavor] for quota in quotas if quota.flavor in by_flavor]
