"""The clock: instants with something to happen, in order. Ideal: deciding takes no time.

At one instant first everything ends that ends, then everything arrives that arrives, then the engine settles.
"""

from collections.abc import Callable, Iterator, Sequence
from heapq import heappop, heappush
from typing import NamedTuple, Protocol

from simulator.ledger import Amounts


class Placed(NamedTuple):
    """*pods* pods of a pod set that hold *amounts* of one *flavor*; *domain* is where, if that has a topology."""

    pod_set: str
    pods: int
    flavor: str
    amounts: Amounts
    domain: tuple[str, ...] | None = None


class Started(NamedTuple):
    """Workload number *workload* got what *placed* says, in *queue*; *cycle* counts from 1 within the instant."""

    workload: int
    queue: str
    placed: Sequence[Placed]
    cycle: int


class Stopped(NamedTuple):
    """Workload number *workload* lost what it had to number *by*, for *reason*; it waits again."""

    workload: int
    by: int
    reason: str
    cycle: int


class Ended(NamedTuple):
    """Workload number *workload* is done."""

    workload: int


Event = Started | Stopped | Ended


class Engine(Protocol):
    """A scheduler: told what arrives and ends, it decides who starts and who must stop. It has no clock of its own."""

    def arrive(self, workload: int) -> None:
        """Let a workload wait."""

    def finish(self, workloads: Sequence[int]) -> None:
        """Let running workloads end; arrivals of the same instant were told before."""

    def settle(self, now: int) -> Iterator[Started | Stopped]:
        """Yield decisions until nothing more happens at the instant *now*."""


def replay(
    arrivals: Sequence[int], durations: Sequence[int], engine: Engine, done: Callable[[int], None]
) -> Iterator[tuple[int, Event]]:
    """Yield what happens and when: workload *i* arrives at *arrivals[i]* and, once started, runs *durations[i]*.

    A stopped workload starts again from zero. *done* is called with how many workloads have arrived so far.
    """
    order = sorted(range(len(arrivals)), key=lambda number: (arrivals[number], number))
    ends: list[tuple[int, int, int]] = []
    starts = [0] * len(arrivals)
    running: set[int] = set()
    position = 0
    while position < len(order) or ends:
        now = min(
            arrivals[order[position]] if position < len(order) else ends[0][0],
            ends[0][0] if ends else arrivals[order[position]],
        )
        ended = _ended(ends, starts, running, now)
        for number in ended:
            yield now, Ended(number)
        first = position
        while position < len(order) and arrivals[order[position]] == now:
            engine.arrive(order[position])
            position += 1
        if not ended and position == first:
            continue
        engine.finish(ended)
        for decision in engine.settle(now):
            number = decision.workload
            if isinstance(decision, Started):
                starts[number] += 1
                running.add(number)
                heappush(ends, (now + durations[number], number, starts[number]))
            else:
                running.discard(number)
            yield now, decision
        done(position)


def _ended(ends: list[tuple[int, int, int]], starts: Sequence[int], running: set[int], now: int) -> list[int]:
    """Take out the workloads that end at *now*, lowest number first; ends of what was stopped are forgotten."""
    found = []
    while ends and ends[0][0] == now:
        _, number, start = heappop(ends)
        if start == starts[number] and number in running:
            running.discard(number)
            found.append(number)
    return found
