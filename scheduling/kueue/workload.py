"""Workloads as Kueue's scheduler sees them: their shape, where they wait, what they hold."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scheduling.kueue.assignment import Assignment
    from scheduling.kueue.shape import Shape

Cursors = Mapping[tuple[int, int], int]
"""Where the last scan over flavors stopped, by (pod set group, resource group), unless it reached the last flavor."""
FROM_THE_FIRST: Cursors = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class PodSet:
    """*count* pods of one shape; *requests* is what one of them asks for, in the units of Kueue's quota.

    *template* (nodeSelector, tolerations, affinity) and *topology* (a topologyRequest) have the API's form. *placed*
    is what a pod takes of a node, where that is not what quota counts.
    """

    name: str
    count: int
    requests: tuple[tuple[str, int], ...]
    min_count: int | None = None
    template: Mapping[str, Any] = field(default_factory=dict, hash=False)
    topology: Mapping[str, Any] | None = field(default=None, hash=False)
    placed: tuple[tuple[str, int], ...] | None = None

    @property
    def on_node(self) -> tuple[tuple[str, int], ...]:
        """Return what a pod takes of a node."""
        return self.requests if self.placed is None else self.placed


Candidacy = tuple[int, int, int, "Info"]
"""What orders workloads that might be preempted: priority, how recently they were admitted, uid."""


def candidacy(info: Info) -> Candidacy:
    """Return the place of a running workload among candidates: the lowest goes first."""
    return info.shape.priority, -info.reserved_at, info.uid, info


class Info:
    """One workload: waiting in its queue, or holding what *assignment* says since *reserved_at*.

    *uid* breaks ties: the lower goes first. *timestamp* orders it in its queue: when it was *created*, or else evicted,
    in milliseconds. *cursors* say where
    its next scan goes on; there are some if a scan stopped before the last flavor.
    """

    __slots__ = (
        "assignment",
        "created",
        "cursor_cycle",
        "cursor_generation",
        "cursors",
        "name",
        "reserved_at",
        "shape",
        "timestamp",
        "uid",
    )

    def __init__(self, uid: int, name: str, timestamp: int, shape: Shape) -> None:
        """Make a workload that waits and was never evaluated."""
        self.uid = uid
        self.name = name
        self.timestamp = self.created = timestamp
        self.shape = shape
        self.assignment: Assignment | None = None
        self.reserved_at = 0
        self.cursors: Cursors = FROM_THE_FIRST
        self.cursor_cycle = self.cursor_generation = 0

    def __repr__(self) -> str:
        return f"Info({self.name!r})"

    def scanned(self, cursors: Cursors, cycle: int) -> None:
        """Take down where the scans of the evaluation in *cycle* stopped."""
        queue = self.shape.queue
        if cursors:
            queue.tree.scanning[self.uid] = self
        elif self.cursors:
            del queue.tree.scanning[self.uid]
        self.cursors = cursors
        self.cursor_cycle, self.cursor_generation = cycle, queue.generation

    def forget_cursors(self) -> None:
        """Let the next scan begin at the first flavor."""
        if self.cursors:
            del self.shape.queue.tree.scanning[self.uid]
            self.cursors = FROM_THE_FIRST


class Running:
    """Workloads that hold quota in one queue, in the order in which they are preempted.

    That is: the lowest priority first, then the most recently admitted, then by uid.
    """

    __slots__ = ("_entries",)

    def __init__(self) -> None:
        """Begin without any."""
        self._entries: list[Candidacy] = []

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Candidacy]:
        return iter(self._entries)

    def add(self, info: Info) -> None:
        """Put *info* in its place."""
        insort(self._entries, candidacy(info))

    def remove(self, info: Info) -> None:
        """Take *info* out."""
        del self._entries[bisect_left(self._entries, candidacy(info))]

    def below(self, priority: int) -> Sequence[Candidacy]:
        """Return those of lower priority than *priority*."""
        return self._entries[: bisect_left(self._entries, (priority,))]

    def at(self, priority: int) -> Sequence[Candidacy]:
        """Return those of exactly *priority*."""
        return self._entries[bisect_left(self._entries, (priority,)) : bisect_left(self._entries, (priority + 1,))]

    @property
    def lowest(self) -> int | None:
        """Return the lowest priority among them; None where there are none."""
        return self._entries[0][0] if self._entries else None
