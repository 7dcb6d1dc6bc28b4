"""The engines: Kueue, and the baselines that quotas are compared with."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from fractions import Fraction

from scheduling.kueue.activity import Gate, gates
from scheduling.kueue.assignment import Assignment, recorded
from scheduling.kueue.batched import BatchedScheduler
from scheduling.kueue.charges import Charges
from scheduling.kueue.cluster import Cluster
from scheduling.kueue.lifecycle import IMMEDIATE, Lifecycle, Startup
from scheduling.kueue.objects import LocalQueueKey, Objects
from scheduling.kueue.queues import Queue, pending
from scheduling.kueue.reasons import why_pending
from scheduling.kueue.scheduler import Admitted, Evicted, Scheduler
from scheduling.kueue.shape import Shape
from scheduling.kueue.topology import Values
from scheduling.kueue.workload import FROM_THE_FIRST, Info, PodSet
from simulator import baselines
from simulator import workload as simulated
from simulator.clock import Placed, Started, Stopped
from simulator.latency import Latency, Requests
from simulator.ledger import Amounts
from simulator.workload import BYTES, SCALE, Workload
from tenancy.errors import MusterError

MILLI = frozenset({"cpu"})


def kueue_units(resource: str, amount: int) -> int:
    """Turn an amount of a Workload into Kueue's units: devices are whole, rounded up.

    >>> kueue_units("nvidia.com/gpu", 460), kueue_units("cpu", 1500)
    (1, 1500)
    """
    return amount if resource in BYTES or resource in MILLI else -(-amount // SCALE)


def exact(resource: str, amount: int) -> Fraction:
    """Return an amount of a Workload as the quantity that a pod would request.

    >>> exact("cpu", 1500), exact("memory", 1024)
    (Fraction(3, 2), Fraction(1024, 1))
    """
    return Fraction(amount) if resource in BYTES else Fraction(amount, SCALE)


def ledger_amount(resource: str, amount: int) -> int:
    """Turn an amount in Kueue's units into that of a Workload and of the ledger."""
    return amount if resource in BYTES or resource in MILLI else amount * SCALE


