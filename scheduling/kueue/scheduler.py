"""The scheduler: told of arrivals and finishes, it settles, running cycles until nothing more happens at that instant.

Evictions are complete and admissions confirmed as soon as a cycle ends (the ideal clock). Only trees in which something
changed are looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from scheduling.kueue.assignment import Assignment
from scheduling.kueue.cluster import Cluster
from scheduling.kueue.cycle import Admitted, CycleOfTree, Decision, Evicted, Preempted
from scheduling.kueue.fair_preemption import FairPreemption
from scheduling.kueue.lifecycle import IMMEDIATE, Delay, Due, Lifecycle
from scheduling.kueue.livelock import Loop, Watch
from scheduling.kueue.nomination import Entry, Nominator
from scheduling.kueue.preemption import classical_targets, release, restore
from scheduling.kueue.queues import Queue, Requeue
from scheduling.kueue.shape import Shape
from scheduling.kueue.tournament import classical_order, fair_order, precedence
from scheduling.kueue.tree import Tree, scans
from scheduling.kueue.workload import Info

__all__ = ["Admitted", "Decision", "Evicted", "Preempted", "Scheduler"]


class _Instant:
    """The instant *now* and how many cycles it has had; when it is over."""

    def __init__(self, now: int) -> None:
        self.now = now
        self.cycle = 0
        self.idle_states: set[object] = set()
        self.watches: dict[Tree, Watch] = {}

    def is_over(self, trees: Sequence[Tree], decided: bool, moved: bool) -> bool:
        """Tell whether a cycle changed nothing that an earlier one had not left so already."""
        if decided:
            self.idle_states.clear()
        elif not moved:
            state = scans(trees)
            if state in self.idle_states:
                return True
            self.idle_states.add(state)
        return False

    def watch(self, tree: Tree) -> Watch:
        """Return who looks for circles in *tree*."""
        if tree not in self.watches:
            self.watches[tree] = Watch(tree)
        return self.watches[tree]


class Scheduler:
    """Kueue's scheduler over the trees of a cluster."""

    def __init__(self, cluster: Cluster, lifecycle: Lifecycle | None = None, break_loops: bool = True) -> None:
        """Take over *cluster*, in which nothing runs or waits yet; *lifecycle* follows what got quota.

        Without *break_loops* workloads that preempt each other in a circle do so for ever, as upstream.
        """
        self.cluster = cluster
        self.lifecycle = lifecycle or Lifecycle(cluster.objects)
        self.delays: dict[int, Delay] = {}
        self.blocked_until = 0
        self.break_loops = break_loops
        self.loops: list[Loop] = []
        sharing = cluster.sharing
        self.fair_sharing = sharing is not None
        self.nominator = Nominator(FairPreemption(sharing.preemption_strategies) if sharing else classical_targets)
        self.cycles = 0
        self.touched: dict[int, Tree] = {}

    def arrive(self, info: Info) -> None:
        """Let a workload wait in its queue."""
        queue = info.shape.queue
        queue.push(info)
        if not info.shape.parked:
            self.touched[queue.tree.number] = queue.tree

    def hold(self, info: Info, assignment: Assignment, since: int) -> None:
        """Let a workload that does not wait hold what *assignment* says, since the instant *since*."""
        info.assignment = assignment
        restore(info)
        info.reserved_at = since
        info.shape.queue.hold(info, since, admitted=True)
        info.shape.queue.tree.note_use(info.shape.queue)

    def finish(self, infos: Iterable[Info], now: int) -> None:
        """Let running workloads end at the instant *now*, and what their trees had parked be tried again.

        Arrivals of the same instant must have been told before.
        """
        for info in infos:
            self._free(info, now)
            self.lifecycle.finished(info)
            self._quota_back(info.shape.queue.tree, now)

    def _quota_back(self, tree: Tree, now: int) -> None:  # noqa: ARG002 - the ideal clock knows no batches
        """Let what a tree has parked be tried again: something ended at *now*, or was taken out."""
        self._try_again(tree)

    def _free(self, info: Info, now: int) -> None:
        """Take a workload's quota back."""
        queue = info.shape.queue
        release(info)
        queue.forget(info, now)
        info.assignment = None
        queue.generation += 1
        queue.tree.note_use(queue)

    def _freed(self, tree: Tree, now: int) -> None:  # noqa: ARG002 - the ideal clock knows no batches
        """Let what a tree has parked be tried again from the next cycle on: victims gave their quota back."""
        tree.release()

    def _try_again(self, tree: Tree) -> None:
        """Let what a tree has parked be tried again in the coming cycles."""
        if tree.waiting:
            tree.freed = True
            self.touched[tree.number] = tree

    def change_quotas(self, tree: Tree) -> None:
        """Let a tree whose quotas were changed be looked at anew."""
        tree.note_quotas()
        self._try_again(tree)

    def change(self, info: Info, shape: Shape) -> None:
        """Let a waiting workload have another priority or other pods: it joins the class *shape* of its queue."""
        info.shape.queue.take(info)
        info.forget_cursors()
        info.shape = shape
        self.arrive(info)

    @property
    def next_at(self) -> int | None:
        """Return when something is due that nobody else tells the scheduler."""
        at = self.lifecycle.next_at()
        if self.touched and self.blocked_until:
            return self.blocked_until if at is None else min(at, self.blocked_until)
        return at

    def _due(self, now: int) -> Iterator[Evicted]:
        """Do what is due at *now*: admit, evict, or let be tried again."""
        for timer in self.lifecycle.take_due(now):
            info = timer.info
            if timer.due is Due.ADMIT:
                info.shape.queue.admitted(info, now)
            elif timer.due is Due.TRY_AGAIN:
                self.arrive(info)
            else:
                self._free(info, now)
                self.lifecycle.lost(info, now)
                self._quota_back(info.shape.queue.tree, now)
                if timer.back_at is not None:
                    self._set_timestamp(info, now)
                    self.lifecycle.step_back(info, timer.back_at)
                yield Evicted(info, str(timer.reason), timer.back_at is None)

    def _set_timestamp(self, info: Info, now: int) -> None:
        """Let a workload that was evicted, but not preempted, queue from *now* on, if the manager says so."""
        if self.lifecycle.pods_ready.requeuing_strategy.timestamp == "Eviction":
            info.timestamp = now

    def settle(self, now: int) -> Iterator[Decision]:
        """Run cycles at the instant *now* until nothing more happens; yield every decision as it is taken.

        Trees are independent of each other but for the number of the cycle. One in which a cycle changed nothing takes
        no part in the next, unless the scan of a workload goes on there.
        """
        yield from self._due(now)
        if now < self.blocked_until:
            return
        instant = _Instant(now)
        trees = self._awake(now)
        while trees:
            self.cycles += 1
            instant.cycle += 1
            decided = moved = False
            going_on = []
            for tree in trees:
                scanned = bool(tree.scanning)
                decisions, parked = self._cycle(tree, instant)
                yield from decisions
                decided = decided or bool(decisions)
                moved = moved or parked
                if tree.is_busy and (decisions or parked or scanned or tree.scanning):
                    going_on.append(tree)
            trees = going_on
            if instant.is_over(trees, decided, moved) or now < self.blocked_until:
                break
        self.touched.update({tree.number: tree for tree in trees})

    def _awake(self, now: int) -> list[Tree]:
        """Return the trees in which something may happen now."""
        trees = [self.touched[number] for number in sorted(self.touched)]
        self.touched.clear()
        for tree in trees:
            tree.now = now
            tree.barred.clear()
            tree.wake()
        return [tree for tree in trees if tree.is_busy]

    def _cycle(self, tree: Tree, instant: _Instant) -> tuple[Sequence[Admitted | Preempted], bool]:
        """Run one cycle in one tree; return its decisions, and whether any class was parked."""
        if tree.skipped:
            tree.skipped -= 1
            return (), True
        heads = tree.heads()
        ready = {info for info in heads if tree.might_start(info)}
        if not ready:
            return (), bool(sum(info.shape.queue.park(info.shape) for info in heads))
        run = CycleOfTree(instant.cycle, self.nominator)
        for entry in self._entries(tree, heads, ready):
            run.process(entry)
        run.undo()
        lagging, moved = _put_back(run, heads)
        self._apply(run, instant.now)
        if run.preempted:
            self._freed(tree, instant.now)
        elif tree.depth:
            tree.step(lagging)
        if run.decisions:
            self._watch(instant, tree, run.decisions)
        return run.decisions, moved

    def _apply(self, run: CycleOfTree, now: int) -> None:
        """Confirm what was admitted, then evict what was preempted."""
        for entry in run.admitted:
            self._confirm(entry, now)
        for target in run.preempted.values():
            self._evict(target.info, now)

    def _watch(self, instant: _Instant, tree: Tree, decisions: Sequence[Admitted | Preempted]) -> None:
        """Look for a circle that *decisions* close; whoever preempts in it is barred from that."""
        circle = instant.watch(tree).note(decisions, self.cycles)
        if circle:
            self.loops.append(Loop(instant.now, tuple(circle)))
            if self.break_loops:
                tree.barred.update(preempted.by.uid for preempted in circle)

    def _entries(self, tree: Tree, heads: Sequence[Info], ready: set[Info]) -> Iterable[Entry]:
        """Return the entries that matter, in order: those that might start, and whoever may reserve before them."""
        nominate = self.nominator.nominate
        if self.fair_sharing:
            return fair_order(tree, [nominate(info, self.cycles) for info in heads])
        entries = [nominate(info, self.cycles) for info in ready]
        last = max([precedence(entry.info, entry.assignment.borrowing) for entry in entries])
        for info in heads:
            if info not in ready and info.shape.queue.reserves and precedence(info, 0) < last:
                outlook = info.shape.outlook()
                if precedence(info, max([need[0] for need in outlook], default=0)) < last:
                    entries.append(self.nominator.nominate_in_vain(info, outlook))
        return classical_order(entries)

    def _confirm(self, entry: Entry, now: int) -> None:
        info, queue = entry.info, entry.queue
        queue.take(info)
        info.forget_cursors()
        info.reserved_at = now
        delay = IMMEDIATE if self.lifecycle.is_idle else self._follow(info, now)
        queue.hold(info, now, admitted=not delay.check)
        queue.generation += 1
        queue.tree.note_use(queue)

    def _follow(self, info: Info, now: int) -> Delay:
        """Follow what becomes of a workload that got quota; return how long it takes until it runs."""
        delay = self.delays[info.uid] = self.lifecycle.reserve(info, now)
        if delay.ready and self.lifecycle.pods_ready.block_admission:
            self.blocked_until = max(self.blocked_until, now + delay.check + delay.ready)
        return delay

    def _evict(self, info: Info, now: int) -> None:
        """Put a workload that was preempted back to where it stood when it was created."""
        self._free(info, now)
        self.lifecycle.lost(info, now)
        info.timestamp = info.created
        info.shape.queue.push(info)


def _put_back(run: CycleOfTree, heads: Sequence[Info]) -> tuple[list[Queue], bool]:
    """Put back the heads that were not admitted.

    Return the queues in which the turn does not pass to the next class, and whether any class was parked.
    """
    done = {entry.info for entry in run.admitted}
    lagging = [entry.queue for entry in run.admitted]
    moved = False
    for info, reason in [*run.requeued, *[(info, Requeue.NO_FIT) for info in heads]]:
        if info not in done:
            done.add(info)
            if info.shape.queue.requeue(info, reason):
                moved = True
            else:
                lagging.append(info.shape.queue)
    return lagging, moved
