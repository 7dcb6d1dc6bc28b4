"""Small worlds for tests: queues from one line each, workloads from another."""

from collections.abc import Mapping, Sequence
from typing import Any

from scheduling.kueue.api import ClusterQueueSpec, CohortSpec, LocalQueueSpec
from scheduling.kueue.api_flavors import ResourceFlavorSpec
from scheduling.kueue.cluster import Cluster
from scheduling.kueue.lifecycle import Lifecycle
from scheduling.kueue.objects import LocalQueueKey, Objects
from scheduling.kueue.queues import NO_LOCAL_QUEUE
from scheduling.kueue.scheduler import Decision, Evicted, Preempted, Scheduler
from scheduling.kueue.workload import Info, PodSet
from tenancy.kueue_configuration import Configuration

GPU = "nvidia.com/gpu"


def queue(quotas: Mapping[str, int | Mapping[str, Any]], **spec: Any) -> ClusterQueueSpec:
    """Return a ClusterQueue with one resource group: flavor -> nominal GPUs, or the whole ResourceQuota."""
    flavors = [
        {"name": flavor, "resources": [{"name": GPU, **({"nominalQuota": q} if isinstance(q, int) else q)}]}
        for flavor, q in quotas.items()
    ]
    return ClusterQueueSpec.model_validate(
        {"namespaceSelector": {}, "resourceGroups": [{"coveredResources": [GPU], "flavors": flavors}], **spec}
    )


def cluster(
    queues: Mapping[str, ClusterQueueSpec],
    cohorts: Mapping[str, Mapping[str, Any]] | None = None,
    fair: Sequence[str] | None = None,
    flavors: Mapping[str, Mapping[str, Any]] | None = None,
    local_queues: Mapping[LocalQueueKey, Mapping[str, Any]] | None = None,
    **configuration: Any,
) -> Cluster:
    """Return a cluster; flavors that queues name exist without labels unless *flavors* says more."""
    names = {flavor.name for spec in queues.values() for group in spec.resource_groups for flavor in group.flavors}
    settings: dict[str, Any] = {"apiVersion": "config.kueue.x-k8s.io/v1beta2", "kind": "Configuration", **configuration}
    if fair is not None:
        settings["fairSharing"] = {"preemptionStrategies": tuple(fair)}
    return Cluster(
        Objects(
            queues,
            {name: CohortSpec.model_validate(spec) for name, spec in (cohorts or {}).items()},
            {key: LocalQueueSpec.model_validate(spec) for key, spec in (local_queues or {}).items()},
            flavors={name: ResourceFlavorSpec.model_validate((flavors or {}).get(name, {})) for name in sorted(names)},
            configuration=Configuration.model_validate(settings),
        )
    )


class Bench:
    """A scheduler under test: submit by name, settle, and read what happened as short words."""

    def __init__(self, cluster_: Cluster, **lifecycle: Any) -> None:
        self.scheduler = Scheduler(cluster_, Lifecycle(cluster_.objects, **lifecycle))
        self.infos: dict[str, Info] = {}
        self.now = 0

    def submit(
        self,
        name: str,
        to: str,
        gpus: int = 1,
        priority: int = 0,
        pods: int = 1,
        local_queue: LocalQueueKey = NO_LOCAL_QUEUE,
        **pod_set: Any,
    ) -> None:
        """Let *pods* pods with *gpus* GPUs each arrive in queue *to*, one millisecond after what came before."""
        self.now += 1
        shape = (PodSet("main", pods, ((GPU, gpus),), **pod_set),)
        target = self.scheduler.cluster.queues[to]
        info = Info(len(self.infos), name, self.now, target.shape(priority, shape, repr(shape), local_queue))
        self.infos[name] = info
        self.scheduler.arrive(info)

    def finish(self, *names: str) -> None:
        """Let workloads end."""
        self.now += 1
        self.scheduler.finish([self.infos[name] for name in names], self.now)

    def settle(self) -> list[str]:
        """Return the decisions of this instant: `+name flavor`, `-name by reason`, `!name reason` (`!!`: for ever)."""
        return [_word(decision) for decision in self.scheduler.settle(self.now)]

    def until(self, last: int) -> list[str]:
        """Return what happens by itself up to *last*, each with its instant."""
        words = []
        while (at := self.scheduler.next_at) is not None and at <= last:
            self.now = at
            words += [f"{at} {word}" for word in self.settle()]
        self.now = last
        return words

    def run(self, *jobs: tuple[Any, ...], **options: Any) -> list[str]:
        """Submit one job after the other, settling after each."""
        words = []
        for job in jobs:
            self.submit(*job, **options)
            words += self.settle()
        return words


def _word(decision: Decision) -> str:
    name = decision.info.name
    if isinstance(decision, Evicted):
        return f"{'!!' if decision.gone else '!'}{name} {decision.reason}"
    if isinstance(decision, Preempted):
        return f"-{name} {decision.by.name} {decision.target.reason}"
    flavors = {flavor for _, by_resource in decision.assignment.flavors() for flavor in by_resource.values()}
    counts = decision.assignment.plan.counts
    fewer = f" x{counts[0]}" if counts != decision.info.shape.full_counts else ""
    return f"+{name} {'/'.join(sorted(flavors))}{fewer}"
