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
    """Workload number *workload* got what *placed* says, in *queue*; *cycle* counts from 1 within the instant.

    It runs *delay* later, when checks are passed and its pods are ready.
    """

    workload: int
    queue: str
    placed: Sequence[Placed]
    cycle: int
    delay: int = 0


class Stopped(NamedTuple):
    """Workload number *workload* lost what it had, for *reason*, to number *by* if that preempted it.

    It waits again, unless it is *gone*.
    """

    workload: int
    by: int | None
    reason: str
    cycle: int = 0
    gone: bool = False


class Ended(NamedTuple):
    """Workload number *workload* is done."""

    workload: int


Event = Started | Stopped | Ended


class Engine(Protocol):
    """A scheduler: told what arrives and ends, it decides who starts and who must stop. It has no clock of its own."""

    @property
    def next_at(self) -> int | None:
        """Return when something is due that only the engine knows of; None for nothing."""

    def arrive(self, workload: int) -> None:
        """Let a workload wait."""

    def finish(self, workloads: Sequence[int], now: int) -> None:
        """Let running workloads end at *now*; arrivals of the same instant were told before."""

    def settle(self, now: int) -> Iterator[Started | Stopped]:
        """Yield decisions until nothing more happens at the instant *now*."""


def replay(
    arrivals: Sequence[int],
    durations: Sequence[int],
    engine: Engine,
    done: Callable[[int], None],
    until: int | None = None,
) -> Iterator[tuple[int, Event]]:
    """Yield what happens and when: workload *i* arrives at *arrivals[i]* and, once it runs, runs *durations[i]*.

    A stopped workload starts again from zero. *done* is called with how many workloads have arrived so far. Nothing
    is looked at that happens after *until*.
    """
    agenda = _Agenda(arrivals, durations)
    while (now := agenda.next_instant(due := engine.next_at)) is not None and (until is None or now <= until):
        ended, arrived = agenda.take_ended(now), agenda.take_arrived(now)
        for number in ended:
            yield now, Ended(number)
        for number in arrived:
            engine.arrive(number)
        if ended:
            engine.finish(ended, now)
        if ended or arrived or due == now:
            for decision in engine.settle(now):
                agenda.note(now, decision)
                yield now, decision
            done(agenda.position)


class _Agenda:
    """What will happen: the arrivals left, and the ends of what runs."""

    def __init__(self, arrivals: Sequence[int], durations: Sequence[int]) -> None:
        self.arrivals = arrivals
        self.durations = durations
        self.order = sorted(range(len(arrivals)), key=lambda number: (arrivals[number], number))
        self.position = 0
        self.ends: list[tuple[int, int, int]] = []
        self.starts = [0] * len(arrivals)
        self.running: set[int] = set()

    def next_instant(self, due: int | None) -> int | None:
        """Return when something happens next, what is *due* in the engine included; None for never."""
        now = self.ends[0][0] if self.ends else None
        if self.position < len(self.order):
            arrival = self.arrivals[self.order[self.position]]
            now = arrival if now is None or arrival < now else now
        return now if due is None or (now is not None and now < due) else due

    def take_arrived(self, now: int) -> list[int]:
        """Take out the workloads that arrive at *now*, lowest number first."""
        first = self.position
        while self.position < len(self.order) and self.arrivals[self.order[self.position]] == now:
            self.position += 1
        return self.order[first : self.position]

    def take_ended(self, now: int) -> list[int]:
        """Take out the workloads that end at *now*, lowest number first; ends of what was stopped are forgotten."""
        found = []
        while self.ends and self.ends[0][0] == now:
            _, number, start = heappop(self.ends)
            if start == self.starts[number] and number in self.running:
                self.running.discard(number)
                found.append(number)
        return found

    def note(self, now: int, decision: Started | Stopped) -> None:
        """Take down that a workload will end, or does not run any more."""
        number = decision.workload
        if isinstance(decision, Started):
            self.starts[number] += 1
            self.running.add(number)
            heappush(self.ends, (now + decision.delay + self.durations[number], number, self.starts[number]))
        else:
            self.running.discard(number)
