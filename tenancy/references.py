"""What only the environment as a whole can tell: names that must exist, amounts that must fit together."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tenancy import promise, quantity
from tenancy.environment import Environment
from tenancy.finding import PathKey
from tenancy.job_kinds import JobKind
from tenancy.mistakes import did_you_mean
from tenancy.pool import Pool
from tenancy.team import Gang, Quota, Team

Mistake = tuple[tuple[PathKey, ...], str]


def unknown(kind: str, name: str, choices: Mapping[str, Any]) -> str:
    """Return the message for a *name* that is none of *choices*."""
    return f"there is no {kind} {name}{did_you_mean(name, choices)}"


def cohorts(environment: Environment) -> Iterator[Mistake]:
    """Every parent exists, and no cohort stands inside itself."""
    for name, cohort in environment.cohorts.items():
        if cohort.parent is not None and cohort.parent not in environment.cohorts:
            yield ("cohorts", name, "parent"), unknown("cohort", cohort.parent, environment.cohorts)
        for field in ("quota", "borrow", "lend"):
            for pool, amount in getattr(cohort, field).items():
                yield from _pool_and_tiers(environment, ("cohorts", name, field), pool, amount)
        if field_without_parent := [f for f in ("borrow", "lend") if getattr(cohort, f) and cohort.parent is None]:
            field = field_without_parent[0]
            yield ("cohorts", name, field), f"{field} needs a parent to {field} {'from' if field == 'borrow' else 'to'}"
    yield from _cycles(environment)


def _cycles(environment: Environment) -> Iterator[Mistake]:
    done: set[str] = set()
    for name in environment.cohorts:
        path: list[str] = []
        current: str | None = name
        while current in environment.cohorts and current not in done and current not in path:
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
        pool = environment.pools[name]
        for tier in amount:
            if tier not in {known.name for known in pool.tiers}:
                yield (*path, name, tier), unknown(f"tier of {name}", tier, {known.name: 0 for known in pool.tiers})


def priorities(environment: Environment) -> Iterator[Mistake]:
    """At most one priority is the default, and system- names are Kubernetes' own."""
    defaults = [name for name, priority in environment.priorities.items() if priority.default]
    for name in defaults[1:]:
        yield ("priorities", name, "default"), f"{defaults[0]} is the default already; keep one"
    for name in environment.priorities:
        if name.startswith("system-"):
            yield ("priorities", name), "names that begin with system- are reserved; choose another"


def team_settings(environment: Environment, team: Team) -> Iterator[Mistake]:
    """Cohort, priority and the sources of ingress exist; a cluster of one's own is shared with nobody."""
    if team.cohort is not None and team.cohort not in environment.cohorts:
        yield ("cohort",), unknown("cohort", team.cohort, environment.cohorts)
    if team.priority is not None and team.priority not in environment.priorities:
        yield ("priority",), unknown("priority", team.priority, environment.priorities)
    if team.isolation == "cluster" and len(environment.teams) > 1:
        others = ", ".join(sorted(set(environment.teams) - {team.name})[:3])
        yield (
            ("isolation",),
            f"a team with a cluster of its own must be alone in its environment; here is also {others}",
        )
    for name in team.metadata.renamed_from:
        if name in environment.teams:
            yield ("metadata", "renamedFrom"), f"{name} is a team of this environment; it cannot be an earlier name too"
    for name, ingress in team.network.ingress.items():
        other = environment.teams.get(ingress.team)
        if other is None and ingress.team not in environment.unreadable:
            yield ("network", "ingress", name, "team"), unknown("team", ingress.team, environment.teams)
        elif other and ingress.namespace is not None and ingress.namespace not in other.namespaces:
            message = unknown(f"namespace of {other.name}", ingress.namespace, other.namespaces)
            yield ("network", "ingress", name, "namespace"), message


def quotas(environment: Environment, team: Team) -> Iterator[Mistake]:
    """Pools and tiers exist, limits fit the nominal quota and the isolation."""
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
    size = pool.node.size
    amounts = {"": quota.nominal} if isinstance(quota.nominal, int) else dict(quota.nominal)
    for tier, nominal in amounts.items():
        if nominal % size:
            below = nominal // size * size
            near = f"{below} or {below + size}" if below else str(size)
            message = f"{nominal} is no whole number of nodes with {size} each; did you mean {near}?"
            yield (*path, "nominal", *([tier] if tier else [])), message


def namespaces(environment: Environment, team: Team) -> Iterator[Mistake]:
    """A cap is on a pool of the team."""
    for key, namespace in team.namespaces.items():
        for pool in namespace.cap:
            if pool not in environment.pools:
                yield ("namespaces", key, "cap", pool), unknown("pool", pool, environment.pools)
            elif pool not in team.quota:
                message = f"the team has no quota of {pool}; name one under quota or remove the cap"
                yield ("namespaces", key, "cap", pool), message


def gangs(environment: Environment, team: Team) -> Iterator[Mistake]:
    """A gang's namespace accepts it, and each of its pods fits a node."""
    for key, gang in team.gangs.items():
        path = ("gangs", key)
        if gang.namespace not in team.namespaces:
            yield (*path, "namespace"), unknown("namespace", gang.namespace, team.namespaces)
        elif (kind := gang_kind(team, gang)) not in team.namespaces[gang.namespace].accepts:
            yield (
                (*path, "namespace"),
                f"{gang.namespace} does not accept {kind}, which this gang becomes; add it there",
            )
        if gang.pool is not None and gang.pool not in team.quota:
            yield (*path, "pool"), unknown("pool with quota of this team", gang.pool, team.quota)
        if gang.priority is not None and gang.priority not in environment.priorities:
            yield (*path, "priority"), unknown("priority", gang.priority, environment.priorities)
        yield from _pods_fit(environment, team, gang, path)


def gang_kind(team: Team, gang: Gang) -> JobKind:
    """Return the kind of object a gang becomes."""
    if team.scheduler == "volcano":
        return JobKind.VOLCANO_JOB
    return JobKind.JOB if len(gang.tasks) == 1 else JobKind.JOB_SET


def _pods_fit(environment: Environment, team: Team, gang: Gang, path: tuple[PathKey, ...]) -> Iterator[Mistake]:
    names = [gang.pool] if gang.pool else list(team.quota)
    nodes = [environment.pools[name].node for name in names if name in environment.pools]
    for index, task in enumerate(gang.tasks):
        largest = max((node.gpus for node in nodes), default=0)
        if task.gpus > largest:
            message = f"no node of {', '.join(names) or 'the team'} has {task.gpus} GPUs; a pod gets at most {largest}"
            yield (*path, "tasks", index, "gpus"), message
        most = max((quantity.milli(node.cpu) for node in nodes), default=0)
        if nodes and task.cpu is not None and quantity.milli(task.cpu) > most:
            message = (
                f"no node of {', '.join(names)} has {task.cpu} CPUs; a pod gets at most {quantity.from_milli(most)}"
            )
            yield (*path, "tasks", index, "cpu"), message


def shared_pools(environment: Environment) -> Iterator[Mistake]:
    """What teams of several cohort trees share of one pool must be said."""
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
    quotas,
    namespaces,
    gangs,
)


def check(environment: Environment) -> Iterator[Mistake]:
    """Yield every mistake in *environment*, with its path from the environment's root."""
    found = [*cohorts(environment), *priorities(environment)]
    for team in environment.teams.values():
        for judge in TEAM_CHECKS:
            found += [(("teams", team.name, *path), message) for path, message in judge(environment, team)]
    yield from found or shared_pools(environment)
