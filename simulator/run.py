"""A run: workloads and a world in, a ledger out."""

from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

from scheduling.kueue.objects import Objects, read
from scheduling.kueue.provisioning import startups
from scheduling.world import World
from simulator.assumptions import assumptions
from simulator.clock import Ended, Started, Stopped, replay
from simulator.engines import KueueEngine, make_engine, requested
from simulator.latency import Latency
from simulator.ledger import End, Ledger, Outcome, Quota, Span
from simulator.loops import recorded
from simulator.workload import Workload

Tell = Callable[[int], None]


def simulate(
    world: World,
    workloads: Sequence[Workload],
    engine: str,
    about: Mapping[str, Any],
    done: Tell = lambda _: None,
    latency: Latency | None = None,
) -> Ledger:
    """Replay *workloads* through the decisions of *engine* on the queues of *world*, as late as *latency* says.

    ConfigError where the server would refuse an object, MusterError where a workload names a queue that leads nowhere.
    """
    objects = read(world.manifests)
    delays = startups(world.environment) if world.environment else {}
    late = latency.of(objects.configuration) if latency else None
    chosen = make_engine(engine, objects, workloads, delays, late)
    recorder = _Recorder(workloads, chosen)
    arrivals = [workload.arrival for workload in workloads]
    ending = late.ending if late else 0
    durations = [workload.duration + ending for workload in workloads]
    for now, event in replay(arrivals, durations, chosen, done):
        if isinstance(event, Started):
            recorder.start(now, event)
        elif isinstance(event, Ended):
            recorder.end(now, event.workload, End.FINISHED)
        else:
            recorder.stop(now, event)
    said = {"assumed": list(assumptions(objects, delays, late)), "loops": recorded(chosen.scheduler.loops)}
    return recorder.ledger({**about, "engine": engine, "version": version("muster"), **said})


class _Recorder:
    """Writes down what happens to each workload."""

    def __init__(self, workloads: Sequence[Workload], engine: KueueEngine) -> None:
        self.workloads = workloads
        self.engine = engine
        self.spans: list[Span] = []
        self.open: dict[int, Started] = {}
        self.since: dict[int, int] = {}
        self.admitted: list[int | None] = [None] * len(workloads)
        self.finished: list[int | None] = [None] * len(workloads)
        self.attempts = [0] * len(workloads)
        self.stopped_at: dict[int, int] = {}
        self.gone: dict[int, str] = {}
        self.waited_again = [0] * len(workloads)

    def start(self, now: int, event: Started) -> None:
        number = event.workload
        self.attempts[number] += 1
        if number in self.stopped_at:
            self.waited_again[number] += now - self.stopped_at[number]
        self.open[number] = event
        self.since[number] = now

    def stop(self, now: int, event: Stopped) -> None:
        number = event.workload
        self.stopped_at[number] = now
        by = None if event.by is None else self.workloads[event.by].name
        self.end(now, number, End.PREEMPTED if by else End.EVICTED, by, event.reason)
        if event.gone:
            self.gone[number] = event.reason

    def end(self, now: int, number: int, how: End, by: str | None = None, reason: str | None = None) -> None:
        start, event = self.since[number], self.open.pop(number)
        if self.admitted[number] is None and now >= start + event.delay:
            self.admitted[number] = start + event.delay
        name, attempt = self.workloads[number].name, self.attempts[number]
        for pod_set, pods, flavor, amounts, domain in event.placed:
            node = "/".join(domain) if domain else None
            self.spans.append(
                Span(name, attempt, pod_set, pods, event.queue, flavor, node, amounts, start, now, how, by, reason)
            )
        if how is End.FINISHED:
            self.finished[number] = now

    def ledger(self, about: Mapping[str, Any]) -> Ledger:
        self.spans.sort(key=lambda span: span.start)
        outcomes = tuple(self._outcome(number, workload) for number, workload in enumerate(self.workloads))
        objects = self.engine.cluster.objects
        return Ledger(tuple(self.spans), outcomes, _capacity(objects), _quotas(objects), about)

    def _outcome(self, number: int, workload: Workload) -> Outcome:
        admitted = self.admitted[number]
        return Outcome(
            workload.name,
            workload.team,
            workload.user,
            workload.namespace,
            workload.queue,
            workload.priority,
            workload.arrival,
            workload.duration,
            requested(workload),
            admitted,
            self.finished[number],
            self.attempts[number],
            self.waited_again[number],
            self._reason(number),
        )

    def _reason(self, number: int) -> str | None:
        """Return why a workload has not finished; None where it has."""
        if self.finished[number] is not None:
            return None
        return self.gone.get(number) or self.engine.why(number)


def _capacity(objects: Objects) -> dict[tuple[str, str], int]:
    total: dict[tuple[str, str], int] = {}
    for spec in [*objects.cluster_queues.values(), *objects.cohorts.values()]:
        for flavor, resource, nominal in spec.nominal_quotas():
            total[flavor, resource] = total.get((flavor, resource), 0) + nominal
    return total


def _quotas(objects: Objects) -> tuple[Quota, ...]:
    return tuple(
        Quota(name, *nominal)
        for name, spec in sorted(objects.cluster_queues.items())
        for nominal in spec.nominal_quotas()
    )
