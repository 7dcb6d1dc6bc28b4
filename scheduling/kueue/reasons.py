"""Why a workload waits: in Kueue's vocabulary (the reasons of its QuotaReserved condition), with what is missing."""

from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

from scheduling.kueue.assignment import Assignment, Mode
from scheduling.kueue.nomination import evaluate_in_vain
from scheduling.kueue.plan import Group, Option, Wanted
from scheduling.kueue.queues import Queue
from scheduling.kueue.quota import Index, Node, available, narrowest, queues_below
from scheduling.kueue.workload import Info


class Why(IntEnum):
    """Why there is no quota for a workload; the higher, the less waiting helps."""

    PENDING_EVALUATION = 0
    TOPOLOGY_PLACEMENT_FAILED = 1
    WAITING_FOR_QUOTA = 2
    EXCEEDS_MAX_QUOTA = 3
    NO_MATCHING_FLAVOR = 4

    def __str__(self) -> str:
        return "".join(word.capitalize() for word in self.name.split("_"))


class Lack(NamedTuple):
    """What stands in the way of one flavor, or of all where *flavor* is empty.

    Of *resource* a workload asks for *asked*, while the queue may use *free* more now and *most* ever, limited by the
    node *limit*. Where no quota is missing, *note* says why the flavor is of no use.
    """

    flavor: str
    why: Why
    resource: str = ""
    flavor_resource: Index = -1
    asked: int = 0
    free: int = 0
    most: int = 0
    limit: Node | None = None
    note: str = ""

    @property
    def missing(self) -> int:
        """Return how much more must be free."""
        return self.asked - self.free


class Refusal(NamedTuple):
    """Why a workload has no quota: *reason*, what is missing, and the first in line where only that is tried."""

    reason: Why
    lacks: tuple[Lack, ...] = ()
    behind: Info | None = None


def refusal(info: Info) -> Refusal:
    """Return why *info*, which waits, has no quota as things are.

    For each resource group the flavor that is least in the way counts, and of those the worst. Flavors that pods
    cannot use and resources that the queue lacks are the worst. Under StrictFIFO only the first in line is evaluated.
    """
    queue = info.shape.queue
    if queue.strict and queue.active and queue.head() is not info:
        return Refusal(Why.PENDING_EVALUATION, (), queue.head())
    assignment = evaluate_in_vain(info)
    plan = info.shape.plan(info.shape.full_counts)
    reason, lacks = Why.WAITING_FOR_QUOTA, list[Lack]()
    for number, group in enumerate(plan.groups):
        before = _usage(assignment, number)
        for found in _of_group(queue, group, before):
            lacks += found
            reason = max(reason, _least(found))
        if number >= len(assignment.chosen):
            break
    if plan.placed and not lacks and assignment.mode is not Mode.FIT:
        reason = Why.TOPOLOGY_PLACEMENT_FAILED if assignment.mode is Mode.NO_FIT else reason
        lacks = list(_places(assignment, reason))
    return Refusal(reason, tuple(lacks))


def why_pending(info: Info) -> Why:
    """Return the reason alone."""
    return refusal(info).reason


def _usage(assignment: Assignment, number: int) -> dict[Index, int]:
    """Return what the groups of pod sets before *number* take of the flavors chosen for them."""
    usage: dict[Index, int] = {}
    for _, parts in assignment.chosen[:number]:
        for part in parts:
            for index, amount in part.option.needs:
                usage[index] = usage.get(index, 0) + amount
    return usage


def _of_group(queue: Queue, group: Group, before: dict[Index, int]) -> Iterator[list[Lack]]:
    """Yield what is in the way for each resource group: nothing where any flavor would do."""
    if group.unavailable is not None:
        yield [Lack("", Why.NO_MATCHING_FLAVOR, note=group.unavailable)]
        return
    for wanted in group.wanted:
        by_option = [list(_of_option(queue.node, wanted, option, before)) for option in wanted.options]
        yield [lack for lacks in by_option for lack in lacks] if all(by_option) else []


def _of_option(node: Node, wanted: Wanted, option: Option, before: dict[Index, int]) -> Iterator[Lack]:
    if option.unusable is not None:
        yield Lack(option.flavor, Why.NO_MATCHING_FLAVOR, note=option.unusable)
        return
    for resource, (index, amount) in zip(wanted.resources, option.needs, strict=True):
        asked, free, most = amount + before.get(index, 0), available(node, index), node.potential[index]
        if asked > free:
            why = Why.EXCEEDS_MAX_QUOTA if asked > most else Why.WAITING_FOR_QUOTA
            yield Lack(option.flavor, why, resource, index, asked, free, most, narrowest(node, index))


def _least(lacks: list[Lack]) -> Why:
    """Return what is in the way of the flavor that is least in the way."""
    worst: dict[str, Why] = {}
    for lack in lacks:
        worst[lack.flavor] = max(lack.why, worst.get(lack.flavor, lack.why))
    return min(worst.values(), default=Why.WAITING_FOR_QUOTA)


def _places(assignment: Assignment, why: Why) -> Iterator[Lack]:
    never = why is Why.TOPOLOGY_PLACEMENT_FAILED
    note = "its nodes never have the places asked for" if never else "the places asked for are taken by others"
    for flavor in sorted(set(assignment.nominated.values())):
        yield Lack(flavor, why, note=note)


def holders(queue: Queue, lack: Lack) -> Iterator[tuple[Info, int]]:
    """Yield who holds what *lack* misses, and how much: workloads in the queues below the node that limits it."""
    if lack.limit is None:
        return
    for node in queues_below(lack.limit):
        for *_, info in queue.tree.queues[node.name].running:
            amount = sum(a for i, a in info.assignment.usage if i == lack.flavor_resource) if info.assignment else 0
            if amount:
                yield info, amount
