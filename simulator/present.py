"""A live cluster as it stands: running Workloads hold what Kueue gave them, the others wait in their queues.

How long anything runs on is not known, so nothing is said of when a Workload starts; why it waits, who holds what it
needs and what would start it now come from the engine in the state of the cluster.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from scheduling.kueue.jobs import pod_requests
from scheduling.kueue.objects import LocalQueueKey, Objects, read
from simulator.engines import KueueEngine
from simulator.past import Standing, State
from simulator.traces.fields import moment
from simulator.workload import BYTES, SCALE, PodSet, Workload
from tenancy.errors import MusterError
from tenancy.kinds import KUEUE
from tenancy.manifests import Manifest, Manifests

TEMPLATE = ("nodeSelector", "tolerations", "affinity")


class Held(NamedTuple):
    """What Kueue recorded of a Workload with quota: the flavors of each pod set by resource, its count, since when."""

    flavors: Mapping[str, Mapping[str, str]]
    counts: Mapping[str, int]
    since: int


@dataclass(frozen=True, slots=True)
class Present:
    """The Workloads of a cluster that have not finished, by creation; times are milliseconds since 1970.

    *held* tells what those with quota hold; *said* what Kueue itself says of those without, by their number.
    """

    objects: Objects
    workloads: tuple[Workload, ...]
    held: Mapping[int, Held]
    said: Mapping[int, str]
    now: int

    def at(self, number: int) -> tuple[KueueEngine, Standing]:
        """Return the engine in the state of the cluster, and where Workload *number* stands."""
        engine = KueueEngine(self.objects, self.workloads)
        for other, held in sorted(self.held.items(), key=lambda pair: (pair[1].since, pair[0])):
            engine.hold(other, held.flavors, held.counts, held.since)
        for other in range(len(self.workloads)):
            if other not in self.held:
                engine.arrive(other)
        if number in self.held:
            return engine, Standing(State.RUNNING, self.held[number].since)
        since = self.workloads[number].arrival
        if number in engine.gated:
            return engine, Standing(State.REFUSED, since)
        return engine, Standing(State.WAITING, since)


def present(manifests: Manifests) -> Present:
    """Return the Workloads of *manifests* as they stand; those whose LocalQueue leads nowhere are left out."""
    objects = read(manifests)
    found = sorted(_standing(manifests, objects), key=lambda pair: (pair[0].arrival, pair[0].name))
    held: dict[int, Held] = {}
    said: dict[int, str] = {}
    for number, (_, status) in enumerate(found):
        condition = _condition(status, "QuotaReserved")
        if condition.get("status") == "True":
            held[number] = _held(status, condition)
        elif condition.get("message"):
            said[number] = str(condition["message"])
    workloads = tuple(workload for workload, _ in found)
    now = max([*(held.since for held in held.values()), *(workload.arrival for workload in workloads)], default=0)
    return Present(objects, workloads, held, said, now)


def number_of(workloads: Sequence[Workload], job: str) -> int:
    """Return which of *workloads* is *job*, by namespace/name or the name alone; MusterError for none or several."""
    numbers = [n for n, workload in enumerate(workloads) if job in (workload.name, workload.name.partition("/")[2])]
    if len(numbers) == 1:
        return numbers[0]
    if not numbers:
        raise MusterError(f"the cluster has no Workload of a job {job} that waits or runs; write namespace/name")
    raise MusterError(f"{job} stands in several namespaces: {', '.join(workloads[n].name for n in numbers)}")


def _standing(manifests: Manifests, objects: Objects) -> Iterator[tuple[Workload, Mapping[str, Any]]]:
    for manifest in manifests.of_kind(KUEUE, "Workload"):
        status = manifest.body.get("status") or {}
        queue = objects.local_queues.get(LocalQueueKey(manifest.key.namespace, str(manifest.spec.get("queueName"))))
        finished = _condition(status, "Finished").get("status") == "True"
        if queue is not None and queue.cluster_queue in objects.cluster_queues and not finished:
            yield _workload(manifest, manifests.team(manifest)), status


def _workload(manifest: Manifest, team: str) -> Workload:
    metadata, spec = manifest.body["metadata"], manifest.spec
    owner = next((owner["name"] for owner in metadata.get("ownerReferences") or ()), metadata["name"])
    return Workload(
        f"{manifest.key.namespace}/{owner}",
        manifest.key.namespace,
        str(spec["queueName"]),
        moment(str(metadata["creationTimestamp"]), "creationTimestamp"),
        0,
        tuple(_pod_set(pods) for pods in spec.get("podSets") or ()),
        int(spec.get("priority") or 0),
        team,
    )


def _pod_set(pods: Mapping[str, Any]) -> PodSet:
    template = pods["template"]["spec"]
    requests = {
        name: amount if name == "cpu" or name in BYTES else amount * SCALE
        for name, amount in pod_requests(template).items()
    }
    kept = {key: template[key] for key in TEMPLATE if template.get(key)}
    topology = pods.get("topologyRequest")
    return PodSet(
        requests, int(pods.get("count", 1)), str(pods.get("name", "main")), pods.get("minCount"), kept, topology
    )


def _condition(status: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return next((c for c in status.get("conditions") or () if c.get("type") == name), {})


def _held(status: Mapping[str, Any], condition: Mapping[str, Any]) -> Held:
    assignments = (status.get("admission") or {}).get("podSetAssignments") or ()
    return Held(
        {str(part["name"]): part.get("flavors") or {} for part in assignments},
        {str(part["name"]): int(part["count"]) for part in assignments if "count" in part},
        moment(str(condition["lastTransitionTime"]), "lastTransitionTime"),
    )
