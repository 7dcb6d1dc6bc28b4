"""Flavor assignment: which flavors a workload gets, and whether it fits, must preempt, or cannot.

For each group of pod sets and each resource group the flavors are tried in order; `flavorFungibility` says when the
search stops and what it prefers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

from scheduling.kueue.plan import Group, Option, Plan, Wanted
from scheduling.kueue.quota import Height, Index, available, lowest_subtree_that_fits
from scheduling.kueue.topology import TopologyUsage
from scheduling.kueue.topology_request import Found
from scheduling.kueue.workload import FROM_THE_FIRST, Cursors

if TYPE_CHECKING:
    from scheduling.kueue.queues import Queue


class Granular(IntEnum):
    """How one flavor-resource, or a flavor by its worst resource, could be assigned; higher is better."""

    NO_FIT = 0
    NO_CANDIDATES = 1
    PREEMPT = 2
    RECLAIM = 3
    FIT = 4


class Mode(IntEnum):
    """Whether a workload fits as things are, fits after preemption, or does not fit."""

    NO_FIT = 0
    PREEMPT = 1
    FIT = 2


NO_FIT, NO_CANDIDATES, PREEMPT, RECLAIM, FIT = Granular
Usage = Sequence[tuple[Index, int]]
Scan = tuple[int, int]
"""A scan over flavors: (first pod set of the group, resource group)."""
Pinned = Mapping[Scan, str]
"""The flavors that were nominated before."""
Oracle = Callable[[Index, int], tuple[Granular, Height]]
"""What preempting for an amount of one flavor-resource alone would come to."""
NOTHING: frozenset[Index] = frozenset()
NOWHERE: Found = {}


class Chosen(NamedTuple):
    """The flavor chosen for one resource group of a group of pod sets, and how each of its needs could be met.

    *level* is the highest from which quota comes. *tried* is where the scan stopped: an index of a flavor, or -1 when
    it was the last.
    """

    wanted: Wanted
    option: Option
    modes: tuple[Granular, ...]
    level: Height
    granular: Granular
    tried: int


class Assignment:
    """The outcome of one evaluation: flavors by group of pod sets, what they take, and what is in the way.

    *usage* and *borrowing* (the level that orders heads) cover the groups before one that failed. *contested* are
    the flavor-resources to free by preemption. *places* says which leaves of a topology pods go to,
    *topology_usage* what they take there.
    """

    __slots__ = ("borrowing", "chosen", "contested", "mode", "places", "plan", "topology_usage", "usage")

    def __init__(self, plan: Plan) -> None:
        """Begin without any flavor."""
        self.plan = plan
        self.mode = Mode.FIT
        self.chosen: list[tuple[Group, Sequence[Chosen]]] = []
        self.usage: Usage = ()
        self.borrowing: Height = 0
        self.contested: frozenset[Index] = NOTHING
        self.places: Found = NOWHERE
        self.topology_usage: tuple[TopologyUsage, ...] = ()

    @property
    def cursors(self) -> Cursors:
        """Return where each scan stopped that did not reach the last flavor."""
        found = {
            (group.pod_sets[0], part.wanted.resource_group): part.tried
            for group, parts in self.chosen
            for part in parts
            if part.tried >= 0
        }
        return found or FROM_THE_FIRST

    @property
    def nominated(self) -> dict[Scan, str]:
        """Return the chosen flavors."""
        return {
            (group.pod_sets[0], part.wanted.resource_group): part.option.flavor
            for group, parts in self.chosen
            for part in parts
        }

    def requests(self) -> Usage:
        """Return what the workload itself asks, flavor-resource by flavor-resource: without the implicit `pods`."""
        asked = [part.option.asked for _, parts in self.chosen for part in parts]
        return asked[0] if len(asked) == 1 else summed(asked)

    def flavors(self) -> list[tuple[int, dict[str, str]]]:
        """Return for each pod set, in order, the flavor of each of its resources."""
        found = []
        for group, parts in self.chosen:
            by_resource = {resource: part.option.flavor for part in parts for resource in part.wanted.resources}
            for number in group.pod_sets:
                own = self.plan.requests[number]
                found.append((number, {name: flavor for name, flavor in by_resource.items() if name in own}))
        return sorted(found, key=lambda pair: pair[0])


def summed(usages: Sequence[Usage]) -> Usage:
    """Add *usages* up by flavor-resource."""
    total: dict[Index, int] = {}
    for usage in usages:
        for index, amount in usage:
            total[index] = total.get(index, 0) + amount
    return list(total.items())


def assign(queue: Queue, plan: Plan, cursors: Cursors, oracle: Oracle, pinned: Pinned | None = None) -> Assignment:
    """Choose flavors for all of *plan* in *queue*, each scan beginning behind its cursor.

    With *pinned* only the flavors are tried that it names.
    """
    assignment = Assignment(plan)
    taken: list[Usage] = []
    for group in plan.groups:
        parts = _assign_group(queue, group, dict(summed(taken)) if taken else {}, (cursors, pinned), oracle)
        if parts is None:
            assignment.mode = Mode.NO_FIT
            break
        assignment.chosen.append((group, parts))
        taken += [part.option.needs for part in parts]
        if any([part.granular is not FIT for part in parts]):
            assignment.mode = Mode.PREEMPT
    assignment.usage = taken[0] if len(taken) == 1 else summed(taken)
    for _, chosen in assignment.chosen:
        for part in chosen:
            if part.level > assignment.borrowing:
                assignment.borrowing = part.level
            if part.modes[0] is not FIT or part.modes.count(FIT) < len(part.modes):
                lacking = zip(part.option.needs, part.modes, strict=True)
                assignment.contested |= {index for (index, _), mode in lacking if mode is not FIT}
    return assignment


def _assign_group(
    queue: Queue, group: Group, usage: Mapping[Index, int], begin: tuple[Cursors, Pinned | None], oracle: Oracle
) -> list[Chosen] | None:
    """Return what is chosen for *group*; None where nothing can be."""
    if group.unavailable is not None:
        return None
    cursors, pinned = begin
    parts = []
    for wanted in group.wanted:
        scan = group.pod_sets[0], wanted.resource_group
        part = _scan(queue, wanted, (cursors.get(scan, -1) + 1, pinned[scan] if pinned else None), usage, oracle)
        if part is None:
            return None
        parts.append(part)
    return parts


def _scan(
    queue: Queue, wanted: Wanted, begin: tuple[int, str | None], usage: Mapping[Index, int], oracle: Oracle
) -> Chosen | None:
    """Try the flavors, from the first or only the one that *begin* names; return where the search stops, or the best.

    A flavor with a resource that fits by borrowing may be worse than one that must preempt, and is then passed over.
    """
    start, only = begin
    borrow_last = queue.borrow_last
    last = len(wanted.options) - 1
    best: tuple[tuple[int, int, int], Option, tuple[Granular, ...], Height, Granular] | None = None
    stop = last
    for number in range(start, last + 1):
        option = wanted.options[number]
        if option.unusable is not None or (only is not None and option.flavor != only):
            continue
        granular, height, modes, level = _try(queue, option, usage, oracle)
        again = (
            granular <= NO_CANDIDATES
            or (queue.next_when_preempting and granular is not FIT)
            or (queue.next_when_borrowing and height > 0)
        )
        if granular is not NO_FIT:
            rank = _rank(granular, height, borrow_last)
            if not again or best is None or rank > best[0]:
                best = (rank, option, modes, level, granular)
        if not again:
            stop = number
            break
    if best is None:
        return None
    _, option, modes, level, granular = best
    return Chosen(wanted, option, modes, level, granular, -1 if stop == last else stop)


def _rank(granular: Granular, height: Height, borrow_last: bool) -> tuple[int, int, int]:
    """Return what is higher for what is preferred; nothing is worse than no fit, then than no candidates."""
    if granular is NO_FIT:
        return 0, 0, 0
    viable = 1 if granular is NO_CANDIDATES else 2
    return (viable, -height, granular) if borrow_last else (viable, granular, -height)


def _try(
    queue: Queue, option: Option, usage: Mapping[Index, int], oracle: Oracle
) -> tuple[Granular, Height, tuple[Granular, ...], Height]:
    """Judge one flavor: the mode and borrowing level of its worst resource, all modes, and the highest level."""
    worst, worst_height, highest = FIT, 0, 0
    worst_rank: tuple[int, int, int] | None = None
    modes = []
    for index, amount in option.needs:
        granular, height = _judge(queue, index, amount + usage.get(index, 0) if usage else amount, oracle)
        modes.append(granular)
        if height > highest:
            highest = height
        if granular is not FIT or height:
            rank = _rank(granular, height, queue.borrow_last)
            if rank < (worst_rank or _rank(FIT, 0, queue.borrow_last)):
                worst, worst_height, worst_rank = granular, height, rank
        if granular is NO_FIT:
            break
    return worst, worst_height, tuple(modes), highest


def _judge(queue: Queue, index: Index, amount: int, oracle: Oracle) -> tuple[Granular, Height]:
    """Judge *amount* of one flavor-resource: its mode, and how far away the quota comes from."""
    node = queue.node
    if amount > node.potential[index]:
        return NO_FIT, 0
    height, may_reclaim = lowest_subtree_that_fits(node, index, amount)
    if amount <= 0 or amount <= available(node, index):
        return FIT, height
    if amount <= node.nominal[index] or may_reclaim or queue.may_preempt_while_borrowing:
        return oracle(index, amount)
    return NO_FIT, height
