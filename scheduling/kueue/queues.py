"""Pending workloads of a ClusterQueue: order, parked classes, requeueing.

Workloads that the scheduler cannot tell apart form one class, a `Shape`. Under BestEffortFIFO a class is parked as a
whole when one of its workloads finds no place, and tried again when something in the cohort tree frees capacity.
Workloads stay in their class while they are tried; only admission takes them out.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from enum import StrEnum
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

from scheduling.kueue.api import ClusterQueueSpec
from scheduling.kueue.plan import Offer, Plan, make_plan
from scheduling.kueue.quota import Height, Index, Node, available, borrowing_with, lowest_subtree_that_fits
from scheduling.kueue.workload import Info, PodSet, Running

if TYPE_CHECKING:
    from scheduling.kueue.assignment import Assignment
    from scheduling.kueue.tree import Tree


class Requeue(StrEnum):
    """Why a workload that was tried goes back, in Kueue's words."""

    NO_FIT = "NoFit"
    NO_CANDIDATES = "PreemptionNoCandidates"
    PENDING_PREEMPTION = "PendingPreemption"
    FAILED_AFTER_NOMINATION = "FailedAfterNomination"


IMMEDIATE = frozenset({Requeue.PENDING_PREEMPTION, Requeue.FAILED_AFTER_NOMINATION})
Place = tuple[int, int, int, "Shape"]
"""Where a class stands in its queue: (-priority, time and uid of its first workload, the class)."""


Outlook = tuple[tuple[Height, bool, bool], ...]


class Shape:
    """Workloads of one queue that the scheduler cannot tell apart: same priority, same pod sets.

    *full_counts* are the pods of each pod set when all are admitted; a class that *can_shrink* starts with fewer too.
    *choices* are what a workload takes of each flavor it may use, where that is all there is to choose: one resource
    group for one pod set, without topology; None where an evaluation has to tell. *in_vain* are the outcomes of
    evaluations that were in vain.
    """

    __slots__ = (
        "can_shrink",
        "choices",
        "full_counts",
        "in_vain",
        "number",
        "parked",
        "place",
        "plans",
        "pod_sets",
        "priority",
        "queue",
        "waiting",
    )

    def __init__(self, queue: Queue, priority: int, pod_sets: tuple[PodSet, ...], number: int) -> None:
        """Make an empty class, the one with *number* in its tree."""
        self.queue = queue
        self.priority = priority
        self.pod_sets = pod_sets
        self.number = number
        self.parked = False
        self.waiting: list[tuple[int, int, Info]] = []
        self.place: Place | None = None
        self.plans: dict[tuple[int, ...], Plan] = {}
        self.in_vain: dict[Outlook, Assignment] = {}
        self.full_counts = tuple(pod_set.count for pod_set in pod_sets)
        self.can_shrink = any(p.min_count is not None and p.min_count < p.count for p in pod_sets)
        self.choices = self._choices()

    def _choices(self) -> tuple[tuple[tuple[Index, int], ...], ...] | None:
        if self.can_shrink:
            return None
        plan = self.plan(self.full_counts)
        if plan.placed or len(plan.groups) != 1 or len(plan.groups[0].wanted) != 1:
            return None
        return tuple(option.needs for option in plan.groups[0].wanted[0].options if option.unusable is None)

    @property
    def first(self) -> Info:
        """Return the workload that is tried first; there must be one."""
        return self.waiting[0][2]

    def plan(self, counts: tuple[int, ...]) -> Plan:
        """Return what a workload with *counts* pods asks of the queue."""
        plan = self.plans.get(counts)
        if plan is None:
            plan = self.plans[counts] = make_plan(self.queue.offer, self.pod_sets, counts)
        return plan

    def may_start(self) -> bool:
        """Tell whether a workload might fit now, or might find others to preempt; False is certain.

        If it is False, an evaluation would try every flavor in vain, and park the class.
        """
        choices, node = self.choices, self.queue.node
        if choices is None:
            return True
        for needs in choices:
            for index, amount in needs:
                if amount > available(node, index):
                    break
            else:
                return True
        return self.queue.preempts and self._may_preempt(choices)

    def outlook(self) -> Outlook:
        """Return all that an evaluation in vain depends on; empty where only an evaluation can tell.

        That is, for each need of the only flavor: the lowest subtree with quota for it, and whether it fits now.
        """
        if self.choices is None or len(self.choices) != 1:
            return ()
        node = self.queue.node
        return tuple(
            [
                (*lowest_subtree_that_fits(node, index, amount), amount <= available(node, index))
                for index, amount in self.choices[0]
            ]
        )

    def _may_preempt(self, choices: tuple[tuple[tuple[Index, int], ...], ...]) -> bool:
        """Tell whether there might be anybody to preempt.

        Where only quota within the own nominal may be reclaimed, others are no candidates for what exceeds it.
        """
        queue = self.queue
        lowest = queue.running.lowest
        if lowest is not None and lowest < self.priority + queue.preempts_up_to:
            return True
        if not queue.reclaims or not queue.tree.others_borrow(queue):
            return False
        return not queue.reclaims_within_nominal or any(
            not borrowing_with(queue.node, index, amount) for needs in choices for index, amount in needs
        )


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

    def __init__(self, name: str, spec: ClusterQueueSpec, node: Node, offer: Offer) -> None:
        """Make an empty queue; `join` gives it its tree."""
        self.name = name
        self.spec = spec
        self.node = node
        self.offer = offer
        self.strict = spec.queueing_strategy == "StrictFIFO"
        self.tree: Tree
        self.generation = 0
        self.active: list[Place] = []
        self.parked: list[Place] = []
        self.preemptor: Info | None = None
        self.running = Running()
        self.shapes: dict[tuple[int, object], Shape] = {}
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

    def shape(self, priority: int, pod_sets: tuple[PodSet, ...], key: object) -> Shape:
        """Return the class of workloads with *priority* and *pod_sets*; *key* stands for the pod sets."""
        found = self.shapes.get((priority, key))
        if found is None:
            found = self.shapes[priority, key] = Shape(self, priority, pod_sets, self.tree.next_number())
        return found

    def head(self) -> Info:
        """Return the workload to be tried next: the sticky preemptor, else by priority, time and uid.

        There must be an active one.
        """
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
