"""Workloads as Kueue's scheduler sees them: their shape, where they wait, what they hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scheduling.kueue.assignment import Assignment
    from scheduling.kueue.queues import Shape

Cursors = Mapping[tuple[int, int], int]
"""Where the last scan over flavors stopped, by (pod set group, resource group); -1: it reached the last flavor."""


@dataclass(frozen=True, slots=True)
class PodSet:
    """*count* pods of one shape; *requests* is what one of them asks for, in the units of Kueue's quota.

    *template* (nodeSelector, tolerations, affinity) and *topology* (a topologyRequest) have the API's form.
    """

    name: str
    count: int
    requests: tuple[tuple[str, int], ...]
    min_count: int | None = None
    template: Mapping[str, Any] = field(default_factory=dict, hash=False)
    topology: Mapping[str, Any] | None = field(default=None, hash=False)


class Info:
    """One workload: waiting in its queue, or holding what *assignment* says since *reserved_at*.

    *uid* breaks ties: the lower goes first. *timestamp* is when it was created, in milliseconds.
    """

    __slots__ = (
        "assignment",
        "cursor_cycle",
        "cursor_generation",
        "cursors",
        "name",
        "pending_flavors",
        "reserved_at",
        "shape",
        "timestamp",
        "uid",
    )

    def __init__(self, uid: int, name: str, timestamp: int, shape: Shape) -> None:
        """Make a workload that waits and was never evaluated."""
        self.uid = uid
        self.name = name
        self.timestamp = timestamp
        self.shape = shape
        self.assignment: Assignment | None = None
        self.reserved_at = 0
        self.forget_cursors()

    def forget_cursors(self) -> None:
        """Let the next scan begin at the first flavor."""
        self.cursors: Cursors = {}
        self.cursor_cycle = self.cursor_generation = 0
        self.pending_flavors = False

    def __repr__(self) -> str:
        return f"Info({self.name!r})"
