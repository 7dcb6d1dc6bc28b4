"""Whom a workload preempts under fair sharing.

Victims come from the queue with the highest share, found by walking down the tree from the root; a strategy compares
the preemptor's share after admission with the victim's, at the level where their paths part.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from scheduling.kueue.fair_sharing import Share, Shares
from scheduling.kueue.preemption import (
    Reason,
    Request,
    Target,
    allowed,
    fill_back,
    release,
    restore,
)
from scheduling.kueue.quota import Index, Node, add_usage, ancestors, remove_usage
from scheduling.kueue.workload import Info, candidacy

if TYPE_CHECKING:
    from scheduling.kueue.queues import Queue

FINAL_SHARE = "LessThanOrEqualToFinalShare"
INITIAL_SHARE = "LessThanInitialShare"
LOWEST = (False, -1.0)


class FairPreemption:
    """Finds targets by the configured strategies, which are tried in order."""

    def __init__(self, strategies: Sequence[str]) -> None:
        """Remember the strategies; none means both."""
        self.strategies = tuple(strategies) or (FINAL_SHARE, INITIAL_SHARE)

    def __call__(self, request: Request) -> list[Target]:
        """Return whom to preempt so that *request* fits; empty where nobody can be."""
        candidates = _candidates(request)
        if not candidates:
            return []
        search = _Search(request, candidates)
        search.charge()
        fits = search.first_pass(self.strategies[0]) or (len(self.strategies) > 1 and search.second_pass())
        search.discharge()
        targets = fill_back(request, search.taken, borrowing=True) if fits else search.taken
        for target in targets:
            restore(target.info)
        return targets if fits else []


def _candidates(request: Request) -> dict[Queue, deque[Info]]:
    """Return the candidates of each queue in the order in which they are taken."""
    queue = request.queue
    policy = queue.spec.preemption
    found = {}
    if policy.within_cluster_queue != "Never":
        found[queue] = deque(c[3] for c in allowed(policy.within_cluster_queue, request, queue))
    if policy.reclaim_within_cohort != "Never" and queue.node.parent is not None:
        for other in queue.tree.queues.values():
            if other is not queue and _borrows(other.node, request):
                found[other] = deque(c[3] for c in allowed(policy.reclaim_within_cohort, request, other))
    return {queue: infos for queue, infos in found.items() if infos}


def _borrows(node: Node, request: Request) -> bool:
    return any(node.usage[index] > node.subtree[index] for index in request.contested)


class _Search:
    """One search: what was taken so far, whom a failed comparison left for the second pass, what is ruled out."""

    def __init__(self, request: Request, candidates: dict[Queue, deque[Info]]) -> None:
        self.request = request
        self.shares: Shares = request.queue.tree.shares
        self.candidates = candidates
        self.taken: list[Target] = []
        self.retry: dict[Queue, deque[Info]] = {}
        self.pruned: set[Node] = set()
        self.path = {request.queue.node, *ancestors(request.queue.node)}

    def charge(self) -> None:
        """Add the preemptor's request to its queue: shares must include it."""
        for index, amount in self.request.amounts:
            add_usage(self.request.queue.node, index, amount)

    def discharge(self) -> None:
        """Take the preemptor's request back out."""
        for index, amount in self.request.amounts:
            remove_usage(self.request.queue.node, index, amount)

    def first_pass(self, strategy: str) -> bool:
        """Take candidates by the first strategy until the request fits; tell whether it does."""
        own = self.request.queue
        within = not _borrows(own.node, self.request)
        while (queue := self._next_queue()) is not None:
            if queue is own:
                fits = self._take(self._pop(queue), Reason.IN_CLUSTER_QUEUE)
            elif within:
                fits = self._take(self._pop(queue), Reason.IN_COHORT_RECLAMATION)
            else:
                fits = self._take_by(strategy, queue)
            if fits:
                return True
        return False

    def _take_by(self, strategy: str, queue: Queue) -> bool:
        """Take the first candidate of *queue* that the strategy lets go; those before it get a second chance."""
        mine, theirs = self._nodes(queue)
        new_share, old_share = self._order(mine), self._order(theirs)
        judged: dict[tuple[tuple[Index, int], ...], bool] = {}
        while self.candidates[queue]:
            info = self._pop(queue)
            held = tuple(info.assignment.usage) if info.assignment else ()
            passed = judged.get(held)
            if passed is None:
                passed = judged[held] = (
                    new_share <= self._order_without(info, theirs) if strategy == FINAL_SHARE else new_share < old_share
                )
            if passed:
                return self._take(info, Reason.IN_COHORT_FAIR_SHARING)
            self.retry.setdefault(queue, deque()).append(info)
        return False

    def _order_without(self, info: Info, node: Node) -> tuple[bool, float]:
        """Return the share that *node* would have without *info*."""
        release(info)
        order = self._order(node)
        restore(info)
        return order

    def second_pass(self) -> bool:
        """Compare with the victims' shares before removal, one candidate for each queue; tell whether it now fits."""
        self.candidates, self.pruned = self.retry, set()
        while (queue := self._next_queue()) is not None:
            mine, theirs = self._nodes(queue)
            info = self._pop(queue)
            self.pruned.add(queue.node)
            if self._order(mine) < self._order(theirs) and self._take(info, Reason.IN_COHORT_FAIR_SHARING):
                return True
        return False

    def _pop(self, queue: Queue) -> Info:
        return self.candidates[queue].popleft()

    def _take(self, info: Info, reason: Reason) -> bool:
        release(info)
        self.taken.append(Target(info, reason))
        self.discharge()
        fits = self.request.fits()
        self.charge()
        return fits

    def _order(self, node: Node) -> tuple[bool, float]:
        return self.shares.share(node).order

    def _nodes(self, queue: Queue) -> tuple[Node, Node]:
        """Return the nodes of the preemptor and of *queue* just below the cohort where their paths meet."""
        theirs = queue.node
        while theirs.parent is not None and theirs.parent not in self.path:
            theirs = theirs.parent
        mine = self.request.queue.node
        while mine.parent is not theirs.parent and mine.parent is not None:
            mine = mine.parent
        return mine, theirs

    def _next_queue(self) -> Queue | None:
        """Return the queue to take from, walking from the root to the child with the highest share; None at the end."""
        own = self.request.queue
        if own.node.parent is None:
            return own if self.candidates.get(own) and own.node not in self.pruned else None
        root = own.tree.root
        while root not in self.pruned:
            found = self._below(root)
            if found is not None:
                return found
        return None

    def _below(self, cohort: Node) -> Queue | None:
        """Return the queue with the highest share below *cohort*, or rule *cohort* out and return None."""
        best_queue, queue_order = self._best_queue(cohort)
        best_cohort, cohort_order = self._best_cohort(cohort)
        if best_queue is None and best_cohort is None:
            self.pruned.add(cohort)
            return None
        if best_cohort is not None and cohort_order >= queue_order:
            return self._below(best_cohort)
        return best_queue

    def _best_queue(self, cohort: Node) -> tuple[Queue | None, tuple[bool, float]]:
        """On equal shares the queue goes first whose next candidate does."""
        best: Queue | None = None
        best_order = LOWEST
        for node, share in self._open_children(cohort, queues=True):
            queue = self.request.queue.tree.queues[node.name]
            if not self.candidates.get(queue) or (not share.borrowed and queue is not self.request.queue):
                self.pruned.add(node)
            elif share.order > best_order or (
                share.order == best_order and best is not None and self._goes_first(queue, best)
            ):
                best, best_order = queue, share.order
        return best, best_order

    def _goes_first(self, queue: Queue, other: Queue) -> bool:
        own = self.request.queue
        keys = [(q is own, *candidacy(self.candidates[q][0])) for q in (queue, other)]
        return keys[0] < keys[1]

    def _best_cohort(self, cohort: Node) -> tuple[Node | None, tuple[bool, float]]:
        """On equal shares the last cohort in order is taken; upstream's choice is arbitrary."""
        best: Node | None = None
        best_order = LOWEST
        for node, share in self._open_children(cohort, queues=False):
            if not share.borrowed and node not in self.path:
                self.pruned.add(node)
            elif share.order >= best_order:
                best, best_order = node, share.order
        return best, best_order

    def _open_children(self, cohort: Node, queues: bool) -> Iterator[tuple[Node, Share]]:
        for child in cohort.children:
            if child.is_queue is queues and child not in self.pruned:
                yield child, self.shares.share(child)
