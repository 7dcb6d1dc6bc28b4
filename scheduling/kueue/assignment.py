"""Flavor assignment: which flavors a workload gets, and whether it fits, must preempt, or cannot.

For each group of pod sets and each resource group the flavors are tried in order; `flavorFungibility` says when the
search stops and what it prefers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple, TypeVar

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

    __hash__ = int.__hash__


class Mode(IntEnum):
    """Whether a workload fits as things are, fits after preemption, or does not fit."""

    NO_FIT = 0
    PREEMPT = 1
    FIT = 2


Key = TypeVar("Key", int, str)
NO_FIT, NO_CANDIDATES, PREEMPT, RECLAIM, FIT = Granular
Usage = Sequence[tuple[Index, int]]
Scan = tuple[int, int]
"""A scan over flavors: (first pod set of the group, resource group)."""
Pinned = Mapping[Scan, str]
"""The flavors that were nominated before."""
Oracle = Callable[[Index, int], tuple[Granular, Height]]
"""What preempting for an amount of one flavor-resource alone would come to."""


class Verdict(NamedTuple):
    """Where a scan over the flavors of one resource group stopped, or else the best of them.

    *option* is the flavor, *modes* how each of its needs could be met, *granular* the worst of them. *level* is the
    highest from which quota comes. *tried* is where the scan stopped: an index of a flavor, or -1 when it was the last.
    """

    option: int
    modes: tuple[Granular, ...]
    level: Height
    granular: Granular
    tried: int


class Chosen(NamedTuple):
    """The flavor chosen for one resource group of a group of pod sets."""

    wanted: Wanted
    option: Option
    verdict: Verdict


class Assignment:
    """The outcome of one evaluation: flavors by group of pod sets, what they take, and what is in the way.

    *usage* and *borrowing* (the level that orders heads) cover the groups before one that failed; *asked* is the usage
    without the implicit `pods`. *contested* are the flavor-resources to free by preemption, *cursors* where scans
    stopped before the last flavor. *places* says which leaves of a topology pods go to, *topology_usage* what they
    take there.
    """

    __slots__ = (
        "asked",
        "borrowing",
        "chosen",
        "contested",
        "cursors",
        "mode",
        "places",
        "plan",
        "topology_usage",
        "usage",
    )

    def __init__(self, plan: Plan, verdicts: Sequence[Sequence[Verdict]]) -> None:
        """Turn *verdicts* on the first groups of *plan* into flavors; where there are not all, it does not fit."""
        self.plan = plan
        self.chosen = [
            (group, tuple(Chosen(wanted, wanted.options[v.option], v) for wanted, v in pairs))
            for group, pairs in zip(plan.groups, map(zip, (g.wanted for g in plan.groups), verdicts), strict=False)
        ]
        parts = [part for _, chosen in self.chosen for part in chosen]
        self.usage: Usage = summed(part.option.needs for part in parts)
        self.asked: Usage = summed(part.option.asked for part in parts)
        self.borrowing: Height = max((part.verdict.level for part in parts), default=0)
        self.contested = frozenset(
            index
            for part in parts
            for (index, _), mode in zip(part.option.needs, part.verdict.modes, strict=True)
            if mode is not FIT
        )
        self.cursors: Cursors = {
            (group.pod_sets[0], part.wanted.resource_group): part.verdict.tried
            for group, chosen in self.chosen
            for part in chosen
            if part.verdict.tried >= 0
        }
        self.mode = Mode.FIT if all(part.verdict.granular is FIT for part in parts) else Mode.PREEMPT
        if len(verdicts) < len(plan.groups):
            self.mode = Mode.NO_FIT
        self.places: Found = {}
        self.topology_usage: tuple[TopologyUsage, ...] = ()

    @property
    def nominated(self) -> dict[Scan, str]:
        """Return the chosen flavors."""
        return {
            (group.pod_sets[0], part.wanted.resource_group): part.option.flavor
            for group, parts in self.chosen
            for part in parts
        }

    def flavors(self) -> list[tuple[int, dict[str, str]]]:
        """Return for each pod set, in order, the flavor of each of its resources."""
        found = []
        for group, parts in self.chosen:
            by_resource = {resource: part.option.flavor for part in parts for resource in part.wanted.resources}
            for number in group.pod_sets:
                own = self.plan.requests[number]
                found.append((number, {name: flavor for name, flavor in by_resource.items() if name in own}))
        return sorted(found, key=lambda pair: pair[0])


def summed(parts: Iterable[Iterable[tuple[Key, int]]]) -> Sequence[tuple[Key, int]]:
    """Add amounts up by their key: a flavor-resource, or the name of a resource.

    >>> summed([[("cpu", 1)], [("memory", 4), ("cpu", 2)]])
    (('cpu', 3), ('memory', 4))
    """
    total: dict[Key, int] = {}
    for part in parts:
        for key, amount in part:
            total[key] = total.get(key, 0) + amount
    return tuple(total.items())


def assign(queue: Queue, plan: Plan, cursors: Cursors, oracle: Oracle, pinned: Pinned | None = None) -> Assignment:
    """Choose flavors for all of *plan* in *queue*, each scan beginning behind its cursor.

    With *pinned* only the flavors are tried that it names. Equal outcomes are one object, but for those with places.
    """
    verdicts: list[tuple[Verdict, ...]] = []
    usage: dict[Index, int] = {}
    for group in plan.groups:
        found = _assign_group(queue, group, (cursors, pinned), usage, oracle)
        if found is None:
            break
        verdicts.append(found)
        if len(plan.groups) > 1:
            for wanted, verdict in zip(group.wanted, found, strict=True):
                for index, amount in wanted.options[verdict.option].needs:
                    usage[index] = usage.get(index, 0) + amount
    if plan.placed:
        return Assignment(plan, verdicts)
    key = tuple(verdicts)
    known: Assignment | None = plan.outcomes.get(key)
    if known is None:
        known = plan.outcomes[key] = Assignment(plan, verdicts)
    return known


def recorded(plan: Plan, flavors: Sequence[Mapping[str, str]]) -> Assignment:
    """Return the assignment that gives each pod set of *plan* its *flavors*, by resource, whatever is free.

    From the first group on that has a flavor which its queue does not offer, nothing is assigned.
    """
    verdicts: list[list[Verdict]] = []
    for group in plan.groups:
        chosen = [_recorded(wanted, flavors[group.pod_sets[0]]) for wanted in group.wanted]
        if any([verdict is None for verdict in chosen]):
            break
        verdicts.append([verdict for verdict in chosen if verdict is not None])
    return Assignment(plan, verdicts)


def _recorded(wanted: Wanted, flavors: Mapping[str, str]) -> Verdict | None:
    named = {flavors[resource] for resource in wanted.resources if resource in flavors}
    for number, option in enumerate(wanted.options):
        if option.flavor in named:
            return Verdict(number, (FIT,) * len(option.needs), 0, FIT, -1)
    return None


def _assign_group(
    queue: Queue, group: Group, begin: tuple[Cursors, Pinned | None], usage: Mapping[Index, int], oracle: Oracle
) -> tuple[Verdict, ...] | None:
    """Return what is chosen for *group*; None where nothing can be."""
    if group.unavailable is not None:
        return None
    cursors, pinned = begin
    found = []
    for wanted in group.wanted:
        scan = group.pod_sets[0], wanted.resource_group
        verdict = _scan(queue, wanted, (cursors.get(scan, -1) + 1, pinned[scan] if pinned else None), usage, oracle)
        if verdict is None:
            return None
        found.append(verdict)
    return tuple(found)


def _scan(
    queue: Queue, wanted: Wanted, begin: tuple[int, str | None], usage: Mapping[Index, int], oracle: Oracle
) -> Verdict | None:
    """Try the flavors, from the first or only the one that *begin* names; return where the search stops, or the best.

    A flavor with a resource that fits by borrowing may be worse than one that must preempt, and is then passed over.
    """
    start, only = begin
    last = len(wanted.options) - 1
    best: Verdict | None = None
    best_rank = 0, 0, 0
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
        if not again:
            return Verdict(number, modes, level, granular, -1 if number == last else number)
        if granular is not NO_FIT:
            rank = _rank(granular, height, queue.borrow_last)
            if best is None or rank > best_rank:
                best, best_rank = Verdict(number, modes, level, granular, -1), rank
    return best


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
