"""Whom a workload preempts without fair sharing: the classical rules.

Candidates are workloads of the own queue (`withinClusterQueue`), and workloads of queues that borrow
(`reclaimWithinCohort`; `borrowWithinCohort` says whether the preemptor may then borrow itself). They are taken in
order until the preemptor fits; then, in reverse order, those without whom it still fits are let go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

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
from scheduling.kueue.workload import Info

if TYPE_CHECKING:
    from scheduling.kueue.queues import Queue


class Reason(StrEnum):
    """Why a workload is preempted, in Kueue's words."""

    IN_CLUSTER_QUEUE = "InClusterQueue"
    IN_COHORT_RECLAMATION = "InCohortReclamation"
    IN_COHORT_FAIR_SHARING = "InCohortFairSharing"
    IN_COHORT_RECLAIM_WHILE_BORROWING = "InCohortReclaimWhileBorrowing"


@dataclass(frozen=True, slots=True)
class Target:
    """A workload to preempt, and why."""

    info: Info
    reason: Reason


@dataclass(frozen=True, slots=True)
class Request:
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
        return all(
            (borrowing or not borrowing_with(node, index, amount)) and amount <= max(0, available(node, index))
            for index, amount in self.amounts
        ) and (not self.places or has_place(self.places))


FindTargets = Callable[[Request], list[Target]]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A workload that may be preempted; *around* is the cohort it shares with the preemptor (None: the same queue).

    *only_within_nominal*: only if the preemptor then stays within its own quota.
    """

    info: Info
    reason: Reason
    around: Node | None = None
    only_within_nominal: bool = False


def candidate_order(info: Info) -> tuple[int, int, int]:
    """Return the key that sorts candidates: lowest priority first, then the most recently admitted, then by uid."""
    return info.shape.priority, -info.reserved_at, info.uid


def satisfies(policy: str, preemptor: Info, candidate: Info) -> bool:
    """Tell whether *policy* lets *preemptor* preempt *candidate*."""
    if policy == "Any":
        return True
    if preemptor.shape.priority > candidate.shape.priority:
        return policy != "Never"
    return (
        policy == "LowerOrNewerEqualPriority"
        and preemptor.shape.priority == candidate.shape.priority
        and preemptor.timestamp < candidate.timestamp
    )


def uses(info: Info, contested: frozenset[Index]) -> bool:
    """Tell whether *info* was assigned one of the *contested* flavor-resources."""
    assignment = info.assignment
    return assignment is not None and any(index in contested for index, _ in assignment.usage)


def release(info: Info) -> None:
    """Take what *info* holds out of the tree and its topology."""
    if info.assignment is not None:
        for index, amount in info.assignment.usage:
            remove_usage(info.shape.queue.node, index, amount)
        for pods in info.assignment.topology_usage:
            pods.charge(-1)


def restore(info: Info) -> None:
    """Put what *info* holds back into the tree and its topology."""
    if info.assignment is not None:
        for index, amount in info.assignment.usage:
            add_usage(info.shape.queue.node, index, amount)
        for pods in info.assignment.topology_usage:
            pods.charge()


def allowed(policy: str, request: Request, queue: Queue) -> list[Info]:
    """Return the workloads of *queue* that the policy lets the preemptor preempt for what is contested."""
    return [
        info
        for info in queue.running.values()
        if satisfies(policy, request.preemptor, info) and uses(info, request.contested)
    ]


def classical_targets(request: Request) -> list[Target]:
    """Return whom to preempt so that *request* fits; empty where nobody can be."""
    own = _own(request)
    hierarchical, by_priority = _of_others(request)
    candidates = [*_sorted(hierarchical), *_sorted(by_priority), *_sorted(own)]
    for borrowing in _attempts(request, hierarchical, by_priority):
        targets = _attempt(request, candidates, borrowing)
        if targets:
            return targets
    return []


def _sorted(candidates: list[Candidate]) -> list[Candidate]:
    return sorted(candidates, key=lambda candidate: candidate_order(candidate.info))


def _own(request: Request) -> list[Candidate]:
    queue = request.queue
    policy = queue.spec.preemption.within_cluster_queue
    if policy == "Never":
        return []
    return [Candidate(info, Reason.IN_CLUSTER_QUEUE) for info in allowed(policy, request, queue)]


def _of_others(request: Request) -> tuple[list[Candidate], list[Candidate]]:
    """Return the candidates of other queues: those who use quota that is closer to the preemptor, and the others.

    Walking up the tree, a subtree whose quota covers what is still missing gives the preemptor the advantage over all
    that borrow from it.
    """
    queue = request.queue
    hierarchical: list[Candidate] = []
    by_priority: list[Candidate] = []
    if queue.spec.preemption.reclaim_within_cohort == "Never":
        return hierarchical, by_priority
    advantage, missing = _fit_in_quota(queue.node, request.amounts)
    below = queue.node
    for cohort in ancestors(queue.node):
        found = hierarchical if advantage else by_priority
        for other in _borrowers(cohort, below, request.contested):
            found.extend(_candidates(request, queue.tree.queues[other.name], cohort, advantage))
        fits, missing = _fit_in_quota(cohort, missing)
        advantage = advantage or fits
        below = cohort
    return hierarchical, by_priority


def _fit_in_quota(node: Node, amounts: Sequence[tuple[Index, int]]) -> tuple[bool, list[tuple[Index, int]]]:
    """Tell whether *amounts* fit the quota of *node*, and return what of them lies beyond its own unlent quota."""
    fits = not any(borrowing_with(node, index, amount) for index, amount in amounts)
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


def _candidates(request: Request, other: Queue, cohort: Node, advantage: bool) -> Iterator[Candidate]:
    preemption = request.queue.spec.preemption
    borrowing = preemption.borrow_within_cohort
    for info in allowed(preemption.reclaim_within_cohort, request, other):
        if advantage:
            yield Candidate(info, Reason.IN_COHORT_RECLAMATION, cohort)
        elif borrowing is None or borrowing.policy == "Never" or _above_threshold(request, info):
            yield Candidate(info, Reason.IN_COHORT_RECLAMATION, cohort, only_within_nominal=True)
        else:
            yield Candidate(info, Reason.IN_COHORT_RECLAIM_WHILE_BORROWING, cohort)


def _above_threshold(request: Request, candidate: Info) -> bool:
    borrowing = request.queue.spec.preemption.borrow_within_cohort
    threshold = borrowing.max_priority_threshold if borrowing else None
    priority = candidate.shape.priority
    return priority >= request.preemptor.shape.priority or (threshold is not None and priority > threshold)


def _attempts(request: Request, hierarchical: list[Candidate], by_priority: list[Candidate]) -> tuple[bool, ...]:
    """Return whether to try with borrowing, without, or both, and in which order."""
    queue = request.queue
    borrowing = queue.spec.preemption.borrow_within_cohort
    forbidden = borrowing is None or borrowing.policy == "Never"
    if not (hierarchical or by_priority) or (forbidden and not _under_nominal(queue.node, request.contested)):
        return (True,)
    return (False, True) if forbidden and not hierarchical else (True, False)


def _under_nominal(node: Node, contested: frozenset[Index]) -> bool:
    return all(node.usage[index] < node.nominal[index] for index in contested)


def _attempt(request: Request, candidates: list[Candidate], borrowing: bool) -> list[Target]:
    taken: list[Target] = []
    for candidate in candidates:
        if not _still_valid(candidate, request.contested, borrowing):
            continue
        release(candidate.info)
        taken.append(Target(candidate.info, candidate.reason))
        if request.fits(borrowing):
            targets = fill_back(request, taken, borrowing)
            for target in targets:
                restore(target.info)
            return targets
    for target in taken:
        restore(target.info)
    return []


def _still_valid(candidate: Candidate, contested: frozenset[Index], borrowing: bool) -> bool:
    """Tell whether the candidate's queue, and each cohort below the shared one, still exceeds its quota."""
    if candidate.around is None:
        return True
    if borrowing and candidate.only_within_nominal:
        return False
    node = candidate.info.shape.queue.node
    while node is not candidate.around:
        if within_nominal(node, contested):
            return False
        assert node.parent is not None  # noqa: S101 - the shared cohort stands above
        node = node.parent
    return True


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
