"""Gangs become jobs: a batch Job for one task, a JobSet for several, a vcjob for teams that schedule with Volcano."""

from collections.abc import Iterator, Mapping
from typing import Any

from scheduling.kueue.declare import LOCAL_QUEUE
from tenancy import quantity
from tenancy.environment import Environment
from tenancy.gang import gang_kind
from tenancy.job_kinds import JobKind
from tenancy.kinds import JOBSET, KUEUE, VOLCANO_JOBS
from tenancy.manifests import Manifest, declared
from tenancy.names import LONGEST_LABEL, joined
from tenancy.namespaces import JOBS_ACCOUNT, metadata, namespace_name, origin
from tenancy.pool import Node, node_labels
from tenancy.priorities import priority_of
from tenancy.promise import allowed_tiers
from tenancy.team import Gang, GangTask, Team

Body = dict[str, Any]
LONGEST_NAME = 50
AROUND_NAME = len("--0--abcde")
"""What stands beside names and index in `<set>-<task>-0-<index>-abcde`, the longest name of a gang's pod."""


def declare(environment: Environment) -> Iterator[Manifest]:
    """Yield the job of every gang."""
    for team in environment.teams.values():
        for key, gang in team.gangs.items():
            body = _BODIES[gang_kind(team, gang)](environment, team, key, gang)
            yield declared(body, origin(environment, "teams", team.name, "gangs", key))


def _job(environment: Environment, team: Team, key: str, gang: Gang) -> Body:
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": _metadata(environment, team, key, gang),
        "spec": {**_job_spec(environment, team, gang, gang.tasks[0]), "suspend": True},
    }


def _job_set(environment: Environment, team: Team, key: str, gang: Gang) -> Body:
    jobs = [
        {"name": task.name, "replicas": 1, "template": {"spec": _job_spec(environment, team, gang, task)}}
        for task in gang.tasks
    ]
    return {
        "apiVersion": f"{JOBSET}/v1alpha2",
        "kind": "JobSet",
        "metadata": _metadata(environment, team, key, gang),
        "spec": {"suspend": True, "replicatedJobs": jobs},
    }


def _volcano_job(environment: Environment, team: Team, key: str, gang: Gang) -> Body:
    tasks = [
        {"name": task.name, "replicas": task.replicas, "template": _template(environment, team, gang, task)}
        for task in gang.tasks
    ]
    priority = priority_of(environment, team, gang)
    return {
        "apiVersion": f"{VOLCANO_JOBS}/v1alpha1",
        "kind": "Job",
        "metadata": metadata(team, _name(key, gang), namespace_name(team, gang.namespace)),
        "spec": {
            "schedulerName": "volcano",
            "queue": team.prefix,
            "minAvailable": sum(task.replicas for task in gang.tasks),
            **({"priorityClassName": priority} if priority else {}),
            "tasks": tasks,
        },
    }


_BODIES = {JobKind.JOB: _job, JobKind.JOB_SET: _job_set, JobKind.VOLCANO_JOB: _volcano_job}


def _name(key: str, gang: Gang) -> str:
    """Return the name of the gang's job, with room for those of its pods, which must be labels too."""
    longest = max(len(task.name) + len(str(task.replicas - 1)) for task in gang.tasks)
    return joined(key, longest=min(LONGEST_NAME, LONGEST_LABEL - longest - AROUND_NAME))


def _metadata(environment: Environment, team: Team, key: str, gang: Gang) -> Body:
    common = metadata(team, _name(key, gang), namespace_name(team, gang.namespace))
    priority = priority_of(environment, team, gang)
    queue = {f"{KUEUE}/queue-name": LOCAL_QUEUE, **({f"{KUEUE}/priority-class": priority} if priority else {})}
    return {**common, "labels": {**common["labels"], **queue}}


def _job_spec(environment: Environment, team: Team, gang: Gang, task: GangTask) -> Body:
    """All pods of a task run at once, each with an index of its own; they are not started again one by one."""
    return {
        "parallelism": task.replicas,
        "completions": task.replicas,
        "completionMode": "Indexed",
        "backoffLimit": 0,
        "template": _template(environment, team, gang, task),
    }


def _template(environment: Environment, team: Team, gang: Gang, task: GangTask) -> Body:
    resources = pod_resources(environment, team, gang, task)
    amounts = {name: quantity.written(name, amount) for name, amount in resources.items()}
    container: Body = {
        "name": task.name,
        "image": task.image or gang.image,
        "resources": {"requests": amounts, "limits": {k: v for k, v in amounts.items() if k != "cpu"}},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    if task.command:
        container["command"] = list(task.command)
    priority = priority_of(environment, team, gang)
    return {
        "spec": {
            "restartPolicy": "Never",
            "serviceAccountName": JOBS_ACCOUNT,
            "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            **({"priorityClassName": priority} if priority else {}),
            **on_pool(environment, gang.pool),
            **_tolerations(environment, team, gang),
            "containers": [container],
        }
    }


def on_pool(environment: Environment, pool: str | None) -> Body:
    """Keep pods to *pool* by what the labels of its tiers share, or tier by tier; for nothing without a pool."""
    if pool is None:
        return {}
    labels = [node_labels(pool, tier) for tier in environment.pools[pool].tiers]
    common = {key: value for key, value in labels[0].items() if all(tier.get(key) == value for tier in labels)}
    others = [
        node_labels(name, tier) for name, other in environment.pools.items() if name != pool for tier in other.tiers
    ]
    if common and not any(common.items() <= other.items() for other in others):
        return {"nodeSelector": common}
    terms = [
        {"matchExpressions": [{"key": key, "operator": "In", "values": [value]} for key, value in tier.items()]}
        for tier in labels
    ]
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    return {"affinity": {"nodeAffinity": required}}


def _tolerations(environment: Environment, team: Team, gang: Gang) -> Body:
    """Let pods onto the tainted tiers that the team may use; Kueue does that itself for the tier it admits to."""
    if team.scheduler == "kueue":
        return {}
    quotas = {name: quota for name, quota in team.quota.items() if gang.pool in (None, name)}
    tiers = [tier for name, quota in quotas.items() for tier in allowed_tiers(environment.pools[name], quota)]
    taints = dict.fromkeys(taint for tier in tiers for taint in tier.taints)
    tolerations = [
        {"key": taint.key, "operator": "Equal", "value": taint.value, "effect": taint.effect} for taint in taints
    ]
    return {"tolerations": tolerations} if tolerations else {}


def pod_resources(environment: Environment, team: Team, gang: Gang, task: GangTask) -> Mapping[str, int]:
    """Return what one pod of *task* requests, in Kueue's units: with GPUs, their share of a node's CPU and memory."""
    node = _node(environment, team, gang, task)
    if task.gpus and node:
        resources = node.resources(task.gpus)
    else:
        resources = {"cpu": quantity.milli(team.container.cpu), "memory": quantity.units(team.container.memory)}
    stated = {"cpu": task.cpu, "memory": task.memory}
    return {**resources, **{name: quantity.amount(name, value) for name, value in stated.items() if value is not None}}


def _node(environment: Environment, team: Team, gang: Gang, task: GangTask) -> Node | None:
    """Return the node shape the pod is meant for: that of the gang's pool, or of the first pool with enough GPUs."""
    names = [gang.pool] if gang.pool else [name for name in environment.pools if name in team.quota]
    nodes = [environment.pools[name].node for name in names]
    return next((node for node in nodes if node.gpus >= max(task.gpus, 1)), None)
