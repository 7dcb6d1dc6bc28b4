"""Workloads that preempt each other in a circle: found at the instant, proven by a state that came back.

Real Kueue goes on for ever in such a circle (as a rule a returning victim is admitted before its preemptor, because
heads are ordered by the level or share at nomination). Here those who preempt in it may not preempt again before
something arrives or ends in their tree, so that time goes on.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scheduling.kueue.assignment import Assignment
from scheduling.kueue.cycle import Admitted, Preempted
from scheduling.kueue.preemption import Reason
from scheduling.kueue.tree import Tree


@dataclass(frozen=True, slots=True)
class Loop:
    """A circle that closed at the instant *at*: who preempted whom in one round of it."""

    at: int
    preemptions: tuple[Preempted, ...]

    @property
    def settings(self) -> tuple[tuple[str, str, str], ...]:
        """Return what lets them: (ClusterQueue, field, value), and of the manager's Configuration under no queue."""
        found = {}
        for preempted in self.preemptions:
            queue = preempted.by.shape.queue
            preemption = queue.spec.preemption
            borrowing = preemption.borrow_within_cohort
            found[preempted.target.reason, queue.name] = {
                Reason.IN_CLUSTER_QUEUE: (queue.name, "withinClusterQueue", preemption.within_cluster_queue),
                Reason.IN_COHORT_RECLAMATION: (queue.name, "reclaimWithinCohort", preemption.reclaim_within_cohort),
                Reason.IN_COHORT_RECLAIM_WHILE_BORROWING: (
                    queue.name,
                    "borrowWithinCohort.policy",
                    borrowing.policy if borrowing else "Never",
                ),
                Reason.IN_COHORT_FAIR_SHARING: ("", "fairSharing", "preemptionStrategies"),
            }[preempted.target.reason]
        return tuple(sorted(set(found.values())))


class Watch:
    """Watches one tree at one instant."""

    def __init__(self, tree: Tree) -> None:
        """Begin before the first decision of the instant."""
        self.tree = tree
        self.held: dict[int, object] = {}
        self.victims: set[int] = set()
        self.again = False
        self.preemptions: list[Preempted] = []
        self.seen: dict[object, int] = {}

    def note(self, decisions: Iterable[Admitted | Preempted], cycle: int) -> Sequence[Preempted]:
        """Take down the *decisions* of a cycle; return the preemptions of a circle that it closed, if it did.

        Without a workload that is preempted for the second time there is none.
        """
        before = len(self.preemptions)
        for decision in decisions:
            uid = decision.info.uid
            if isinstance(decision, Preempted):
                self.again = self.again or uid in self.victims
                self.victims.add(uid)
                self.held[uid] = None
                self.preemptions.append(decision)
            else:
                self.held[uid] = _content(decision.assignment)
        if not self.again or len(self.preemptions) == before:
            return ()
        state = self._state(cycle)
        first = self.seen.setdefault(state, len(self.preemptions))
        return self.preemptions[first:]

    def _state(self, cycle: int) -> object:
        """Return what decides how things go on after a cycle with preemptions: then no class is parked."""
        queues = self.tree.queues.values()
        return (
            frozenset(self.held.items()),
            tuple(queue.preemptor.uid for queue in queues if queue.preemptor),
            frozenset(
                (
                    uid,
                    tuple(sorted(info.cursors.items())),
                    min(2, cycle - info.cursor_cycle),
                    info.shape.queue.generation > info.cursor_generation,
                )
                for uid, info in self.tree.scanning.items()
            ),
        )


def _content(assignment: Assignment) -> object:
    places = tuple((pods.identity, pods.requests, pods.count) for pods in assignment.topology_usage)
    return assignment.plan.counts, tuple(assignment.usage), places
