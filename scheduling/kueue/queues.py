"""Pending workloads of a ClusterQueue: order, parked classes, requeueing.

Workloads that the scheduler cannot tell apart form one class, a `Shape`. Under BestEffortFIFO a class is parked as a
whole when one of its workloads finds no place, and released as a whole when something in the cohort tree frees
capacity; so parking and releasing cost one step however long the queue is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

from scheduling.kueue.api import ClusterQueueSpec
from scheduling.kueue.plan import Offer, Plan, make_plan
from scheduling.kueue.quota import Node
from scheduling.kueue.workload import Info, PodSet

if TYPE_CHECKING:
    from scheduling.kueue.cluster import Tree


class Requeue(StrEnum):
    """Why a workload that was tried goes back, in Kueue's words."""

    NO_FIT = "NoFit"
    NO_CANDIDATES = "PreemptionNoCandidates"
    PENDING_PREEMPTION = "PendingPreemption"
    FAILED_AFTER_NOMINATION = "FailedAfterNomination"


IMMEDIATE = frozenset({Requeue.PENDING_PREEMPTION, Requeue.FAILED_AFTER_NOMINATION})


class Shape:
    """Workloads of one queue that the scheduler cannot tell apart: same priority, same pod sets."""

    __slots__ = ("parked", "plans", "pod_sets", "priority", "queue", "waiting")

    def __init__(self, queue: Queue, priority: int, pod_sets: tuple[PodSet, ...]) -> None:
        """Make an empty class."""
        self.queue = queue
        self.priority = priority
        self.pod_sets = pod_sets
        self.parked = False
        self.waiting: list[tuple[int, int, Info]] = []
        self.plans: dict[tuple[int, ...], Plan] = {}

    @property
    def full_counts(self) -> tuple[int, ...]:
        """Return how many pods of each pod set there are when all are admitted."""
        return tuple(pod_set.count for pod_set in self.pod_sets)

    def plan(self, counts: tuple[int, ...]) -> Plan:
        """Return what a workload with *counts* pods asks of the queue."""
        plan = self.plans.get(counts)
        if plan is None:
            plan = self.plans[counts] = make_plan(self.queue.offer, self.pod_sets, counts)
        return plan


class Queue:
    """The pending workloads of one ClusterQueue, and what it holds.

    *generation* counts what changed in its own workloads since the start; *preemptor* is the workload that preempted
    last and waits for its victims to go.
    """

    __slots__ = (
        "active_count",
        "generation",
        "heap",
        "may_preempt_while_borrowing",
        "name",
        "node",
        "offer",
        "parked",
        "preemptor",
        "running",
        "shapes",
        "spec",
        "strict",
        "tree",
    )

    def __init__(self, name: str, spec: ClusterQueueSpec, node: Node, offer: Offer) -> None:
        """Make an empty queue."""
        self.name = name
        self.spec = spec
        self.node = node
        self.offer = offer
        self.strict = spec.queueing_strategy == "StrictFIFO"
        self.tree: Tree
        self.may_preempt_while_borrowing = False
        self.generation = 0
        self.active_count = 0
        self.heap: list[tuple[int, int, int, Shape]] = []
        self.parked: list[Shape] = []
        self.preemptor: Info | None = None
        self.running: dict[int, Info] = {}
        self.shapes: dict[tuple[int, object], Shape] = {}

    def __repr__(self) -> str:
        return f"Queue({self.name!r})"

    def shape(self, priority: int, pod_sets: tuple[PodSet, ...], key: object) -> Shape:
        """Return the class of workloads with *priority* and *pod_sets*; *key* stands for the pod sets."""
        found = self.shapes.get((priority, key))
        if found is None:
            found = self.shapes[priority, key] = Shape(self, priority, pod_sets)
        return found

    def allow_borrowing_preemption(self, fair_sharing: bool) -> None:
        """Work out whether a workload that would borrow may still look for workloads to preempt."""
        preemption = self.spec.preemption
        borrowing = preemption.borrow_within_cohort
        self.may_preempt_while_borrowing = (borrowing is not None and borrowing.policy != "Never") or (
            fair_sharing and preemption.reclaim_within_cohort != "Never"
        )

    def push(self, info: Info) -> None:
        """Put a workload into its class, to be tried unless the class is parked."""
        shape = info.shape
        heappush(shape.waiting, (info.timestamp, info.uid, info))
        if not shape.parked:
            self.active_count += 1
            if shape.waiting[0][2] is info:
                heappush(self.heap, (-shape.priority, info.timestamp, info.uid, shape))

    def pop(self) -> Info:
        """Take out the workload to be tried next: the sticky preemptor, else by priority, time and uid.

        There must be one: `active_count` above 0.
        """
        self.active_count -= 1
        preemptor = self.preemptor
        if preemptor is not None and not self.strict and not preemptor.shape.parked:
            return self._take(preemptor)
        while True:
            _, timestamp, uid, shape = heappop(self.heap)
            waiting = shape.waiting
            if not shape.parked and waiting and waiting[0][1] == uid and waiting[0][0] == timestamp:
                info = heappop(waiting)[2]
                self._show(shape)
                return info

    def _take(self, info: Info) -> Info:
        shape = info.shape
        waiting = shape.waiting
        if waiting[0][2] is info:
            heappop(waiting)
        else:
            waiting.remove((info.timestamp, info.uid, info))
            heapify(waiting)
        self._show(shape)
        return info

    def _show(self, shape: Shape) -> None:
        """Let the first workload of *shape* stand for it in the heap."""
        if shape.waiting:
            timestamp, uid, _ = shape.waiting[0]
            heappush(self.heap, (-shape.priority, timestamp, uid, shape))

    def requeue(self, info: Info, reason: Requeue) -> None:
        """Put back a workload that was tried: into the heap, or its whole class aside until capacity is freed."""
        if reason is Requeue.PENDING_PREEMPTION:
            self.preemptor = info
        if not (self.strict or info.pending_flavors or reason in IMMEDIATE):
            self._park(info.shape)
        self.push(info)

    def _park(self, shape: Shape) -> None:
        if not shape.parked:
            shape.parked = True
            self.parked.append(shape)
            self.active_count -= len(shape.waiting)

    def release(self) -> None:
        """Let all parked classes be tried again."""
        for shape in self.parked:
            shape.parked = False
            self.active_count += len(shape.waiting)
            self._show(shape)
        self.parked.clear()


def pending(queues: Sequence[Queue]) -> Mapping[str, list[Info]]:
    """Return the waiting workloads of each queue in the order in which they would be tried."""
    return {
        queue.name: [
            entry[2]
            for _, entry in sorted(
                (((-shape.priority, *entry[:2]), entry) for shape in queue.shapes.values() for entry in shape.waiting),
                key=lambda pair: pair[0],
            )
        ]
        for queue in queues
    }
