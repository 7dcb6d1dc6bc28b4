"""Whom a workload preempts without fair sharing: the classical rules.

Candidates are workloads of the own queue (`withinClusterQueue`), and workloads of queues that borrow
(`reclaimWithinCohort`; `borrowWithinCohort` says whether the preemptor may then borrow itself). They are taken in
order until the preemptor fits; then, in reverse order, those without whom it still fits are let go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from heapq import merge
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from scheduling.kueue.placement import has_place
from scheduling.kueue.quota import (
    Index,
    Node,
    add_usage,
    ancestors,
    available,
    borrowing_with,
    local_available,
    remove_usage,
    within_nominal,
)
from scheduling.kueue.topology import Topology
from scheduling.kueue.topology_request import PodRequest
from scheduling.kueue.workload import Candidacy, Info

if TYPE_CHECKING:
    from scheduling.kueue.admission_fair_sharing import Memories
    from scheduling.kueue.queues import Queue


class Reason(StrEnum):
    """Why a workload is preempted, in Kueue's words."""

    IN_CLUSTER_QUEUE = "InClusterQueue"
    IN_COHORT_RECLAMATION = "InCohortReclamation"
    IN_COHORT_FAIR_SHARING = "InCohortFairSharing"
    IN_COHORT_RECLAIM_WHILE_BORROWING = "InCohortReclaimWhileBorrowing"


class Target(NamedTuple):
    """A workload to preempt, and why."""

    info: Info
    reason: Reason


class Request(NamedTuple):
    """Who would preempt for what: *amounts* that must fit, of which *contested* are to be freed.

    *places* are the pod sets that must find a place in a topology too.
    """

    preemptor: Info
    queue: Queue
    contested: frozenset[Index]
    amounts: Sequence[tuple[Index, int]]
    places: Sequence[tuple[Topology, PodRequest]] = ()

    def fits(self, borrowing: bool = True) -> bool:
        """Tell whether all amounts fit as things are; without *borrowing*, within the queue's own quota."""
        node = self.queue.node
        for index, amount in self.amounts:
            if amount > max(0, available(node, index)) or not (borrowing or not borrowing_with(node, index, amount)):
                return False
        return not self.places or has_place(self.places)


FindTargets = Callable[[Request], list[Target]]


def release(info: Info) -> None:
    """Take what *info* holds out of the tree and its topology."""
    if info.assignment is not None:
        node = info.shape.queue.node
        for index, amount in info.assignment.usage:
            remove_usage(node, index, amount)
        for pods in info.assignment.topology_usage:
            pods.charge(-1)


def restore(info: Info) -> None:
    """Put what *info* holds back into the tree and its topology."""
    if info.assignment is not None:
        node = info.shape.queue.node
        for index, amount in info.assignment.usage:
            add_usage(node, index, amount)
        for pods in info.assignment.topology_usage:
            pods.charge()


def allowed(policy: str, request: Request, queue: Queue) -> Iterator[Candidacy]:
    """Yield the workloads of *queue* that the policy lets the preemptor preempt for what is contested, in order."""
    if queue.memories is not None:
        return _by_usage(queue.memories, allowed_by_priority(policy, request, queue), queue.tree.now)
    return allowed_by_priority(policy, request, queue)


def _by_usage(memories: Memories, candidates: Iterator[Candidacy], now: int) -> Iterator[Candidacy]:
    """Sort *candidates* of one queue: those of the LocalQueue go first that has used most."""
    return iter(sorted(candidates, key=lambda c: (-memories.usage(c[3].shape.local_queue, now), c)))


def allowed_by_priority(policy: str, request: Request, queue: Queue) -> Iterator[Candidacy]:
    """Yield the same, where LocalQueues do not matter."""
    preemptor, contested = request.preemptor, request.contested
    priority = preemptor.shape.priority
    if policy == "Any":
        found: Iterable[Candidacy] = queue.running
    elif policy == "LowerPriority":
        found = queue.running.below(priority)
    elif policy == "LowerOrNewerEqualPriority":
        equal = (c for c in queue.running.at(priority) if preemptor.timestamp < c[3].timestamp)
        found = chain(queue.running.below(priority), equal)
    else:
        return iter(())
    if contested.issuperset(queue.indices):
        return iter(found)
    return (c for c in found if _uses(c[3], contested))


def _uses(info: Info, contested: frozenset[Index]) -> bool:
    """Tell whether *info* was assigned one of the *contested* flavor-resources."""
    return info.assignment is not None and any([index in contested for index, _ in info.assignment.usage])


class Others(NamedTuple):
    """Queues that borrow and share the cohort *around* with the preemptor, which has the advantage or not.

    It has if what it asks for is covered by quota that is closer to it than to them.
    """

    queues: Sequence[Queue]
    around: Node
    advantage: bool


def classical_targets(request: Request) -> list[Target]:
    """Return whom to preempt so that *request* fits; empty where nobody can be."""
    search = _Search(request)
    for borrowing in search.attempts():
        targets = search.attempt(borrowing)
        if targets:
            return targets
    return []


