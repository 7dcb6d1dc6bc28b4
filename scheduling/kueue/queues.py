"""Pending workloads of a ClusterQueue: order, parked classes, requeueing.

Under BestEffortFIFO a class is parked as a whole when one of its workloads finds no place, and tried again when
something in the cohort tree frees capacity. Workloads stay in their class while they are tried; only admission takes
them out.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from enum import StrEnum
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

from scheduling.kueue.admission_fair_sharing import Memories
from scheduling.kueue.api import ClusterQueueSpec
from scheduling.kueue.assignment import summed
from scheduling.kueue.objects import LocalQueueKey
from scheduling.kueue.plan import PODS, Offer
from scheduling.kueue.quota import Node
from scheduling.kueue.shape import Place, Shape
from scheduling.kueue.workload import Info, PodSet, Running

if TYPE_CHECKING:
    from scheduling.kueue.tree import Tree


class Requeue(StrEnum):
    """Why a workload that was tried goes back, in Kueue's words."""

    NO_FIT = "NoFit"
    NO_CANDIDATES = "PreemptionNoCandidates"
    PENDING_PREEMPTION = "PendingPreemption"
    FAILED_AFTER_NOMINATION = "FailedAfterNomination"


IMMEDIATE = frozenset({Requeue.PENDING_PREEMPTION, Requeue.FAILED_AFTER_NOMINATION})


NO_LOCAL_QUEUE = LocalQueueKey("", "")


