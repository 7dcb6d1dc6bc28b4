"""What only the environment as a whole can tell: names that must exist, amounts that must fit together."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tenancy import gang, promise
from tenancy.environment import Environment
from tenancy.finding import PathKey
from tenancy.gang import Mistake
from tenancy.job_kinds import JobKind
from tenancy.mistakes import did_you_mean
from tenancy.namespaces import namespace_name
from tenancy.pool import MOST_LABELS, Pool
from tenancy.team import Quota, Team

VOLCANO_OWN_QUEUES = frozenset({"default", "root"})


def unknown(kind: str, name: str, choices: Mapping[str, Any]) -> str:
    """Return the message for a *name* that is none of *choices*."""
    return f"there is no {kind} {name}{did_you_mean(name, choices)}"


def cohorts(environment: Environment) -> Iterator[Mistake]:
    """Yield parents that do not exist, limits without a parent, and circles."""
    for name, cohort in environment.cohorts.items():
        if cohort.parent is not None and cohort.parent not in environment.cohorts:
            yield ("cohorts", name, "parent"), unknown("cohort", cohort.parent, environment.cohorts)
        for field in ("quota", "borrow", "lend"):
            for pool, amount in getattr(cohort, field).items():
                yield from _pool_and_tiers(environment, ("cohorts", name, field), pool, amount)
        for field, direction in (("borrow", "from"), ("lend", "to")):
            if getattr(cohort, field) and cohort.parent is None:
                yield ("cohorts", name, field), f"{field} needs a parent to {field} {direction}; name one, or remove it"
    yield from _cycles(environment)


def _cycles(environment: Environment) -> Iterator[Mistake]:
    done: set[str] = set()
    for name in environment.cohorts:
        path: list[str] = []
        current: str | None = name
        while current is not None and current in environment.cohorts and current not in {*done, *path}:
            path.append(current)
            current = environment.cohorts[current].parent
        if current in path:
            circle = [*path[path.index(current) :], current]
            yield ("cohorts", current, "parent"), f"the cohorts {' -> '.join(circle)} stand in a circle; break it"
        done.update(path)


def _pool_and_tiers(environment: Environment, path: tuple[PathKey, ...], name: str, amount: Any) -> Iterator[Mistake]:
    if name not in environment.pools:
        yield (*path, name), unknown("pool", name, environment.pools)
    elif isinstance(amount, Mapping):
        tiers = {tier.name: tier for tier in environment.pools[name].tiers}
        for tier in amount:
            if tier not in tiers:
                yield (*path, name, tier), unknown(f"tier of {name}", tier, tiers)


def priorities(environment: Environment) -> Iterator[Mistake]:
    """Yield a second default priority, and names that are Kubernetes' own."""
    defaults = [name for name, priority in environment.priorities.items() if priority.default]
    for name in defaults[1:]:
        yield ("priorities", name, "default"), f"{defaults[0]} is the default already; keep one"
    for name in environment.priorities:
        if name.startswith("system-"):
            yield ("priorities", name), "names that begin with system- are reserved; choose another"


def team_settings(environment: Environment, team: Team) -> Iterator[Mistake]:
    """Yield cohorts, priorities and sources of ingress that do not exist."""
    if team.cohort is not None and team.cohort not in environment.cohorts:
        hint = "" if environment.cohorts else "; declare it under cohorts, or write `cohort: null`"
        yield ("cohort",), unknown("cohort", team.cohort, environment.cohorts) + hint
    if team.priority is not None and team.priority not in environment.priorities:
        yield ("priority",), unknown("priority", team.priority, environment.priorities)
    for name, ingress in team.network.ingress.items():
        other = environment.teams.get(ingress.team)
        if other is None and ingress.team not in environment.unreadable:
            yield ("network", "ingress", name, "team"), unknown("team", ingress.team, environment.teams)
        elif other and ingress.namespace is not None and ingress.namespace not in other.namespaces:
            message = unknown(f"namespace of {other.name}", ingress.namespace, other.namespaces)
            yield ("network", "ingress", name, "namespace"), message


def identity(environment: Environment, team: Team) -> Iterator[Mistake]:
    """Yield names that are taken, and a cluster of one's own that is shared."""
    if team.isolation == "cluster" and len(environment.teams) > 1:
        others = ", ".join(sorted(set(environment.teams) - {team.name})[:3])
        message = f"a team with a cluster of its own must be alone in its environment; here also stands {others}"
        yield ("isolation",), message
    for name in team.metadata.renamed_from:
        if name in environment.teams:
            yield ("metadata", "renamedFrom"), f"{name} is a team of this environment; it cannot be an earlier name too"
    if team.scheduler == "volcano" and team.prefix in VOLCANO_OWN_QUEUES:
        yield ("metadata", "name"), f"{team.prefix} is a queue of Volcano itself; choose another name"


def volcano(environment: Environment, team: Team) -> Iterator[Mistake]:  # noqa: ARG001 - one of TEAM_CHECKS
    """Yield what Volcano cannot keep for its teams, and Volcano jobs of teams that have no queue there."""
    if team.scheduler == "volcano":
        if team.isolation == "node-pool":
            yield ("isolation",), "jobs of Volcano queues are not kept to nodes; node-pool needs scheduler: kueue"
        for key, namespace in team.namespaces.items():
            if namespace.cap:
                message = "a Volcano queue has no share for one namespace; cap needs scheduler: kueue"
                yield ("namespaces", key, "cap"), message
        return
    for key, namespace in team.namespaces.items():
        if JobKind.VOLCANO_JOB in namespace.accepts:
            message = "a VolcanoJob would run outside the team's quota; it needs scheduler: volcano"
            yield ("namespaces", key, "accepts", namespace.accepts.index(JobKind.VOLCANO_JOB)), message


