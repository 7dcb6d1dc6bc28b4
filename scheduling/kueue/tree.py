"""One cohort tree: its queues, and which of their parked classes could start after something was freed.

When capacity is freed, Kueue lets every parked class of the tree be tried again. Most are parked again at once, so
classes stay parked here until one of them might start: `wake` says in which cycle its turn comes, and in the cycles
before nothing can happen.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from scheduling.kueue.fair_sharing import Shares
from scheduling.kueue.quota import Index, Node, ancestors
from scheduling.kueue.workload import Info

if TYPE_CHECKING:
    from scheduling.kueue.queues import Queue, Shape


class Tree:
    """A cohort tree: its *root* (a ClusterQueue without cohort is its own) and its queues by name.

    *waiting* and *parked* count classes. *freed* says that parked classes are to be tried again. While all are still parked then, *depth* is the cycle after
    that (0: heads are those of the active classes), *skipped* how many cycles before it pass without any effect, and
    *stirred* are the classes that are not parked any more. *scanning* are the workloads whose scan stopped before the
    last flavor.
    """

    __slots__ = (
        "asks",
        "borrowing",
        "count",
        "depth",
        "freed",
        "number",
        "parked",
        "preempting",
        "queues",
        "root",
        "scanning",
        "shares",
        "skipped",
        "stirred",
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
        self.depth = self.skipped = self.waiting = self.parked = 0
        self.stirred: set[Shape] = set()
        self.scanning: dict[int, Info] = {}
        self.asks: dict[Index, list[tuple[int, int, Shape]]] = {}
        self.unsure: set[Shape] = set()
        self.borrowing = 0
        self.unlent = [0] * len(root.nominal)
        for queue in queues.values():
            queue.join(self, fair)
            self.unlent = list(map(max, self.unlent, _unlent(queue.node)))
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

    def heads(self) -> list[Info]:
        """Return the workload that each queue tries in this cycle, in the order of the queues."""
        if self.depth:
            at = self.depth - 1
            return [queue.parked[at][3].first for queue in self.queues.values() if len(queue.parked) > at]
        return [head for queue in self.queues.values() if (head := queue.head()) is not None]

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
        """Let parked classes be tried again, if something was freed.

        Where none can start, all are left parked; where one can, the cycles before its turn are skipped.
        """
        if not self.freed:
            return
        self.freed = False
        for queue in self.queues.values():
            while queue.active and queue.park(queue.active[-1][3]):
                pass
        if self.is_busy or self.unsure or self.scanning or any(queue.preemptor for queue in self.queues.values()):
            self.release()
            return
        found = self.startable()
        if found:
            self.depth = 1 + min(shape.queue.parked.index(shape.place) for shape in found)  # type: ignore[arg-type]
            self.skipped = self.depth - 1

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
        self.depth = self.parked = 0
        self.stirred.clear()
        self.asks.clear()
        self.unsure.clear()
        for queue in self.queues.values():
            if queue.parked:
                queue.release()

    def passed(self, queues: Collection[Queue]) -> dict[Queue, set[Shape]]:
        """Return which classes of *queues* have had their turn, this cycle's included."""
        if not self.depth:
            return {}
        self.stirred.clear()
        return {queue: {shape for *_, shape in queue.parked[: self.depth]} for queue in queues}

    def spread(self, passed: Mapping[Queue, Collection[Shape]]) -> None:
        """Go over from `depth` to active classes, if any might still start: those that had their turn stay parked.

        In queues where something happened these are the ones *passed*, but for those that were *stirred*.
        """
        depth, self.depth = self.depth, 0
        if not self.startable() and not self.scanning:
            return
        for queue in self.queues.values():
            if queue in passed:
                places = [p for p in queue.parked if p[3] in self.stirred or p[3] not in passed[queue]]
            else:
                places = queue.parked[depth:]
            for *_, shape in places:
                self.unhook(shape)
            if places:
                queue.release(places)


def _unlent(node: Node) -> Iterator[int]:
    """Yield for each flavor-resource how much of what *node* may use lies outside the root's pool."""
    path = [above for above in (node, *ancestors(node)) if above.parent is not None]
    return (sum(above.local[index] for above in path) for index in range(len(node.local)))


def _asks(shape: Shape) -> list[tuple[Index, int]] | None:
    """Return for each flavor the last (most particular) amount that a workload takes of it; None where unknown."""
    if shape.choices is None or not all(shape.choices):
        return None
    return [needs[-1] for needs in shape.choices]
