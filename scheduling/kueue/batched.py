"""The scheduler of a real manager: what is parked is tried again in batches, some time after quota was freed."""

from collections.abc import Iterator

from scheduling.kueue.cluster import Cluster
from scheduling.kueue.cycle import Decision
from scheduling.kueue.lifecycle import Lifecycle
from scheduling.kueue.scheduler import Scheduler
from scheduling.kueue.tree import Tree


class BatchedScheduler(Scheduler):
    """Kueue's scheduler with the manager's batches: parked workloads come back *batch* milliseconds after quota did.

    What is not parked, a head that waits for its victims among it, is looked at in the next cycle (Kueue v0.19.2
    collects requests to requeue what is inadmissible for a second).
    """

    def __init__(self, cluster: Cluster, lifecycle: Lifecycle, break_loops: bool, batch: int) -> None:
        super().__init__(cluster, lifecycle, break_loops)
        self.batch = batch
        self.batches: dict[int, tuple[int, Tree]] = {}

    def _quota_back(self, tree: Tree, now: int) -> None:
        self.batches.setdefault(tree.number, (now + self.batch, tree))
        self.touched[tree.number] = tree

    def _freed(self, tree: Tree, now: int) -> None:
        self.batches.setdefault(tree.number, (now + self.batch, tree))

    @property
    def next_at(self) -> int | None:
        """Return when something is due that nobody else tells the scheduler, the next batch among it."""
        due = [at for at, _ in self.batches.values()]
        at = super().next_at
        return min(due if at is None else [*due, at], default=None)

    def settle(self, now: int) -> Iterator[Decision]:
        """Release the batches that are due, then run cycles as the scheduler does."""
        for number, (at, tree) in list(self.batches.items()):
            if at <= now:
                del self.batches[number]
                self._try_again(tree)
        yield from super().settle(now)
