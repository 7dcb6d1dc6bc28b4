"""Environment -> Kueue objects: flavors, cohorts, ClusterQueues, LocalQueues, priorities, the manager's settings.

One ClusterQueue per team. A namespace with a cap gets a ClusterQueue of its own, which can never give more than the
cap; it and the team's ClusterQueue then stand in a Cohort of the team, which carries the team's limits and weight.
(A ResourceQuota below what the queue may give would not cap anything: Kueue would admit jobs whose pods are refused.)
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from scheduling.kueue import provisioning
from scheduling.kueue.shares import FlavorQuota, Limits, flavor_name, resource_groups, taken_out, team_quotas
from tenancy import promise
from tenancy.canonical import written
from tenancy.environment import Cohort, Environment
from tenancy.finding import PathKey, Place
from tenancy.job_kinds import INTEGRATIONS, frameworks
from tenancy.kinds import KUEUE
from tenancy.manifests import TEAM_LABEL, Manifest, Origin, declared
from tenancy.names import joined
from tenancy.namespaces import MANAGED_BY, NAMESPACE_NAME, metadata, namespace_name, origin, team_labels
from tenancy.pool import Tier, node_labels
from tenancy.team import Team

API_VERSION = f"{KUEUE}/v1beta2"
LOCAL_QUEUE = "default"
CONFIGURATION_KEY = "controller_manager_config.yaml"
CONFIG_MAP = "kueue-manager-config"


def declare(environment: Environment) -> Iterator[Manifest]:
    """Yield the Kueue objects of *environment*; teams that schedule with Volcano get none."""
    yield from _flavors(environment)
    yield from provisioning.declare(environment)
    yield from _cohorts(environment)
    yield from _priorities(environment)
    yield _configuration(environment)
    for team in environment.teams.values():
        if team.scheduler == "kueue" and team.quota:
            yield from _team(environment, team)


def _object(kind: str, name: str, spec: Mapping[str, Any], labels: Mapping[str, str] = MANAGED_BY) -> dict[str, Any]:
    return {
        "apiVersion": API_VERSION,
        "kind": kind,
        "metadata": {"name": name, "labels": dict(labels)},
        "spec": {key: value for key, value in spec.items() if value is not None},
    }


def _flavors(environment: Environment) -> Iterator[Manifest]:
    for name, pool in environment.pools.items():
        for index, tier in enumerate(pool.tiers):
            spec = _nodes(name, tier)
            yield declared(
                _object("ResourceFlavor", flavor_name(name, tier), spec),
                origin(environment, "pools", name, "tiers", index),
            )
    for team in environment.teams.values():
        for name, tier, _ in promise.own_nodes(environment, team):
            spec = _nodes(name, tier, team)
            body = _object("ResourceFlavor", flavor_name(name, tier, team), spec, team_labels(team))
            yield declared(body, origin(environment, "teams", team.name, "quota", name))


def _nodes(pool: str, tier: Tier, team: Team | None = None) -> dict[str, Any]:
    """Return the spec of a flavor: the labels and taints of its nodes, and that its jobs tolerate them.

    Nodes of a team's own carry the oldest name it had: renaming the team leaves them where they are.
    """
    labels = node_labels(pool, tier)
    taints = [{"key": taint.key, "value": taint.value, "effect": taint.effect} for taint in tier.taints]
    if team:
        labels[TEAM_LABEL] = team.prefix
        taints.append({"key": TEAM_LABEL, "value": team.prefix, "effect": "NoSchedule"})
    tolerations = [{"operator": "Equal", **taint} for taint in taints]
    return {"nodeLabels": labels, "nodeTaints": taints or None, "tolerations": tolerations or None}


def _cohorts(environment: Environment) -> Iterator[Manifest]:
    held = promise.cohort_quota(environment)
    for name, cohort in environment.cohorts.items():
        quotas = _cohort_quotas(environment, cohort, held[name])
        spec = {
            "parentName": cohort.parent,
            "resourceGroups": resource_groups(environment.pools, quotas),
            "fairSharing": _fair_sharing(cohort.weight),
        }
        yield declared(_object("Cohort", name, spec), origin(environment, "cohorts", name))


def _cohort_quotas(environment: Environment, cohort: Cohort, held: Mapping[str, Limits]) -> list[FlavorQuota]:
    quotas = []
    for name, pool in environment.pools.items():
        for tier in pool.tiers:
            nominal = held.get(name, {}).get(tier.name, 0)
            borrow, lend = (_limit(limits.get(name), tier) for limits in (cohort.borrow, cohort.lend))
            if nominal or borrow is not None or lend is not None:
                quotas.append(FlavorQuota(flavor_name(name, tier), name, nominal, borrow, lend))
    return quotas


def _limit(amount: int | Limits | None, tier: Tier) -> int | None:
    return amount.get(tier.name) if isinstance(amount, Mapping) else amount


def _fair_sharing(weight: object) -> dict[str, Any] | None:
    return None if weight is None else {"weight": str(weight)}


def _team(environment: Environment, team: Team) -> Iterator[Manifest]:
    quotas = team_quotas(environment, team)
    capped = {key: namespace.cap for key, namespace in team.namespaces.items() if namespace.cap}
    rest, shares = taken_out(quotas, capped)
    parent = team.cohort if team.isolation != "node-pool" else None
    where = _team_origin(environment, team, rest)
    open_namespaces = [key for key in team.namespaces if key not in capped]
    if capped:
        limited = [
            FlavorQuota(quota.flavor, quota.pool, 0 if open_namespaces else own.nominal, quota.borrow, quota.lend)
            for quota, own in zip(quotas, rest, strict=True)
        ]
        yield declared(_team_cohort(environment, team, limited if parent else [], parent), where)
        rest = [replace(quota, borrow=None, lend=None) for quota in rest]
    cohort, weight = (team.prefix, None) if capped else (parent, team.queue.weight)
    if open_namespaces:
        spec = _queue(environment, team, rest, cohort, open_namespaces)
        yield declared(
            _object("ClusterQueue", team.prefix, {**spec, "fairSharing": _fair_sharing(weight)}, team_labels(team)),
            where,
        )
    for key, share in shares.items():
        spec = _queue(environment, team, share, cohort, [key])
        place = origin(environment, "teams", team.name, "namespaces", key, "cap")
        yield declared(_object("ClusterQueue", joined(team.prefix, key), spec, team_labels(team)), place)
    for key in team.namespaces:
        yield from _local_queue(environment, team, key, joined(team.prefix, key) if key in capped else team.prefix)


def _team_cohort(environment: Environment, team: Team, quotas: list[FlavorQuota], parent: str | None) -> dict[str, Any]:
    needed = [quota for quota in quotas if quota.nominal or quota.borrow is not None or quota.lend is not None]
    spec = {
        "parentName": parent,
        "resourceGroups": resource_groups(environment.pools, needed),
        "fairSharing": _fair_sharing(team.queue.weight),
    }
    return _object("Cohort", team.prefix, spec, team_labels(team))


def _queue(
    environment: Environment, team: Team, quotas: list[FlavorQuota], cohort: str | None, keys: list[str]
) -> dict[str, Any]:
    settings = team.queue
    borrowing = settings.borrow_within_cohort
    preemption = {
        "reclaimWithinCohort": settings.reclaim_within_cohort,
        "withinClusterQueue": settings.within_cluster_queue,
        **({"borrowWithinCohort": borrowing.document()} if borrowing else {}),
    }
    fungibility = settings.flavor_fungibility.model_dump(by_alias=True, exclude_none=True)
    names = sorted(namespace_name(team, key) for key in keys)
    return {
        "cohortName": cohort,
        "namespaceSelector": {"matchExpressions": [{"key": NAMESPACE_NAME, "operator": "In", "values": names}]},
        "queueingStrategy": settings.queueing_strategy,
        "preemption": preemption,
        "flavorFungibility": fungibility,
        "admissionChecksStrategy": provisioning.strategy(environment, quotas),
        "resourceGroups": resource_groups(environment.pools, quotas),
    }


def _team_origin(environment: Environment, team: Team, quotas: list[FlavorQuota]) -> Origin:
    source = ("teams", team.name, "quota")
    parts: dict[tuple[PathKey, ...], Place] = {
        ("spec", "resourceGroups", 0, "flavors", index): environment.place((*source, quota.pool))
        for index, quota in enumerate(quotas)
    }
    return Origin(environment.place(source), source, parts=parts)


def _local_queue(environment: Environment, team: Team, key: str, cluster_queue: str) -> Iterator[Manifest]:
    if any(INTEGRATIONS[kind].framework for kind in team.namespaces[key].accepts):
        body = {
            "apiVersion": API_VERSION,
            "kind": "LocalQueue",
            "metadata": metadata(team, LOCAL_QUEUE, namespace_name(team, key)),
            "spec": {"clusterQueue": cluster_queue},
        }
        yield declared(body, origin(environment, "teams", team.name, "namespaces", key))


def _priorities(environment: Environment) -> Iterator[Manifest]:
    for name, priority in environment.priorities.items():
        body: dict[str, Any] = {
            "apiVersion": API_VERSION,
            "kind": "WorkloadPriorityClass",
            "metadata": {"name": name, "labels": MANAGED_BY},
            "value": priority.value,
        }
        if priority.description:
            body["description"] = priority.description
        yield declared(body, origin(environment, "priorities", name))


def configuration(environment: Environment) -> dict[str, Any]:
    """Return the manager's Configuration: what the environment sets, and the frameworks of what teams accept."""
    accepted = {kind for team in environment.teams.values() for n in team.namespaces.values() for kind in n.accepts}
    settings = environment.kueue
    fields = {key: value for key, value in settings.document().items() if key not in {"version", "namespace"}}
    named = sorted({*frameworks(accepted), *settings.integrations.frameworks})
    return {
        "apiVersion": "config.kueue.x-k8s.io/v1beta2",
        "kind": "Configuration",
        **fields,
        "integrations": {**fields.get("integrations", {}), "frameworks": named},
    }


def _configuration(environment: Environment) -> Manifest:
    text = written(dict(sorted(configuration(environment).items())))
    name = {"name": CONFIG_MAP, "namespace": environment.kueue.namespace, "labels": MANAGED_BY}
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": name, "data": {CONFIGURATION_KEY: text}}
    return declared(body, origin(environment, "kueue"))