class Queue:
    """The pending workloads of one ClusterQueue, and what it holds.

    *active* and *parked* are the places of its classes with workloads, in the order in which they are tried.
    *generation* counts what changed in its own workloads since the start; *preemptor* is the workload that preempted
    last and waits for its victims to go.
    """

    __slots__ = (
        "active",
        "borrow_last",
        "borrows",
        "generation",
        "indices",
        "may_preempt_while_borrowing",
        "memories",
        "name",
        "next_when_borrowing",
        "next_when_preempting",
        "node",
        "offer",
        "parked",
        "preemptor",
        "preempts",
        "preempts_up_to",
        "reclaims",
        "reclaims_within_nominal",
        "reserves",
        "running",
        "shapes",
        "spec",
        "strict",
        "tree",
    )

    def __init__(
        self, name: str, spec: ClusterQueueSpec, node: Node, offer: Offer, memories: Memories | None = None
    ) -> None:
        """Make an empty queue; `join` gives it its tree. With *memories* its LocalQueues share by usage."""
        self.name = name
        self.spec = spec
        self.node = node
        self.offer = offer
        self.memories = memories
        self.strict = spec.queueing_strategy == "StrictFIFO"
        self.tree: Tree
        self.generation = 0
        self.active: list[Place] = []
        self.parked: list[Place] = []
        self.preemptor: Info | None = None
        self.running = Running()
        self.shapes: dict[object, Shape] = {}
        self.borrows = False
        fungibility = spec.flavor_fungibility
        self.borrow_last = fungibility.preference == "PreemptionOverBorrowing"
        self.next_when_borrowing = fungibility.when_can_borrow == "TryNextFlavor"
        self.next_when_preempting = fungibility.when_can_preempt == "TryNextFlavor"
        self.indices = [
            offer.indices[flavor.name, resource.name]
            for group in spec.resource_groups
            for flavor in group.flavors
            for resource in flavor.resources
        ]

    def __repr__(self) -> str:
        return f"Queue({self.name!r})"

    def join(self, tree: Tree, fair_sharing: bool) -> None:
        """Become part of *tree*, and work out from the policies who may be preempted for its workloads at all.

        *preempts_up_to* is what to add to a priority to get the lowest that is safe in the own queue. A queue that
        *reserves* keeps capacity for a head that finds nobody to preempt.
        """
        self.tree = tree
        preemption = self.spec.preemption
        within = preemption.within_cluster_queue
        borrowing = preemption.borrow_within_cohort
        lends_to = borrowing is not None and borrowing.policy != "Never"
        self.preempts_up_to = {"Never": -(2**40), "LowerPriority": 0, "LowerOrNewerEqualPriority": 1}[within]
        self.reclaims = preemption.reclaim_within_cohort != "Never" and self.node.parent is not None
        self.preempts = within != "Never" or self.reclaims
        self.reserves = preemption.reclaim_within_cohort != "Any"
        self.reclaims_within_nominal = not fair_sharing and not lends_to and self.node.parent is tree.root
        self.may_preempt_while_borrowing = lends_to or (fair_sharing and preemption.reclaim_within_cohort != "Never")

    def shape(
        self, priority: int, pod_sets: tuple[PodSet, ...], key: object, local_queue: LocalQueueKey = NO_LOCAL_QUEUE
    ) -> Shape:
        """Return the class of workloads with *priority* and *pod_sets*; *key* stands for the pod sets.

        Where LocalQueues share by usage, those of each are a class of their own.
        """
        place = priority, key, local_queue if self.memories else None
        found = self.shapes.get(place)
        if found is None:
            found = self.shapes[place] = Shape(self, priority, pod_sets, self.tree.next_number(), local_queue)
        return found

    def hold(self, info: Info, now: int, admitted: bool) -> None:
        """Take up a workload that got quota, and is *admitted* unless it waits for a check."""
        self.running.add(info)
        if self.memories is not None:
            self.memories.reserved(info.shape.local_queue, info.uid, self._requested(info), now)
            if admitted:
                self.admitted(info, now)

    def admitted(self, info: Info, now: int) -> None:
        """Take down that a workload which holds quota is admitted."""
        if self.memories is not None:
            self.memories.admitted(info.shape.local_queue, info.uid, self._held(info), now)

    def forget(self, info: Info, now: int) -> None:
        """Take down that a workload lost its quota; it must still say what it held."""
        self.running.remove(info)
        if self.memories is not None:
            self.memories.lost(info.shape.local_queue, info.uid, self._held(info), now)

    def _requested(self, info: Info) -> Sequence[tuple[str, int]]:
        requests = info.assignment.plan.requests if info.assignment else ()
        return [pair for pair in summed([own.items() for own in requests]) if pair[0] != PODS]

    def _held(self, info: Info) -> Sequence[tuple[str, int]]:
        usage = info.assignment.usage if info.assignment else ()
        names = self.offer.resources
        return summed([[(names[index], amount)] for index, amount in usage])

    def _least_used(self, memories: Memories) -> Info:
        """Return the workload to be tried next where LocalQueues share by usage: that goes before all else."""
        now = self.tree.now
        heads = [(memories.usage(place[3].local_queue, now), 1, place[:3], place[3].first) for place in self.active]
        sticky = self.preemptor
        if sticky is not None and not self.strict and not sticky.shape.parked:
            key = -sticky.shape.priority, sticky.timestamp, sticky.uid
            heads.append((memories.usage(sticky.shape.local_queue, now), 0, key, sticky))
        return min(heads)[3]

    def head(self) -> Info:
        """Return the workload to be tried next: the sticky preemptor, else by priority, time and uid.

        There must be an active one.
        """
        if self.memories is not None:
            return self._least_used(self.memories)
        if self.preemptor is not None and not self.strict and not self.preemptor.shape.parked:
            return self.preemptor
        return self.active[0][3].waiting[0][2]

    def push(self, info: Info) -> None:
        """Put a workload into its class, to be tried unless the class is parked."""
        shape = info.shape
        heappush(shape.waiting, (info.timestamp, info.uid, info))
        if shape.waiting[0][2] is info:
            self._move(shape)

    def take(self, info: Info) -> None:
        """Take a workload out that is admitted."""
        shape = info.shape
        waiting = shape.waiting
        if waiting[0][2] is info:
            heappop(waiting)
        else:
            waiting.remove((info.timestamp, info.uid, info))
            heapify(waiting)
        if self.preemptor is info:
            self._set_preemptor(None)
        self._move(shape)

    def _move(self, shape: Shape) -> None:
        """Put *shape* where its first workload stands, and take it out where it has none."""
        places, before = self.parked if shape.parked else self.active, shape.place
        if before is not None:
            del places[bisect_left(places, before)]
        if shape.waiting:
            timestamp, uid, _ = shape.waiting[0]
            shape.place = -shape.priority, timestamp, uid, shape
            insort(places, shape.place)
            self.tree.waiting += before is None
        else:
            shape.place = None
            self.tree.waiting -= 1
            if shape.parked:
                shape.parked = False
                self.tree.unhook(shape)
        self._note()

    def _note(self) -> None:
        """Let the tree know whether there are active and parked classes."""
        tree = self.tree
        if self.active:
            tree.lively[self] = None
        else:
            tree.lively.pop(self, None)
        if self.parked:
            tree.resting[self] = None
        else:
            tree.resting.pop(self, None)

    def _set_preemptor(self, info: Info | None) -> None:
        self.tree.preemptors += (info is not None) - (self.preemptor is not None)
        self.preemptor = info

    def requeue(self, info: Info, reason: Requeue) -> bool:
        """Keep a workload that was tried where it is, or park its whole class; return whether that was done."""
        if reason is Requeue.PENDING_PREEMPTION:
            self._set_preemptor(info)
        if info.cursors or reason in IMMEDIATE:
            return False
        return self.park(info.shape)

    def park(self, shape: Shape) -> bool:
        """Set a class aside until capacity is freed, except under StrictFIFO; return whether that was done."""
        if self.strict:
            return False
        if not shape.parked and shape.place is not None:
            del self.active[bisect_left(self.active, shape.place)]
            insort(self.parked, shape.place)
            shape.parked = True
            self.tree.hook(shape)
            self._note()
        return True

    def turn(self, shape: Shape) -> int:
        """Return how many parked classes are tried before *shape*, which must be one of them."""
        return 0 if shape.place is None else bisect_left(self.parked, shape.place)

    def may_preempt_for_parked(self) -> bool:
        """Tell whether a parked workload might find anybody to preempt; False is certain."""
        if not self.parked:
            return False
        lowest = self.running.lowest
        if lowest is not None and lowest < -self.parked[0][0] + self.preempts_up_to:
            return True
        if not self.reclaims or not self.tree.others_borrow(self):
            return False
        usage, nominal = self.node.usage, self.node.nominal
        return not self.reclaims_within_nominal or any([usage[index] < nominal[index] for index in self.indices])

    def release(self, places: Sequence[Place]) -> None:
        """Let the parked classes at *places* be tried again."""
        for *_, shape in places:
            shape.parked = False
        self.active = sorted([*self.active, *places]) if self.active else [*places]
        self.parked = [place for place in self.parked if place[3].parked] if len(places) < len(self.parked) else []
        self._note()


def pending(queue: Queue) -> Iterator[Info]:
    """Yield the waiting workloads of *queue* in the order in which they would be tried."""
    entries = [
        (-shape.priority, timestamp, uid, info)
        for shape in queue.shapes.values()
        for timestamp, uid, info in shape.waiting
    ]
    return (info for *_, info in sorted(entries))
