"""Namespaces with their quotas, limits and service accounts."""

from collections.abc import Iterator, Mapping
from typing import Any

from tenancy import quantity
from tenancy.environment import Environment
from tenancy.finding import PathKey
from tenancy.manifests import TEAM_LABEL, Manifest, Origin, declared
from tenancy.names import joined
from tenancy.team import Namespace, Team

MANAGED_BY = {"app.kubernetes.io/managed-by": "muster"}
NAMESPACE_NAME = "kubernetes.io/metadata.name"
POD_SECURITY = "pod-security.kubernetes.io"
BY_TYPE = frozenset({"services.loadbalancers", "services.nodeports"})
JOBS_ACCOUNT = "jobs"


def namespace_name(team: Team, key: str) -> str:
    """Return the name in the cluster of the team's namespace *key*."""
    return team.namespaces[key].name or joined(team.prefix, key)


def team_labels(team: Team) -> dict[str, str]:
    """Return the labels of everything that belongs to *team*."""
    return {**MANAGED_BY, TEAM_LABEL: team.name}


def metadata(team: Team, name: str, namespace: str | None = None) -> dict[str, Any]:
    """Return the metadata of an object of *team*."""
    return {"name": name, **({"namespace": namespace} if namespace else {}), "labels": team_labels(team)}


def origin(environment: Environment, *source: PathKey) -> Origin:
    """Return the origin of an object that is made of the Environment value at *source*."""
    return Origin(environment.place(source), source)


def declare(environment: Environment) -> Iterator[Manifest]:
    """Yield for each namespace of each team the Namespace, ResourceQuota, LimitRange and ServiceAccount."""
    for team in environment.teams.values():
        for key, namespace in team.namespaces.items():
            where = origin(environment, "teams", team.name, "namespaces", key)
            name = namespace_name(team, key)
            yield declared(_namespace(environment, team, namespace, name), where)
            hard = hard_limits(environment, team, namespace)
            quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata(team, "tenancy", name)}
            yield declared({**quota, "spec": {"hard": hard}}, where)
            if "requests.cpu" in hard or "requests.memory" in hard:
                yield declared(_limit_range(team, name), where)
            account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata(team, JOBS_ACCOUNT, name)}
            yield declared({**account, "automountServiceAccountToken": False}, where)


def _namespace(environment: Environment, team: Team, namespace: Namespace, name: str) -> dict[str, Any]:
    labels = {**team_labels(team), "muster/environment": environment.name}
    for mode in ("enforce", "audit", "warn"):
        labels[f"{POD_SECURITY}/{mode}"] = namespace.pod_security or team.pod_security
        labels[f"{POD_SECURITY}/{mode}-version"] = f"v{environment.kubernetes}"
    if team.cost_center:
        labels["muster/cost-center"] = team.cost_center
    annotations = {"muster/owners": ",".join(team.owners)}
    optional = {"muster/contact": team.contact, "muster/title": team.metadata.title}
    annotations |= {key: value for key, value in optional.items() if value}
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": name, "labels": labels, "annotations": annotations},
    }


def hard_limits(environment: Environment, team: Team, namespace: Namespace) -> dict[str, str]:
    """Return the hard limits of the namespace's ResourceQuota.

    Kueue does not look at ResourceQuotas: where one is below what the queue may give, jobs are admitted whose pods
    the API server then refuses, and their quota stays held. So a device is limited only where the queue cannot give
    more: where every pool of the team that has it is capped here, or where the team has no pool that has it.
    """
    hard = {key if key in BY_TYPE else f"count/{key}": str(count) for key, count in team.counts.items()}
    for resource, most in sorted(capped(environment, team, namespace).items()):
        hard[f"requests.{resource}"] = quantity.written(resource, most)
    return hard


def capped(environment: Environment, team: Team, namespace: Namespace) -> dict[str, int]:
    """Return the resources of which the namespace can never get more than a known amount, in Kueue's units."""
    devices = {device for pool in environment.pools.values() if (device := pool.node.device)}
    most = dict.fromkeys(devices, 0)
    unlimited = set()
    for name in team.quota:
        node = environment.pools[name].node
        carried = node.resources(namespace.cap.get(name, 0))
        if name not in namespace.cap:
            unlimited |= set(carried)
        for resource, amount in carried.items():
            most[resource] = most.get(resource, 0) + amount
    return {resource: amount for resource, amount in most.items() if resource not in unlimited}


def _limit_range(team: Team, namespace: str) -> dict[str, Any]:
    """Give containers the requests that a CPU or memory quota demands of them.

    Defaults are requests only: a default limit below a container's own request would make its pod invalid.
    """
    requests: Mapping[str, Any] = {"cpu": team.container.cpu, "memory": team.container.memory}
    return {
        "apiVersion": "v1",
        "kind": "LimitRange",
        "metadata": metadata(team, "tenancy", namespace),
        "spec": {"limits": [{"type": "Container", "defaultRequest": requests}]},
    }
