"""Environment -> Volcano queues for the teams that schedule with Volcano."""

from collections.abc import Iterator
from typing import Any

from tenancy import promise, quantity
from tenancy.environment import Environment
from tenancy.kinds import VOLCANO_QUEUES
from tenancy.manifests import Manifest, declared
from tenancy.namespaces import origin, team_labels
from tenancy.pool import Pool
from tenancy.promise import TierQuota
from tenancy.team import Team

Resources = dict[str, str]


def declare(environment: Environment) -> Iterator[Manifest]:
    """Yield a Queue for each team that schedules with Volcano.

    `deserved` is its nominal quota; `capability`, what it can ever use, adds what it may borrow (without a limit,
    the whole of the tiers it may use).
    """
    for team in environment.teams.values():
        if team.scheduler == "volcano" and team.quota:
            body = {
                "apiVersion": f"{VOLCANO_QUEUES}/v1beta1",
                "kind": "Queue",
                "metadata": {"name": team.prefix, "labels": team_labels(team)},
                "spec": _spec(environment, team),
            }
            yield declared(body, origin(environment, "teams", team.name, "quota"))


def _spec(environment: Environment, team: Team) -> dict[str, Any]:
    deserved: dict[str, int] = {}
    capability: dict[str, int] = {}
    for name, quota in team.quota.items():
        pool = environment.pools[name]
        tiers = promise.tier_quotas(pool, quota)
        _add(deserved, pool.node.resources(quota.total))
        most = sum(_most(pool, tier, shares=team.cohort is not None) for tier in tiers)
        _add(capability, pool.node.resources(most))
    weight = (
        {"weight": max(1, round(float(quantity.quantity(team.queue.weight))))} if team.queue.weight is not None else {}
    )
    return {"deserved": _written(deserved), "capability": _written(capability), "reclaimable": True, **weight}


def _most(pool: Pool, tier: TierQuota, *, shares: bool) -> int:
    """Return what a team can ever use of *tier*: never below its nominal quota, which Volcano would refuse."""
    size = pool.size(tier.tier)
    wanted = size if tier.borrow is None and shares else tier.nominal + (tier.borrow or 0)
    return max(tier.nominal, min(size, wanted))


def _add(total: dict[str, int], part: dict[str, int]) -> None:
    for resource, amount in part.items():
        total[resource] = total.get(resource, 0) + amount


def _written(resources: dict[str, int]) -> Resources:
    return {resource: quantity.written(resource, amount) for resource, amount in sorted(resources.items())}
