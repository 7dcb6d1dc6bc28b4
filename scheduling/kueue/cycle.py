"""What one scheduling cycle does in one cohort tree: heads in order, each admitted, preempting or put back."""

from collections.abc import Sequence
from typing import NamedTuple

from scheduling.kueue.assignment import Assignment, Mode
from scheduling.kueue.nomination import Entry, Nominator
from scheduling.kueue.preemption import Target, release, restore
from scheduling.kueue.queues import Queue, Requeue
from scheduling.kueue.quota import Index, add_usage, available, remove_usage
from scheduling.kueue.topology import TopologyUsage
from scheduling.kueue.workload import Info


class Admitted(NamedTuple):
    """A workload got quota in *cycle* of this instant."""

    info: Info
    assignment: Assignment
    cycle: int


class Preempted(NamedTuple):
    """A workload lost its quota to *by* in *cycle* of this instant."""

    info: Info
    target: Target
    by: Info
    cycle: int


class Evicted(NamedTuple):
    """A workload lost its quota for another *reason*; if it is *gone*, it is deactivated and never comes back."""

    info: Info
    reason: str
    gone: bool


Decision = Admitted | Preempted | Evicted


class CycleOfTree:
    """One cycle in one tree: entries are processed in order, each seeing what those before it took."""

    def __init__(self, cycle: int, nominator: Nominator) -> None:
        """Begin with nothing taken."""
        self.cycle = cycle
        self.nominator = nominator
        self.added: list[tuple[Queue, Index, int]] = []
        self.placed: list[TopologyUsage] = []
        self.preempted: dict[int, Target] = {}
        self.admitted: list[Entry] = []
        self.requeued: list[tuple[Info, Requeue]] = []
        self.decisions: list[Admitted | Preempted] = []

    def process(self, entry: Entry) -> None:
        """Admit, preempt for, or put back one head."""
        if entry.assignment.topology_usage:
            self._find_other_places(entry)
        mode, targets = entry.assignment.mode, entry.targets
        if mode is Mode.NO_FIT:
            self._put_back(entry, Requeue.NO_FIT)
        elif mode is Mode.PREEMPT and not targets:
            self._reserve(entry)
            self._put_back(entry, Requeue.NO_CANDIDATES)
        elif any([target.info.uid in self.preempted for target in targets]) or not all(self._fits(entry)):
            self._put_back(entry, Requeue.FAILED_AFTER_NOMINATION)
        elif mode is Mode.FIT:
            self._admit(entry)
        else:
            self._preempt(entry)

    def _put_back(self, entry: Entry, reason: Requeue) -> None:
        self.requeued.append((entry.info, reason))

    def _admit(self, entry: Entry) -> None:
        entry.info.assignment = entry.assignment
        restore(entry.info)
        self.admitted.append(entry)
        self.decisions.append(Admitted(entry.info, entry.assignment, self.cycle))

    def _preempt(self, entry: Entry) -> None:
        self._add(entry.queue, entry.assignment.usage, entry.assignment.topology_usage)
        for target in sorted(entry.targets, key=lambda target: target.info.uid):
            self.preempted[target.info.uid] = target
            self.decisions.append(Preempted(target.info, target, entry.info, self.cycle))
        entry.info.forget_cursors()
        self._put_back(entry, Requeue.PENDING_PREEMPTION)

    def _find_other_places(self, entry: Entry) -> None:
        """Where only its places were taken in this cycle, evaluate the entry anew on its flavors."""
        quota, places = self._fits(entry)
        if quota and not places:
            self.nominator.renominate(entry)

    def _fits(self, entry: Entry) -> tuple[bool, bool]:
        """Tell whether quota and places suffice once its targets and all preempted in this cycle are gone."""
        if not (self.added or self.admitted or self.preempted or entry.assignment.contested):
            return True, True
        gone = {uid: target.info for uid, target in self.preempted.items()}
        gone |= {target.info.uid: target.info for target in entry.targets}
        for info in gone.values():
            release(info)
        node = entry.queue.node
        quota = all(amount <= max(0, available(node, index)) for index, amount in entry.assignment.usage)
        places = all(pods.fits() for pods in entry.assignment.topology_usage)
        for info in gone.values():
            restore(info)
        return quota, places

    def _reserve(self, entry: Entry) -> None:
        """Keep what a head needs that finds nobody to preempt, unless its queue can always reclaim its own."""
        queue, node = entry.queue, entry.queue.node
        if not queue.reserves:
            return
        reserved = []
        for index, amount in entry.assignment.usage:
            room = node.nominal[index] - node.usage[index]
            limit = node.borrowing_limit[index]
            if entry.assignment.borrowing:
                reserved.append((index, amount if limit is None else min(amount, room + limit)))
            else:
                reserved.append((index, max(0, min(amount, room))))
        self._add(queue, reserved, entry.assignment.topology_usage)

    def _add(self, queue: Queue, usage: Sequence[tuple[Index, int]], places: Sequence[TopologyUsage]) -> None:
        for index, amount in usage:
            add_usage(queue.node, index, amount)
            self.added.append((queue, index, amount))
        for pods in places:
            pods.charge()
        self.placed += places

    def undo(self) -> None:
        """Take everything out of the tree that was reserved or is not free yet; what was admitted stays.

        A reservation can be below 0 (a queue above its limit); it then stayed in its queue's own usage.
        """
        for queue, index, amount in reversed(self.added):
            if amount < 0:
                queue.node.usage[index] -= amount
            else:
                remove_usage(queue.node, index, amount)
        for pods in self.placed:
            pods.charge(-1)
