"""One cohort tree: its queues, and whose turn it is after something was freed.

When capacity is freed, Kueue lets every parked class of the tree be tried again, one of each queue in each cycle. Most
are parked again at once. So here classes stay parked, and it is only counted whose turn it is: cycles before the turn
of the first that might start are skipped.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from scheduling.kueue.fair_sharing import Shares
from scheduling.kueue.quota import Index, Node, ancestors, settle_quotas
from scheduling.kueue.workload import Info

if TYPE_CHECKING:
    from scheduling.kueue.queues import Queue
    from scheduling.kueue.shape import Shape


class Tree:
    """A cohort tree: its *root* (a ClusterQueue without cohort is its own) and its queues by name.

    *waiting* and *parked* count classes, *lively* are the queues with classes that are not parked, *resting* those with
    parked ones. *scanning* are the workloads whose scan stopped before the last flavor, *barred* those that may not
    preempt at this instant, *now*.

    *freed* says that parked classes are to be tried again. Then *depth* counts the cycles since: in each of them the
    turn passes to the next class of every queue, except where the head was admitted or is tried again, which *lag*
    counts. *skipped* cycles go by before the one at *depth*; *ready* are the parked classes that might start in it.
    """

    __slots__ = (
        "asks",
        "barred",
        "borrowing",
        "count",
        "depth",
        "freed",
        "lag",
        "lively",
        "now",
        "number",
        "parked",
        "preempting",
        "preemptors",
        "queues",
        "ready",
        "resting",
        "root",
        "scanning",
        "shares",
        "skipped",
        "unlent",
        "unsure",
        "waiting",
    )

    def __init__(self, number: int, root: Node, queues: Mapping[str, Queue], shares: Shares, fair: bool) -> None:
        """Join the queues below *root* to the tree with *number* of the cluster."""
        self.number = number
        self.root = root
        self.queues = queues
        self.shares = shares
        self.count = 0
        self.freed = False
        self.depth = self.skipped = self.waiting = self.parked = self.preemptors = 0
        self.lively: dict[Queue, None] = {}
        self.resting: dict[Queue, None] = {}
        self.lag: dict[Queue, int] = {}
        self.ready: Collection[Shape] = ()
        self.scanning: dict[int, Info] = {}
        self.barred: set[int] = set()
        self.now = 0
        self.asks: dict[Index, list[tuple[int, int, Shape]]] = {}
        self.unsure: set[Shape] = set()
        self.borrowing = 0
        for queue in queues.values():
            queue.join(self, fair)
        self.unlent = _most_unlent(queues.values())
        self.preempting = [queue for queue in queues.values() if queue.preempts]

    def next_number(self) -> int:
        """Return how many classes there are already, for the next."""
        self.count += 1
        return self.count

    def others_borrow(self, queue: Queue) -> bool:
        """Tell whether any queue but *queue* exceeds its own quota."""
        return self.borrowing > queue.borrows

    def note_use(self, queue: Queue) -> None:
        """Take down that what *queue* holds has changed."""
        usage, subtree = queue.node.usage, queue.node.subtree
        borrows = any(usage[index] > subtree[index] for index in queue.indices)
        self.borrowing += borrows - queue.borrows
        queue.borrows = borrows

    def note_quotas(self) -> None:
        """Work out anew what follows from the quotas, after some were changed."""
        settle_quotas(self.root)
        self.shares.lendable.clear()
        self.unlent = _most_unlent(self.queues.values())
        for queue in self.queues.values():
            self.note_use(queue)
            for shape in queue.shapes.values():
                shape.in_vain.clear()

    def heads(self) -> list[Info]:
        """Return the workload that each queue tries in this cycle."""
        heads = [queue.head() for queue in self.lively]
        if self.depth:
            for queue in self.resting:
                turn = self.depth - 1 - self.lag.get(queue, 0)
                if turn < len(queue.parked):
                    heads.append(queue.parked[turn][3].waiting[0][2])
        return heads

    def might_start(self, info: Info) -> bool:
        """Tell whether a head might start in this cycle."""
        return info.shape in self.ready if info.shape.parked else bool(info.cursors) or info.shape.may_start()

    # parked classes

    def hook(self, shape: Shape) -> None:
        """Take down what a class asks for that is parked."""
        self.parked += 1
        asks = _asks(shape)
        if asks is None:
            self.unsure.add(shape)
        for index, amount in asks or ():
            insort(self.asks.setdefault(index, []), (amount, shape.number, shape))

    def unhook(self, shape: Shape) -> None:
        """Forget what a class asks for that is not parked any more."""
        self.parked -= 1
        self.unsure.discard(shape)
        for index, amount in _asks(shape) or ():
            asks = self.asks[index]
            del asks[bisect_left(asks, (amount, shape.number, shape))]

    @property
    def is_busy(self) -> bool:
        """Tell whether there are heads to try."""
        return self.depth > 0 or self.waiting > self.parked

    def wake(self) -> None:
        """Let parked classes be tried again, if something was freed."""
        if not self.freed:
            return
        self.freed = False
        for queue in [*self.lively]:
            while queue.active and queue.park(queue.active[-1][3]):
                pass
        if self.is_busy or self.unsure or self.scanning or self.preemptors:
            self.release()
        else:
            self._go_on()

    def startable(self) -> Collection[Shape]:
        """Return the parked classes of which a workload might start."""
        found: dict[Shape, None] = {}
        for index, asks in self.asks.items():
            room = self.root.subtree[index] - self.root.usage[index] + self.unlent[index]
            for amount, _, shape in asks:
                if amount > room:
                    break
                if shape not in found and shape.may_start():
                    found[shape] = None
        for queue in self.preempting:
            if queue.may_preempt_for_parked():
                found |= {shape: None for *_, shape in queue.parked if shape not in found and shape.may_start()}
        return found

    def release(self) -> None:
        """Let all parked classes be tried again."""
        self._end_turns()
        self.parked = 0
        self.asks.clear()
        self.unsure.clear()
        for queue in [*self.resting]:
            queue.release(queue.parked)

    def step(self, lagging: Iterable[Queue]) -> None:
        """Conclude a cycle in which parked classes had their turn; *lagging* are the queues where it does not pass on.

        Where a scan goes on, classes whose turn has not come are parked no more.
        """
        for queue in lagging:
            self.lag[queue] = self.lag.get(queue, 0) + 1
        if not self.scanning:
            self._go_on()
            return
        for queue in [*self.resting]:
            places = queue.parked[self.depth - self.lag.get(queue, 0) :]
            for *_, shape in places:
                self.unhook(shape)
            queue.release(places)
        self._end_turns()

    def _end_turns(self) -> None:
        self.depth = 0
        self.lag.clear()

    def _go_on(self) -> None:
        """Skip the cycles until a class has its turn that might start; where none is left, all stay parked."""
        skipped: int | None = None
        self.ready = self.startable()
        for shape in self.ready:
            queue = shape.queue
            turn = queue.turn(shape) + self.lag.get(queue, 0) - self.depth
            if turn >= 0 and (skipped is None or turn < skipped):
                skipped = turn
        if skipped is None:
            self._end_turns()
        else:
            self.skipped = skipped
            self.depth += skipped + 1


def _most_unlent(queues: Collection[Queue]) -> list[int]:
    """Return for each flavor-resource the most that any of *queues* may use beyond the root's pool."""
    return [max(amounts) for amounts in zip(*(_unlent(queue.node) for queue in queues), strict=True)]


def _unlent(node: Node) -> Iterator[int]:
    """Yield for each flavor-resource how much of what *node* may use lies outside the root's pool."""
    path = [above for above in (node, *ancestors(node)) if above.parent is not None]
    return (sum(above.local[index] for above in path) for index in range(len(node.local)))


def _asks(shape: Shape) -> list[tuple[Index, int]] | None:
    """Return for each flavor the last (most particular) amount that a workload takes of it; None where unknown."""
    if shape.choices is None or not all(shape.choices):
        return None
    return [needs[-1] for needs in shape.choices]


def scans(trees: Iterable[Tree]) -> object:
    """Return what idle cycles may still change: where the scans of waiting workloads go on."""
    return frozenset(
        (uid, tuple(sorted(info.cursors.items()))) for tree in trees for uid, info in tree.scanning.items()
    )
