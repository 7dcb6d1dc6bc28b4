"""A replay up to one instant: what the engine then holds, and where one workload stands."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from scheduling.kueue.lifecycle import Startup
from scheduling.kueue.objects import Objects
from simulator.clock import Ended, Event, Started, replay
from simulator.engines import KueueEngine
from simulator.workload import Workload


class State(StrEnum):
    """Where a workload stands, in words that follow its name."""

    NOT_ARRIVED = "has not arrived"
    REFUSED = "is not tried"
    WAITING = "waits"
    STEPS_BACK = "steps back after an eviction"
    STARTING = "has quota and waits for admission checks or ready pods"
    RUNNING = "runs"
    FINISHED = "has finished"
    GIVEN_UP = "was given up"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a workload stands: *state* since the instant *since*; *last* is what happened to it last."""

    state: State
    since: int
    last: Event | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """A world and a history that can be replayed up to any instant."""

    objects: Objects
    startups: Mapping[str, Startup]
    workloads: Sequence[Workload]

    def at(self, now: int, number: int, done: Callable[[int], None] = lambda _: None) -> tuple[KueueEngine, Standing]:
        """Return the engine when all is settled at *now*, and where workload *number* stands."""
        engine = KueueEngine(self.objects, self.workloads, startups=self.startups)
        arrivals = [workload.arrival for workload in self.workloads]
        durations = [workload.duration for workload in self.workloads]
        last: tuple[int, Event | None] = arrivals[number], None
        for at, event in replay(arrivals, durations, engine, done, until=now):
            if event.workload == number:
                last = at, event
        return engine, _standing(engine, number, now, *last)


def _standing(engine: KueueEngine, number: int, now: int, since: int, last: Event | None) -> Standing:
    if now < since:
        return Standing(State.NOT_ARRIVED, since)
    if number in engine.gated:
        return Standing(State.REFUSED, since)
    if isinstance(last, Started):
        ready = since + last.delay
        return Standing(State.STARTING, since, last) if now < ready else Standing(State.RUNNING, ready, last)
    if isinstance(last, Ended):
        return Standing(State.FINISHED, since, last)
    if last is not None and last.gone:
        return Standing(State.GIVEN_UP, since, last)
    info = engine.infos[number]
    waits = any(waiting is info for *_, waiting in info.shape.waiting)
    return Standing(State.WAITING if waits else State.STEPS_BACK, since, last)
