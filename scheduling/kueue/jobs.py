"""Jobs as manifests: the queue they name and the pods they are made of."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scheduling.kueue.objects import LocalQueueKey
from scheduling.kueue.workload import PodSet
from tenancy import quantity
from tenancy.kinds import JOBSET, KUEUE
from tenancy.manifests import Manifest, Manifests

QUEUE_NAME = f"{KUEUE}/queue-name"
PRIORITY_CLASS = f"{KUEUE}/priority-class"
PodTemplate = tuple[str, int, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class QueuedJob:
    """A job that names a queue: the *manifest*, the LocalQueue and its pod sets."""

    manifest: Manifest
    queue: LocalQueueKey
    pod_sets: tuple[PodSet, ...]


def queued_jobs(manifests: Manifests) -> Iterator[QueuedJob]:
    """Yield the jobs of kinds that we know which name a queue; ValueError never: amounts that are no quantity are 0."""
    for (group, kind), templates in TEMPLATES.items():
        for manifest in manifests.of_kind(group, kind):
            if name := manifest.labels.get(QUEUE_NAME):
                pod_sets = tuple(_pod_set(*template) for template in templates(manifest.spec))
                yield QueuedJob(manifest, LocalQueueKey(manifest.key.namespace, name), pod_sets)


def _job(spec: Mapping[str, Any]) -> Iterator[PodTemplate]:
    parallelism = _count(spec.get("parallelism"))
    completions = spec.get("completions")
    yield "main", min(parallelism, _count(completions)) if completions is not None else parallelism, _template(spec)


def _job_set(spec: Mapping[str, Any]) -> Iterator[PodTemplate]:
    for job in _list(spec.get("replicatedJobs")):
        inner = _mapping(_mapping(job.get("template")).get("spec"))
        for _, count, template in _job(inner):
            yield str(job.get("name", "main")), count * _count(job.get("replicas")), template


def _pod(spec: Mapping[str, Any]) -> Iterator[PodTemplate]:
    yield "main", 1, spec


def _deployment(spec: Mapping[str, Any]) -> Iterator[PodTemplate]:
    """Kueue queues each pod of a Deployment on its own."""
    yield "main", 1, _template(spec)


def _stateful_set(spec: Mapping[str, Any]) -> Iterator[PodTemplate]:
    yield "main", _count(spec.get("replicas")), _template(spec)


TEMPLATES: Mapping[tuple[str, str], Callable[[Mapping[str, Any]], Iterator[PodTemplate]]] = {
    ("batch", "Job"): _job,
    (JOBSET, "JobSet"): _job_set,
    ("", "Pod"): _pod,
    ("apps", "Deployment"): _deployment,
    ("apps", "StatefulSet"): _stateful_set,
}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _count(value: Any) -> int:
    """Return a replica count; 1 where none is given."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 1


def _template(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    return _mapping(_mapping(spec.get("template")).get("spec"))


def _pod_set(name: str, count: int, pod_spec: Mapping[str, Any]) -> PodSet:
    template = {key: pod_spec[key] for key in ("nodeSelector", "tolerations", "affinity") if pod_spec.get(key)}
    return PodSet(name, count, tuple(sorted(pod_requests(pod_spec).items())), template=template)


def pod_requests(pod_spec: Mapping[str, Any]) -> dict[str, int]:
    """Return what a pod requests, in the units of Kueue's quota.

    Containers and restartable init containers add up; another init container counts where it asks for more than
    what runs beside it. Limits stand for missing requests. Overhead is added.
    """
    total = _sum(_requests(container) for container in _list(pod_spec.get("containers")))
    sidecars: dict[str, int] = {}
    most: dict[str, int] = {}
    for container in _list(pod_spec.get("initContainers")):
        own = _requests(container)
        if container.get("restartPolicy") == "Always":
            sidecars = _sum([sidecars, own])
            own = sidecars
        else:
            own = _sum([sidecars, own])
        most = {name: max(most.get(name, 0), own.get(name, 0)) for name in {*most, *own}}
    total = _sum([total, sidecars])
    total = {name: max(total.get(name, 0), most.get(name, 0)) for name in {*total, *most}}
    return _sum([total, _amounts(pod_spec.get("overhead"))])


def _requests(container: Mapping[str, Any]) -> dict[str, int]:
    resources = _mapping(container.get("resources"))
    return {**_amounts(resources.get("limits")), **_amounts(resources.get("requests"))}


def _amounts(value: Any) -> dict[str, int]:
    found = {}
    for resource, amount in _mapping(value).items():
        try:
            found[str(resource)] = quantity.amount(str(resource), amount)
        except ValueError:
            found[str(resource)] = 0
    return found


def _sum(parts: Any) -> dict[str, int]:
    total: dict[str, int] = {}
    for part in parts:
        for name, amount in part.items():
            total[name] = total.get(name, 0) + amount
    return total
