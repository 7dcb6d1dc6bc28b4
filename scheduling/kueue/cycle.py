"""The scheduling cycle: heads, nomination, order, admission and preemption, requeueing.

A `Scheduler` is told of arrivals and finishes and then settles: it runs cycles until nothing more happens at that
instant. Evictions are complete and admissions confirmed as soon as the cycle ends (the ideal clock).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from scheduling.kueue.assignment import Assignment, Mode
from scheduling.kueue.cluster import Cluster, Tree
from scheduling.kueue.fair_preemption import FairPreemption
from scheduling.kueue.nomination import Entry, Nominator
from scheduling.kueue.preemption import Target, classical_targets, release, restore
from scheduling.kueue.queues import Queue, Requeue
from scheduling.kueue.quota import Index, add_usage, available, remove_usage
from scheduling.kueue.topology import TopologyUsage
from scheduling.kueue.tournament import classical_order, fair_order
from scheduling.kueue.workload import Info


@dataclass(frozen=True, slots=True)
class Admitted:
    """A workload got quota in *cycle* of this instant."""

    info: Info
    assignment: Assignment
    cycle: int


@dataclass(frozen=True, slots=True)
class Preempted:
    """A workload lost its quota to *by* in *cycle* of this instant."""

    info: Info
    target: Target
    by: Info
    cycle: int


Decision = Admitted | Preempted


class Scheduler:
    """Kueue's scheduler over the trees of a cluster."""

    def __init__(self, cluster: Cluster) -> None:
        """Take over *cluster*, in which nothing runs or waits yet."""
        self.cluster = cluster
        configuration = cluster.objects.configuration
        sharing = configuration.fair_sharing if configuration else None
        self.fair_sharing = sharing is not None
        self.nominator = Nominator(FairPreemption(sharing.preemption_strategies) if sharing else classical_targets)
        self.cycles = 0
        for queue in cluster.queues.values():
            queue.allow_borrowing_preemption(self.fair_sharing)

    def arrive(self, info: Info) -> None:
        """Let a workload wait in its queue."""
        queue = info.shape.queue
        queue.push(info)
        queue.tree.settled = False

    def finish(self, infos: Iterable[Info]) -> None:
        """Let running workloads end at this instant, and what their trees had parked be tried again.

        Arrivals of the same instant must have been told before.
        """
        trees = {}
        for info in infos:
            self._free(info)
            trees[id(info.shape.queue.tree)] = info.shape.queue.tree
        for tree in trees.values():
            _release_parked(tree)

    def _free(self, info: Info) -> None:
        queue = info.shape.queue
        release(info)
        info.assignment = None
        del queue.running[info.uid]
        queue.generation += 1

    def settle(self, now: int) -> Iterator[Decision]:
        """Run cycles at the instant *now* until nothing more happens; yield every decision as it is taken."""
        cycle = 0
        idle_states: set[object] = set()
        while any(queue.active_count for tree in self.cluster.trees for queue in tree.queues.values()):
            self.cycles += 1
            cycle += 1
            before = self._active()
            decisions = list(self._cycle(now, cycle))
            yield from decisions
            if decisions:
                idle_states.clear()
            elif self._active() == before:
                state = self._state()
                if state in idle_states:
                    return
                idle_states.add(state)

    def _active(self) -> int:
        return sum(queue.active_count for queue in self.cluster.queues.values())

    def _state(self) -> object:
        """Return what idle cycles may still change: the cursors of waiting workloads."""
        return frozenset(
            (entry[2].uid, tuple(sorted(item for item in entry[2].cursors.items() if item[1] != -1)))
            for queue in self.cluster.queues.values()
            for shape in queue.shapes.values()
            for entry in shape.waiting
            if entry[2].pending_flavors
        )

    def _cycle(self, now: int, cycle: int) -> Iterator[Decision]:
        for tree in self.cluster.trees:
            heads = [queue.pop() for queue in tree.queues.values() if queue.active_count]
            if heads:
                yield from self._tree_cycle(tree, heads, now, cycle)

    def _tree_cycle(self, tree: Tree, heads: Sequence[Info], now: int, cycle: int) -> Iterator[Decision]:
        entries = [self.nominator.nominate(info, self.cycles) for info in heads]
        run = _CycleOfTree(cycle, self.nominator)
        ordered = fair_order(tree, entries) if self.fair_sharing else classical_order(entries)
        for entry in ordered:
            run.process(entry)
        run.undo()
        for info, reason in run.requeued:
            info.shape.queue.requeue(info, reason)
        for admitted in run.admitted:
            self._confirm(admitted, now)
        for target in run.preempted.values():
            self._evict(target.info)
        if run.preempted:
            _release_parked(tree)
        yield from run.decisions

    def _confirm(self, entry: Entry, now: int) -> None:
        info, queue = entry.info, entry.queue
        info.assignment = entry.assignment
        info.reserved_at = now
        info.forget_cursors()
        restore(info)
        queue.running[info.uid] = info
        queue.generation += 1
        if queue.preemptor is info:
            queue.preemptor = None

    def _evict(self, info: Info) -> None:
        self._free(info)
        info.forget_cursors()
        info.shape.queue.push(info)


