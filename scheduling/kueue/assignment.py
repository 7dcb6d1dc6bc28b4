"""Flavor assignment: which flavors a workload gets, and whether it fits, must preempt, or cannot.

For each group of pod sets and each resource group the flavors are tried in order; `flavorFungibility` says when the
search stops and what it prefers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

from scheduling.kueue.plan import Group, Option, Plan, Wanted
from scheduling.kueue.quota import Height, Index, available, lowest_subtree_that_fits
from scheduling.kueue.topology import TopologyUsage
from scheduling.kueue.topology_request import Found
from scheduling.kueue.workload import Cursors

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


Pinned = Mapping[tuple[int, int], str]
"""The flavors that were nominated before, by (first pod set of the group, resource group)."""
NO_FIT, NO_CANDIDATES, PREEMPT, RECLAIM, FIT = Granular
Oracle = Callable[[Index, int], tuple[Granular, Height]]
"""What preempting for an amount of one flavor-resource alone would come to."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The flavor chosen for one resource group of a group of pod sets, and how each of its needs could be met.

    *tried* is where the scan stopped: an index of a flavor, or -1 when it was the last.
    """

    wanted: Wanted
    option: Option
    modes: tuple[Granular, ...]
    level: Height
    granular: Granular
    tried: int


@dataclass(slots=True)
class Assignment:
    """The outcome of one evaluation: flavors by group of pod sets, what they take, and what is in the way.

    *usage* and *borrowing* (the level that orders heads) cover the groups before one that failed. *contested* are
    the flavor-resources to free by preemption. *places* says which leaves of a topology pods go to,
    *topology_usage* what they take there.
    """

    plan: Plan
    mode: Mode = Mode.FIT
    chosen: list[tuple[Group, tuple[Chosen, ...]]] = field(default_factory=list)
    usage: list[tuple[Index, int]] = field(default_factory=list)
    borrowing: Height = 0
    contested: frozenset[Index] = frozenset()
    reasons: tuple[str, ...] = ()
    places: Found = field(default_factory=dict)
    topology_usage: tuple[TopologyUsage, ...] = ()

    @property
    def cursors(self) -> dict[tuple[int, int], int]:
        """Return where each scan stopped, by (first pod set of the group, resource group)."""
        return {
            (group.pod_sets[0], part.wanted.resource_group): part.tried
            for group, parts in self.chosen
            for part in parts
        }

    @property
    def nominated(self) -> dict[tuple[int, int], str]:
        """Return the chosen flavors, by (first pod set of the group, resource group)."""
        return {
            (group.pod_sets[0], part.wanted.resource_group): part.option.flavor
            for group, parts in self.chosen
            for part in parts
        }

    def requests(self) -> list[tuple[Index, int]]:
        """Return what the workload itself asks, flavor-resource by flavor-resource: without the implicit `pods`."""
        needs: dict[Index, int] = {}
        for _, parts in self.chosen:
            for part in parts:
                for resource, (index, amount) in zip(part.wanted.resources, part.option.needs, strict=True):
                    if amount and resource != "pods":
                        needs[index] = needs.get(index, 0) + amount
        return list(needs.items())

    def flavors(self) -> list[tuple[int, dict[str, str]]]:
        """Return for each pod set, in order, the flavor of each of its resources."""
        found = []
        for group, parts in self.chosen:
            by_resource = {resource: part.option.flavor for part in parts for resource in part.wanted.resources}
            for number in group.pod_sets:
                own = self.plan.requests[number]
                found.append((number, {name: flavor for name, flavor in by_resource.items() if name in own}))
        return sorted(found, key=lambda pair: pair[0])


def assign(queue: Queue, plan: Plan, cursors: Cursors, oracle: Oracle, pinned: Pinned | None = None) -> Assignment:
    """Choose flavors for all of *plan* in *queue*, each scan beginning behind its cursor.

    With *pinned* only the flavors are tried that it names.
    """
    assignment = Assignment(plan)
    usage: dict[Index, int] = {}
    contested: set[Index] = set()
    for group in plan.groups:
        parts = _assign_group(queue, group, usage, cursors, oracle, pinned)
        if isinstance(parts, str):
            assignment.mode = Mode.NO_FIT
            assignment.reasons = (parts,)
            break
        assignment.chosen.append((group, parts))
        group_fits = True
        for part in parts:
            group_fits = group_fits and part.granular is FIT
            assignment.borrowing = max(assignment.borrowing, part.level)
            for (index, amount), mode in zip(part.option.needs, part.modes, strict=True):
                usage[index] = usage.get(index, 0) + amount
                if mode is not FIT:
                    contested.add(index)
        if not group_fits and _mode(parts) is Mode.PREEMPT:
            assignment.mode = Mode.PREEMPT
    assignment.usage = list(usage.items())
    assignment.contested = frozenset(contested)
    return assignment


def _mode(parts: Sequence[Chosen]) -> Mode:
    """Return the mode of a group that does not fit by every representative: that of its worst resource."""
    return Mode.FIT if all(mode is FIT for part in parts for mode in part.modes) else Mode.PREEMPT


def _assign_group(
    queue: Queue,
    group: Group,
    usage: dict[Index, int],
    cursors: Cursors,
    oracle: Oracle,
    pinned: Pinned | None,
) -> tuple[Chosen, ...] | str:
    """Return what is chosen for *group*, or why nothing can be."""
    if group.unavailable is not None:
        return group.unavailable
    parts = []
    for wanted in group.wanted:
        place = group.pod_sets[0], wanted.resource_group
        only = pinned[place] if pinned else None
        part = _scan(queue, wanted, cursors.get(place, -1) + 1, usage, oracle, only)
        if part is None:
            return "no flavor"
        parts.append(part)
    return tuple(parts)


def _scan(
    queue: Queue, wanted: Wanted, start: int, usage: dict[Index, int], oracle: Oracle, only: str | None
) -> Chosen | None:
    """Try the flavors from *start* on; return the one at which the search stops, or else the best."""
    fungibility = queue.spec.flavor_fungibility
    borrow_last = fungibility.preference == "PreemptionOverBorrowing"
    next_when_borrowing = fungibility.when_can_borrow == "TryNextFlavor"
    next_when_preempting = fungibility.when_can_preempt == "TryNextFlavor"
    last = len(wanted.options) - 1
    best: tuple[tuple[int, int, int], Option, tuple[Granular, ...], Height, Granular] | None = None
    stop = last
    for number in range(start, last + 1):
        option = wanted.options[number]
        if option.unusable is not None or (only is not None and option.flavor != only):
            continue
        granular, height, modes, level = _try(queue, option, usage, oracle, borrow_last)
        again = (
            granular <= NO_CANDIDATES
            or (next_when_preempting and granular is not FIT)
            or (next_when_borrowing and height > 0)
        )
        rank = _rank(granular, height, borrow_last)
        if granular is not NO_FIT and (not again or best is None or rank > best[0]):
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
    queue: Queue, option: Option, usage: dict[Index, int], oracle: Oracle, borrow_last: bool
) -> tuple[Granular, Height, tuple[Granular, ...], Height]:
    """Judge one flavor: the mode and borrowing level of its worst resource, all modes, and the highest level."""
    worst, worst_height, highest = FIT, 0, 0
    worst_rank = _rank(FIT, 0, borrow_last)
    modes = []
    for index, amount in option.needs:
        granular, height = _judge(queue, index, amount + usage.get(index, 0), oracle)
        modes.append(granular)
        highest = max(highest, height)
        rank = _rank(granular, height, borrow_last)
        if rank < worst_rank:
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
    if amount <= max(0, available(node, index)):
        return FIT, height
    if amount <= node.nominal[index] or may_reclaim or queue.may_preempt_while_borrowing:
        return oracle(index, amount)
    return NO_FIT, height
