"""Classes of workloads that the scheduler cannot tell apart, and what is certain of them without an evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scheduling.kueue.objects import LocalQueueKey
from scheduling.kueue.plan import Plan, make_plan
from scheduling.kueue.quota import Height, Index, available, borrowing_with, lowest_subtree_that_fits
from scheduling.kueue.workload import Info, PodSet

if TYPE_CHECKING:
    from scheduling.kueue.assignment import Assignment
    from scheduling.kueue.queues import Queue

Place = tuple[int, int, int, "Shape"]
"""Where a class stands in its queue: (-priority, time and uid of its first workload, the class)."""


Outlook = tuple[tuple[Height, bool, bool], ...]
"""What an evaluation in vain depends on; see `Shape.outlook`."""


class Shape:
    """Workloads of one queue that the scheduler cannot tell apart: same priority, same pod sets.

    *full_counts* are the pods of each pod set when all are admitted; a class that *can_shrink* starts with fewer too.
    *choices* are what a workload takes of each flavor it may use, where that is all there is to choose: one resource
    group for one pod set, without topology, in a queue that all share alike; None where an evaluation has to tell.
    *in_vain* are the outcomes of evaluations that were in vain.
    """

    __slots__ = (
        "can_shrink",
        "choices",
        "full_counts",
        "in_vain",
        "local_queue",
        "number",
        "parked",
        "place",
        "plans",
        "pod_sets",
        "priority",
        "queue",
        "waiting",
    )

    def __init__(
        self, queue: Queue, priority: int, pod_sets: tuple[PodSet, ...], number: int, local_queue: LocalQueueKey
    ) -> None:
        """Make an empty class, the one with *number* in its tree; *local_queue* tells it apart where that matters."""
        self.queue = queue
        self.local_queue = local_queue
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
        if self.can_shrink or self.queue.memories is not None:
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