def _release_parked(tree: Tree) -> None:
    for queue in tree.queues.values():
        queue.release()


class _CycleOfTree:
    """What one cycle does in one tree: entries are processed in order, each seeing what those before it took."""

    def __init__(self, cycle: int, nominator: Nominator) -> None:
        self.cycle = cycle
        self.nominator = nominator
        self.added: list[tuple[Queue, Index, int]] = []
        self.placed: list[TopologyUsage] = []
        self.preempted: dict[int, Target] = {}
        self.admitted: list[Entry] = []
        self.requeued: list[tuple[Info, Requeue]] = []
        self.decisions: list[Decision] = []

    def process(self, entry: Entry) -> None:
        """Admit, preempt for, or put back one head."""
        fits = self._fits_after_all(entry)
        mode, targets = entry.assignment.mode, entry.targets
        if mode is Mode.NO_FIT:
            self._put_back(entry, Requeue.NO_FIT)
        elif mode is Mode.PREEMPT and not targets:
            self._reserve(entry)
            self._put_back(entry, Requeue.NO_CANDIDATES)
        elif any(target.info.uid in self.preempted for target in targets) or not fits:
            self._put_back(entry, Requeue.FAILED_AFTER_NOMINATION)
        else:
            self._add(entry.queue, entry.assignment.usage, entry.assignment.topology_usage)
            if mode is Mode.FIT:
                self.admitted.append(entry)
                self.decisions.append(Admitted(entry.info, entry.assignment, self.cycle))
            else:
                self._preempt(entry)

    def _put_back(self, entry: Entry, reason: Requeue) -> None:
        self.requeued.append((entry.info, reason))

    def _preempt(self, entry: Entry) -> None:
        for target in sorted(entry.targets, key=lambda target: target.info.uid):
            self.preempted[target.info.uid] = target
            self.decisions.append(Preempted(target.info, target, entry.info, self.cycle))
        entry.info.forget_cursors()
        self._put_back(entry, Requeue.PENDING_PREEMPTION)

    def _fits_after_all(self, entry: Entry) -> bool:
        """Tell whether the entry fits with what this cycle has added.

        Where only its places were taken in the meantime, it is evaluated anew on the flavors it was nominated for.
        """
        quota, places = self._fits(entry)
        if quota and not places:
            self.nominator.renominate(entry)
            quota, places = self._fits(entry)
        return quota and places

    def _fits(self, entry: Entry) -> tuple[bool, bool]:
        """Tell whether quota and places suffice once its targets and all preempted in this cycle are gone."""
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
        if queue.spec.preemption.reclaim_within_cohort == "Any":
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
        """Take everything out of the tree that this cycle added; what was admitted is added again when confirmed.

        A reservation can be below 0 (a queue above its limit); it then stayed in its queue's own usage.
        """
        for queue, index, amount in reversed(self.added):
            if amount < 0:
                queue.node.usage[index] -= amount
            else:
                remove_usage(queue.node, index, amount)
        for pods in self.placed:
            pods.charge(-1)
