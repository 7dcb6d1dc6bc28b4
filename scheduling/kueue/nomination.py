"""Nomination: what a head would need, evaluated on the state before the cycle.

Flavors first, then places in a topology, then whom to preempt; and where all its pods do not fit, fewer of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scheduling.kueue.assignment import Assignment, Granular, Mode, Pinned, Usage, assign
from scheduling.kueue.placement import NoPlaceError, place
from scheduling.kueue.preemption import FindTargets, Request, Target, release, restore
from scheduling.kueue.quota import Height, Index, lowest_subtree_that_fits
from scheduling.kueue.topology import Topology, TopologyUsage
from scheduling.kueue.topology_request import Found, PodRequest
from scheduling.kueue.workload import FROM_THE_FIRST, Cursors, Info

if TYPE_CHECKING:
    from scheduling.kueue.queues import Queue
    from scheduling.kueue.shape import Outlook

Nominated = tuple[Assignment, list[Target]]
Places = Sequence[tuple[Topology, PodRequest]]


@dataclass(slots=True)
class Entry:
    """A head of a queue in one cycle, with its nomination."""

    info: Info
    queue: Queue
    assignment: Assignment
    targets: list[Target]


class Nominator:
    """Evaluates heads; *find_targets* says whom they may preempt."""

    def __init__(self, find_targets: FindTargets) -> None:
        """Remember how targets are found."""
        self.find_targets = find_targets
        self.cycle = 0
        self.info: Info
        self.searched: dict[object, list[Target]] = {}

    def nominate(self, info: Info, cycle: int) -> Entry:
        """Evaluate a head in the cycle number *cycle*; its next scan goes on where this one stops."""
        self.cycle = cycle
        queue = info.shape.queue
        cursors = info.cursors
        if cursors and cycle - info.cursor_cycle > 1 and queue.generation > info.cursor_generation:
            cursors = FROM_THE_FIRST
        assignment, targets = self._best(info, cursors, None)
        info.scanned(assignment.cursors, cycle)
        return Entry(info, queue, assignment, targets)

    def nominate_in_vain(self, info: Info, outlook: Outlook) -> Entry:
        """Evaluate a head of which it is certain that it neither fits nor finds anybody to preempt."""
        shape = info.shape
        assignment = shape.in_vain.get(outlook)
        if assignment is None:
            assignment = evaluate_in_vain(info)
            if outlook:
                shape.in_vain[outlook] = assignment
        return Entry(info, shape.queue, assignment, [])

    def renominate(self, entry: Entry) -> None:
        """Evaluate *entry* anew on the state as it is now, on the flavors it was nominated for."""
        nominated = self._best(entry.info, FROM_THE_FIRST, entry.assignment.nominated)
        entry.assignment, entry.targets = nominated
        entry.info.scanned(entry.assignment.cursors, self.cycle)

    def _best(self, info: Info, cursors: Cursors, pinned: Pinned | None) -> Nominated:
        """Return the nomination with all pods, or else with as many as fit or can preempt."""
        self.info = info
        self.searched.clear()
        shape = info.shape
        assignment, targets = self._assign(shape.full_counts, cursors, pinned)
        if assignment.mode is Mode.FIT:
            return assignment, targets
        if shape.can_shrink and not targets:
            assignment, targets = self._with_fewer_pods(cursors, pinned) or (assignment, targets)
        if assignment.mode is Mode.PREEMPT and assignment.plan.placed:
            _place_after_preemption(info, assignment, targets)
        return assignment, targets

    def _assign(self, counts: tuple[int, ...], cursors: Cursors, pinned: Pinned | None) -> Nominated:
        shape = self.info.shape
        assignment = assign(shape.queue, shape.plan(counts), cursors, self._oracle, pinned)
        places = _with_places(shape.queue, assignment) if assignment.plan.placed else ()
        if assignment.mode is not Mode.PREEMPT:
            return assignment, []
        return assignment, self._targets(assignment.contested, assignment.asked, places)

    def _targets(self, contested: frozenset[Index], amounts: Usage, places: Places) -> list[Target]:
        """Search for targets; what was searched for in this evaluation is known."""
        queue = self.info.shape.queue
        if not queue.preempts or self.info.uid in queue.tree.barred:
            return []
        wanted = contested, tuple(amounts), bool(places)
        found = self.searched.get(wanted)
        if found is None:
            request = Request(self.info, queue, contested, amounts, places)
            found = self.searched[wanted] = self.find_targets(request)
        return found

    def _with_fewer_pods(self, cursors: Cursors, pinned: Pinned | None) -> Nominated | None:
        """Search by bisection for the most pods with which the workload fits or can preempt; None where none do."""
        pod_sets = self.info.shape.pod_sets
        deltas = [p.count - (p.count if p.min_count is None else p.min_count) for p in pod_sets]
        total = sum(deltas)
        found = None
        low, high = 0, total + 1
        while low < high:
            step = (low + high) // 2
            counts = tuple(p.count - delta * step // total for p, delta in zip(pod_sets, deltas, strict=True))
            tried = self._assign(counts, cursors, pinned)
            if tried[0].mode is Mode.FIT or tried[1]:
                found, high = tried, step
            else:
                low = step + 1
        return found

    def _oracle(self, index: Index, amount: int) -> tuple[Granular, Height]:
        """Tell whether preemption could free an amount of one flavor-resource, whatever the places."""
        queue = self.info.shape.queue
        targets = self._targets(frozenset((index,)), ((index, amount),), ())
        for target in targets:
            release(target.info)
        height, _ = lowest_subtree_that_fits(queue.node, index, amount)
        for target in targets:
            restore(target.info)
        if not targets:
            return Granular.NO_CANDIDATES, height
        own = any([target.info.shape.queue is queue for target in targets])
        return (Granular.PREEMPT if own else Granular.RECLAIM), height


def evaluate_in_vain(info: Info) -> Assignment:
    """Evaluate a workload as if it could preempt nobody."""
    shape = info.shape
    queue = shape.queue

    def oracle(index: Index, amount: int) -> tuple[Granular, Height]:
        return Granular.NO_CANDIDATES, lowest_subtree_that_fits(queue.node, index, amount)[0]

    assignment = assign(queue, shape.plan(shape.full_counts), FROM_THE_FIRST, oracle)
    if assignment.plan.placed:
        _with_places(queue, assignment)
    return assignment


def _with_places(queue: Queue, assignment: Assignment) -> Places:
    """Find places for an assignment that quota allows; where none are free, it must preempt for them.

    Where there would be none even without other workloads, it does not fit. Returns what is to be placed.
    """
    if assignment.mode is Mode.NO_FIT:
        return ()
    places = _to_place(queue, assignment)
    if places is None:
        assignment.mode = Mode.NO_FIT
        return ()
    if assignment.mode is Mode.FIT:
        try:
            _settle(assignment, places, place(places))
        except NoPlaceError:
            assignment.mode = Mode.PREEMPT
        else:
            return places
    try:
        place(places, empty=True)
    except NoPlaceError:
        assignment.mode = Mode.NO_FIT
        return ()
    numbers = {request.number for _, request in places}
    assignment.contested |= _flavor_resources(assignment, numbers)
    return places


def _to_place(queue: Queue, assignment: Assignment) -> Places | None:
    """Return the pod sets to place, sorted by flavor; None where one got no flavor with a topology, or several."""
    flavors = dict(assignment.flavors())
    found = []
    for request in assignment.plan.placed:
        named = {flavor for flavor in flavors[request.number].values() if flavor in queue.offer.topologies}
        if len(named) != 1:
            return None
        found.append((named.pop(), request))
    found.sort(key=lambda pair: (pair[0], pair[1].number))
    return [(queue.offer.topologies[flavor], request) for flavor, request in found]


def _flavor_resources(assignment: Assignment, numbers: set[int]) -> frozenset[Index]:
    return frozenset(
        index
        for group, parts in assignment.chosen
        if numbers.intersection(group.pod_sets)
        for part in parts
        for index, _ in part.option.needs
    )


def _settle(assignment: Assignment, places: Places, found: Found) -> None:
    """Write down where the pods go, and what they take there."""
    assignment.places = found
    assignment.topology_usage = tuple(
        TopologyUsage(topology, identity, request.pod_set.on_node, count)
        for topology, request in places
        for identity, count in found[request.number].items()
    )


def _place_after_preemption(info: Info, assignment: Assignment, targets: Sequence[Target]) -> None:
    """Choose the places that will be free when the targets are gone; without targets, those of an empty cluster."""
    places = _to_place(info.shape.queue, assignment)
    if not places:
        return
    for target in targets:
        release(target.info)
    try:
        _settle(assignment, places, place(places, empty=not targets))
    except NoPlaceError:
        assignment.topology_usage = ()
    for target in targets:
        restore(target.info)