class KueueEngine:
    """Replays workloads through Kueue's decisions on the queues of a world."""

    def __init__(
        self,
        objects: Objects,
        workloads: Sequence[Workload],
        by_priority: bool = True,
        startups: Mapping[str, Startup] | None = None,
        break_loops: bool = True,
        latency: Latency | None = None,
    ) -> None:
        """Put every workload into its class; MusterError where one names a LocalQueue that does not exist.

        Without *by_priority* all are equally important. *startups* say what happens before workloads run, by flavor.
        Without *break_loops* preemption loops never end. Without *latency* the manager takes no time.
        """
        self.by_priority = by_priority
        self.cluster = Cluster(objects)
        limits = {number: w.time_limit for number, w in enumerate(workloads) if w.time_limit is not None}
        lifecycle = Lifecycle(objects, startups or {}, limits)
        self.requests = None if latency is None else Requests(latency)
        self.scheduler = (
            Scheduler(self.cluster, lifecycle, break_loops)
            if latency is None
            else BatchedScheduler(self.cluster, lifecycle, break_loops, latency.batch)
        )
        self.charges = Charges(objects.configuration.resources if objects.configuration else None)
        self.pod_sets: dict[tuple[object, ...], tuple[PodSet, ...]] = {}
        self.infos = [self._info(number, workload) for number, workload in enumerate(workloads)]
        self.placements: dict[Assignment, tuple[Placed, ...]] = {}
        closed = gates(objects)
        self.gated: dict[int, Gate] = {
            number: gate
            for number, workload in enumerate(workloads)
            if (gate := closed.get(LocalQueueKey(workload.namespace, workload.queue)))
        }

    def _info(self, number: int, workload: Workload) -> Info:
        return Info(number, workload.name, workload.arrival, self._shape(workload))

    def _shape(self, workload: Workload) -> Shape:
        queue = self._queue(workload)
        key = tuple(
            (p.name, p.count, p.min_count, tuple(p.requests.items()), repr(p.template), repr(p.topology))
            for p in workload.pod_sets
        )
        pod_sets = self.pod_sets.get(key)
        if pod_sets is None:
            pod_sets = self.pod_sets[key] = tuple(self._pod_set(p) for p in workload.pod_sets)
        priority = workload.priority if self.by_priority else 0
        return queue.shape(priority, pod_sets, key, LocalQueueKey(workload.namespace, workload.queue))

    def _pod_set(self, pod_set: simulated.PodSet) -> PodSet:
        """Return a pod set as Kueue charges it; places in a topology are found for what its pods themselves request."""
        own = {name: exact(name, amount) for name, amount in sorted(pod_set.requests.items())}
        requests = tuple((name, kueue_units(name, amount)) for name, amount in sorted(pod_set.requests.items()))
        return PodSet(
            pod_set.name,
            pod_set.count,
            self.charges.charged(own) if self.charges.any else requests,
            pod_set.min_count,
            pod_set.template,
            pod_set.topology,
            requests,
        )

    def _queue(self, workload: Workload) -> Queue:
        local = self.cluster.objects.local_queues.get(LocalQueueKey(workload.namespace, workload.queue))
        if local is None or local.cluster_queue not in self.cluster.queues:
            where = f"{workload.namespace}/{workload.queue}"
            raise MusterError(f"workload {workload.name} names LocalQueue {where}, which leads to no ClusterQueue")
        return self.cluster.queues[local.cluster_queue]

    @property
    def next_at(self) -> int | None:
        """Return when a check, a timeout or a back-off is due."""
        return self.scheduler.next_at

    def arrive(self, workload: int) -> None:
        """Let a workload wait in its queue, if that is open."""
        if workload not in self.gated:
            self.scheduler.arrive(self.infos[workload])

    def hold(
        self, workload: int, flavors: Mapping[str, Mapping[str, str]], counts: Mapping[str, int], since: int
    ) -> None:
        """Give a workload the *flavors* of each pod set's resources, by name, *since* that instant, whatever is free.

        What it holds in a flavor that its queue does not have is not counted.
        """
        info = self.infos[workload]
        pod_sets = info.shape.pod_sets
        plan = info.shape.plan(tuple(counts.get(pods.name, pods.count) for pods in pod_sets))
        self.scheduler.hold(info, recorded(plan, [flavors.get(pods.name, {}) for pods in pod_sets]), since)

    def fork(self) -> "KueueEngine":
        """Return an engine in the same state, which goes on by itself."""
        return deepcopy(self, {id(shared): shared for shared in self._shared()})

    def _shared(self) -> Iterator[object]:
        """Yield what two engines may share: what never changes, and outcomes that depend on nothing else."""
        yield from (FROM_THE_FIRST, self.cluster.objects, self.charges, self.pod_sets, self.placements)
        for queue in self.cluster.queues.values():
            offer = queue.offer
            yield from (queue.spec, offer.resource_groups, offer.flavors, offer.indices)
            for key, shape in queue.shapes.items():
                yield from (key, shape.pod_sets, shape.plans, shape.choices)
        waiting = {info.uid for queue in self.cluster.queues.values() for info in pending(queue)}
        for info in self.infos:
            if info.assignment is None and info.uid not in waiting:
                yield info
            elif info.assignment is not None and not info.assignment.topology_usage:
                yield info.assignment

    def change(self, number: int, workload: Workload) -> None:
        """Let a workload that waits ask for what *workload* asks for, with its priority."""
        self.scheduler.change(self.infos[number], self._shape(workload))

    def finish(self, workloads: Sequence[int], now: int) -> None:
        """Let running workloads end."""
        self.scheduler.finish([self.infos[number] for number in workloads], now)

    def settle(self, now: int) -> Iterator[Started | Stopped]:
        """Yield admissions and evictions until nothing more happens at *now*."""
        for decision in self.scheduler.settle(now):
            info = decision.info
            late = self.requests.made(now) if self.requests else 0
            if isinstance(decision, Admitted):
                delay = self.scheduler.delays.pop(info.uid, IMMEDIATE)
                placed = self._placed(decision)
                yield Started(info.uid, info.shape.queue.name, placed, decision.cycle, late + delay.check + delay.ready)
            elif isinstance(decision, Evicted):
                yield Stopped(info.uid, None, decision.reason, gone=decision.gone)
            else:
                yield Stopped(info.uid, decision.by.uid, decision.target.reason.value, decision.cycle)

    def _placed(self, decision: Admitted) -> tuple[Placed, ...]:
        """Return what was assigned; equal assignments are worked out once, but for those with places."""
        assignment = decision.assignment
        found = self.placements.get(assignment)
        if found is None:
            found = tuple(self._placements(decision))
            if not assignment.places:
                self.placements[assignment] = found
        return found

    def _placements(self, decision: Admitted) -> Iterator[Placed]:
        """Yield what each pod set holds, flavor by flavor and domain by domain."""
        assignment = decision.assignment
        plan = assignment.plan
        for number, flavors in assignment.flavors():
            by_flavor: dict[str, list[tuple[str, int]]] = {}
            for resource, flavor in flavors.items():
                amount = ledger_amount(resource, plan.requests[number][resource])
                by_flavor.setdefault(flavor, []).append((resource, amount))
            name, count = decision.info.shape.pod_sets[number].name, plan.counts[number]
            for flavor, amounts in by_flavor.items():
                everywhere: Mapping[Values | None, int] = {None: count}
                domains = assignment.places.get(number) if flavor in self.cluster.topologies else None
                for domain, pods in (domains or everywhere).items():
                    held = tuple((resource, amount * pods // count if count else 0) for resource, amount in amounts)
                    yield Placed(name, pods, flavor, held, domain)

    def why(self, workload: int) -> str:
        """Return why a workload that waits has no quota."""
        gate = self.gated.get(workload)
        return gate.reason if gate else str(why_pending(self.infos[workload]))


@dataclass(frozen=True, slots=True)
class Variant:
    """An engine of the table: Kueue's decisions on *objects* changed so, with or without priorities."""

    help: str
    objects: Callable[[Objects], Objects]
    by_priority: bool = True


ENGINES: Mapping[str, Variant] = {
    "kueue": Variant("the world as it is declared", lambda objects: objects),
    "fifo": Variant("all quota in one queue, first come first served, nobody preempts", baselines.fifo, False),
    "static": Variant("the same quota cut into isolated partitions, one for each queue", baselines.static),
}


def make_engine(
    name: str,
    objects: Objects,
    workloads: Sequence[Workload],
    startups: Mapping[str, Startup],
    latency: Latency | None = None,
) -> KueueEngine:
    """Return the engine *name* of the table over *objects*; *startups* say what happens before workloads run."""
    variant = ENGINES[name]
    return KueueEngine(variant.objects(objects), workloads, variant.by_priority, startups, latency=latency)


def requested(workload: Workload) -> Amounts:
    """Return what all pods of *workload* ask for together."""
    resources = sorted({resource for pod_set in workload.pod_sets for resource in pod_set.requests})
    return tuple((resource, workload.total(resource)) for resource in resources)