class _Search:
    """The candidates of one request: first who uses quota closer to the preemptor, then other queues, then its own."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.preemption = request.queue.spec.preemption
        borrowing = self.preemption.borrow_within_cohort
        self.may_borrow = borrowing is not None and borrowing.policy != "Never"
        self.threshold = borrowing.max_priority_threshold if borrowing else None
        self.others = list(_others(request)) if request.queue.reclaims else []
        self.around = {queue: others for others in self.others for queue in others.queues}

    def candidates(self) -> Iterator[Info]:
        """Yield all candidates in the order in which they are taken."""
        policy = self.preemption.reclaim_within_cohort
        for advantage in (True, False):
            queues = [q for others in self.others if others.advantage is advantage for q in others.queues]
            for candidacy in merge(*(allowed(policy, self.request, queue) for queue in queues)):
                yield candidacy[3]
        for candidacy in self.own():
            yield candidacy[3]

    def own(self) -> Iterator[Candidacy]:
        """Yield the candidates of the preemptor's own queue."""
        return allowed(self.preemption.within_cluster_queue, self.request, self.request.queue)

    def attempts(self) -> Sequence[bool]:
        """Return whether to try with borrowing, without, or both, and in which order.

        Attempts that must fail are left out: within nominal quota, when the own usage cannot get lower.
        """
        request, node = self.request, self.request.queue.node
        policy = self.preemption.reclaim_within_cohort
        found = [o.advantage for o in self.others if any(any(allowed(policy, request, q)) for q in o.queues)]
        nobody = next(self.own(), None) is None
        if not found:
            return () if nobody else (True,)
        if not self.may_borrow and any(node.usage[index] >= node.nominal[index] for index in request.contested):
            order: Sequence[bool] = (True,)
        else:
            order = (True, False) if self.may_borrow or any(found) else (False, True)
        if nobody and any(borrowing_with(node, index, amount) for index, amount in request.amounts):
            order = [borrowing for borrowing in order if borrowing]
        if nobody and not self.may_borrow and not any(found):
            order = [borrowing for borrowing in order if not borrowing]
        return order

    def attempt(self, borrowing: bool) -> list[Target]:
        """Take candidates until the request fits; return those of them that are needed."""
        request = self.request
        taken: list[Target] = []
        for info in self.candidates():
            reason = self.reason(info, borrowing)
            if reason is None:
                continue
            release(info)
            taken.append(Target(info, reason))
            if request.fits(borrowing):
                targets = fill_back(request, taken, borrowing)
                for target in targets:
                    restore(target.info)
                return targets
        for target in taken:
            restore(target.info)
        return []

    def reason(self, info: Info, borrowing: bool) -> Reason | None:
        """Return why *info* may be preempted at this point of an attempt; None where it may not.

        Of other queues only as long as they, and each cohort below the shared one, still exceed their quota.
        """
        queue = info.shape.queue
        if queue is self.request.queue:
            return Reason.IN_CLUSTER_QUEUE
        others = self.around[queue]
        reclaims = others.advantage or not self.may_borrow or self._is_protected(info)
        if borrowing and reclaims and not others.advantage:
            return None
        node = queue.node
        while node is not others.around:
            if within_nominal(node, self.request.contested):
                return None
            assert node.parent is not None  # noqa: S101 - the shared cohort stands above
            node = node.parent
        return Reason.IN_COHORT_RECLAMATION if reclaims else Reason.IN_COHORT_RECLAIM_WHILE_BORROWING

    def _is_protected(self, info: Info) -> bool:
        """Tell whether *info* is too important to be preempted by a workload that borrows."""
        priority = info.shape.priority
        above = self.threshold is not None and priority > self.threshold
        return above or priority >= self.request.preemptor.shape.priority


def _others(request: Request) -> Iterator[Others]:
    """Yield the queues that borrow what is contested, cohort by cohort, walking up the tree from the preemptor.

    Where the quota of a subtree covers what is still missing, the preemptor has the advantage over all above it.
    """
    below = request.queue.node
    advantage, missing = _fit_in_quota(below, request.amounts)
    for cohort in ancestors(below):
        queues = request.queue.tree.queues
        nodes = _borrowers(cohort, below, request.contested)
        yield Others([queues[node.name] for node in nodes], cohort, advantage)
        fits, missing = _fit_in_quota(cohort, missing)
        advantage = advantage or fits
        below = cohort


def _fit_in_quota(node: Node, amounts: Sequence[tuple[Index, int]]) -> tuple[bool, list[tuple[Index, int]]]:
    """Tell whether *amounts* fit the quota of *node*, and return what of them lies beyond its own unlent quota."""
    fits = not any([borrowing_with(node, index, amount) for index, amount in amounts])
    return fits, [(index, max(0, amount - local_available(node, index))) for index, amount in amounts]


def _borrowers(cohort: Node, skipped: Node, contested: frozenset[Index]) -> Iterator[Node]:
    """Yield the queues below *cohort* that exceed their quota, through cohorts that exceed theirs."""
    for child in cohort.children:
        if child is skipped or within_nominal(child, contested):
            continue
        if child.is_queue:
            yield child
        else:
            yield from _borrowers(child, skipped, contested)


def fill_back(request: Request, taken: list[Target], borrowing: bool) -> list[Target]:
    """Return those of *taken* without whom the request would not fit; the others are put back into the tree."""
    needed = list(taken)
    for target in reversed(taken[:-1]):
        restore(target.info)
        if request.fits(borrowing):
            needed.remove(target)
        else:
            release(target.info)
    return needed
