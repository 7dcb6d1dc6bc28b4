"""What a gang becomes, and what keeps it from ever starting."""

from collections.abc import Iterator

from tenancy import quantity
from tenancy.environment import Environment
from tenancy.finding import PathKey
from tenancy.job_kinds import JobKind
from tenancy.mistakes import did_you_mean
from tenancy.pool import Node
from tenancy.team import Gang, GangTask, Team

Mistake = tuple[tuple[PathKey, ...], str]


def gang_kind(team: Team, gang: Gang) -> JobKind:
    """Return the kind of object a gang becomes."""
    if team.scheduler == "volcano":
        return JobKind.VOLCANO_JOB
    return JobKind.JOB if len(gang.tasks) == 1 else JobKind.JOB_SET


def check(environment: Environment, team: Team) -> Iterator[Mistake]:
    """Yield where a gang names what does not exist, where its namespace refuses it, and where no node holds a pod."""
    for key, gang in team.gangs.items():
        path = ("gangs", key)
        yield from _namespace_accepts(team, gang, path)
        if not team.quota:
            yield path, "the team has no quota to run it with; name a pool under quota"
        elif gang.pool is not None and gang.pool not in team.quota:
            hint = did_you_mean(gang.pool, team.quota)
            yield (*path, "pool"), f"there is no quota of {gang.pool} in this team{hint}"
        else:
            yield from _pods_fit(environment, team, gang, path)
        if gang.priority is not None and gang.priority not in environment.priorities:
            hint = did_you_mean(gang.priority, environment.priorities)
            yield (*path, "priority"), f"there is no priority {gang.priority}{hint}"


def _namespace_accepts(team: Team, gang: Gang, path: tuple[PathKey, ...]) -> Iterator[Mistake]:
    if gang.namespace not in team.namespaces:
        hint = did_you_mean(gang.namespace, team.namespaces)
        yield (*path, "namespace"), f"there is no namespace {gang.namespace}{hint}"
    elif (kind := gang_kind(team, gang)) not in team.namespaces[gang.namespace].accepts:
        message = f"{gang.namespace} does not accept {kind}, which this gang becomes; add it to accepts there"
        yield (*path, "namespace"), message


def _pods_fit(environment: Environment, team: Team, gang: Gang, path: tuple[PathKey, ...]) -> Iterator[Mistake]:
    names = [gang.pool] if gang.pool else list(team.quota)
    nodes = [environment.pools[name].node for name in names if name in environment.pools]
    for index, task in enumerate(gang.tasks):
        for field, wanted, most in _too_much(task, nodes):
            message = f"no node of {', '.join(names)} has {wanted}; a pod gets at most {most}"
            yield (*path, "tasks", index, field), message


def _too_much(task: GangTask, nodes: list[Node]) -> Iterator[tuple[str, str, str]]:
    """Yield field, wanted amount and largest amount of what no node of *nodes* offers to a pod of *task*."""
    if not nodes:
        return
    gpus = max(node.gpus for node in nodes)
    if task.gpus > gpus:
        yield "gpus", f"{task.gpus} GPUs", str(gpus)
    for field, unit in (("cpu", "CPUs"), ("memory", "of memory")):
        wanted = getattr(task, field)
        most = max(quantity.amount(field, getattr(node, field)) for node in nodes)
        if wanted is not None and quantity.amount(field, wanted) > most:
            yield field, f"{wanted} {unit}", quantity.written(field, most)