def quotas(environment: Environment, team: Team) -> Iterator[Mistake]:
    """Yield pools and tiers that do not exist, and limits that do not fit the nominal quota or the isolation."""
    for name, quota in team.quota.items():
        path = ("quota", name)
        fields = {"nominal": quota.nominal, "borrow": quota.borrow, "lend": quota.lend}
        named = {**fields, "tiers": dict.fromkeys(quota.tiers or (), 0)}
        found = [mistake for field in named for mistake in _tiers(environment, path, name, field, named[field])]
        yield from found
        if not found:
            yield from _limits(team, quota, environment.pools[name], path)


def _tiers(
    environment: Environment, path: tuple[PathKey, ...], pool: str, field: str, amount: Any
) -> Iterator[Mistake]:
    for where, message in _pool_and_tiers(environment, path[:1], pool, amount):
        tier = where[2:]
        yield (*path, field, *tier) if tier else path, message


def _limits(team: Team, quota: Quota, pool: Pool, path: tuple[PathKey, ...]) -> Iterator[Mistake]:
    allowed = {tier.name for tier in promise.allowed_tiers(pool, quota)}
    if quota.total and not isinstance(quota.nominal, int) and not set(quota.nominal) <= allowed:
        left_out = ", ".join(sorted(set(quota.nominal) - allowed))
        yield (*path, "nominal"), f"lies on {left_out}, which tiers leaves out; add it there or move the quota"
    elif quota.total and not any(promise.nominal_by_tier(pool, quota).values()):
        promised = ", ".join(tier.name for tier in pool.promised)
        yield (*path, "tiers"), f"leaves out {promised}, where nominal quota lies; name one of them"
    if isinstance(quota.lend, int) and quota.lend > quota.total:
        yield (*path, "lend"), f"{quota.lend} is more than the nominal quota of {quota.total}; lend at most that"
    yield from _lend_by_tier(quota, pool, path)
    alone = "isolation: node-pool" if team.isolation == "node-pool" else "cohort: null" if not team.cohort else None
    for field in ("borrow", "lend"):
        if alone and getattr(quota, field) not in (None, 0):
            yield (*path, field), f"a team with {alone} neither borrows nor lends; remove it"
    if team.isolation == "node-pool":
        yield from _whole_nodes(quota, pool, path)


def _lend_by_tier(quota: Quota, pool: Pool, path: tuple[PathKey, ...]) -> Iterator[Mistake]:
    if isinstance(quota.lend, Mapping):
        nominal = promise.nominal_by_tier(pool, quota)
        for tier, lend in quota.lend.items():
            if lend > nominal.get(tier, 0):
                message = f"{lend} is more than the nominal quota of {nominal.get(tier, 0)} there; lend at most that"
                yield (*path, "lend", tier), message


def _whole_nodes(quota: Quota, pool: Pool, path: tuple[PathKey, ...]) -> Iterator[Mistake]:
    """Yield quota that is no whole number of nodes, and tiers whose flavor has no room for the team's own mark."""
    size = pool.node.size
    amounts = {"": quota.nominal} if isinstance(quota.nominal, int) else dict(quota.nominal)
    for tier, nominal in amounts.items():
        if nominal % size:
            below = nominal // size * size
            near = f"{below} or {below + size}" if below else str(size)
            message = f"{nominal} is no whole number of nodes with {size} each; did you mean {near}?"
            yield (*path, "nominal", *([tier] if tier else [])), message
    for name in promise.nominal_by_tier(pool, quota, size):
        for field in ("labels", "taints"):
            if len(getattr(pool.tier(name), field)) >= MOST_LABELS:
                message = f"tier {name} has {MOST_LABELS} {field}; nodes of a team's own need one more, remove one"
                yield path, message


def namespaces(environment: Environment, team: Team) -> Iterator[Mistake]:
    """Yield caps on pools that the team does not have, and names of namespaces that belong to the cluster."""
    system = {environment.kueue.namespace, environment.network.dns.namespace}
    for key, namespace in team.namespaces.items():
        name = namespace_name(team, key)
        if name in system or name.startswith("kube-"):
            yield ("namespaces", key), f"{name} is a namespace of the cluster itself; choose another name"
        for pool in namespace.cap:
            if pool not in environment.pools:
                yield ("namespaces", key, "cap", pool), unknown("pool", pool, environment.pools)
            elif pool not in team.quota:
                message = f"the team has no quota of {pool}; name one under quota or remove the cap"
                yield ("namespaces", key, "cap", pool), message


def shared_pools(environment: Environment) -> Iterator[Mistake]:
    """Yield pools of which teams of several cohort trees share what nobody says."""
    for name in environment.pools:
        roots = promise.roots(environment, name)
        named = any(name in cohort.quota for cohort in environment.cohorts.values())
        if len(roots) > 1 and not named and any(promise.unpromised(environment, name).values()):
            message = (
                f"is shared from {' and '.join(roots)}; say under cohorts.<name>.quota.{name} what each holds of it"
            )
            yield ("pools", name), message


TEAM_CHECKS: tuple[Callable[[Environment, Team], Iterator[Mistake]], ...] = (
    team_settings,
    identity,
    volcano,
    quotas,
    namespaces,
    gang.check,
)


def check(environment: Environment) -> Iterator[Mistake]:
    """Yield every mistake in *environment*, with its path from the environment's root."""
    found = [*cohorts(environment), *priorities(environment)]
    for team in environment.teams.values():
        for judge in TEAM_CHECKS:
            found += [(("teams", team.name, *path), message) for path, message in judge(environment, team)]
    yield from found or shared_pools(environment)
