"""Why a workload waits, in Kueue's vocabulary (the reasons of its QuotaReserved condition)."""

from enum import IntEnum

from scheduling.kueue.plan import Group, Option
from scheduling.kueue.quota import Node
from scheduling.kueue.workload import Info


class Why(IntEnum):
    """Why there is no quota for a workload; the higher, the less waiting helps."""

    WAITING_FOR_QUOTA = 1
    EXCEEDS_MAX_QUOTA = 2
    NO_MATCHING_FLAVOR = 3

    def __str__(self) -> str:
        return {1: "WaitingForQuota", 2: "ExceedsMaxQuota", 3: "NoMatchingFlavor"}[self.value]


def why_pending(info: Info) -> Why:
    """Return why *info* has no quota.

    For each resource group the flavor that is least in the way counts, and of those the worst. Flavors that pods
    cannot use and resources that the queue lacks are the worst.
    """
    queue = info.shape.queue
    plan = info.shape.plan(info.shape.full_counts)
    return max((_of_group(queue.node, group) for group in plan.groups), default=Why.WAITING_FOR_QUOTA)


def _of_group(node: Node, group: Group) -> Why:
    if group.unavailable is not None:
        return Why.NO_MATCHING_FLAVOR
    return max(
        (min(_of_option(node, option) for option in wanted.options) for wanted in group.wanted),
        default=Why.WAITING_FOR_QUOTA,
    )


def _of_option(node: Node, option: Option) -> Why:
    if option.unusable is not None:
        return Why.NO_MATCHING_FLAVOR
    if any(amount > node.potential[index] for index, amount in option.needs):
        return Why.EXCEEDS_MAX_QUOTA
    return Why.WAITING_FOR_QUOTA
