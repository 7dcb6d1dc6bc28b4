"""The engine, fed with what was observed; whether it takes the same decisions."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from typing import Any

from e2e.observed import Event
from e2e.scenarios import PRIORITIES, Scenario, shared_objects
from scheduling.kueue.cluster import Cluster
from scheduling.kueue.objects import read
from scheduling.kueue.scheduler import Admitted, Preempted, Scheduler
from scheduling.kueue.workload import Info, PodSet
from tenancy.finding import Place
from tenancy.manifests import Manifests, Origin, declared

History = Mapping[str, Sequence[tuple[str, str]]]
INPUTS = ("arrived", "released", "finished")
BATCH = 1.0
"""Seconds after which Kueue tries again what it had parked, once quota was freed."""
NEAR = 1.2
"""Seconds within which it is open which of two events the manager saw first."""
MOST_ORDERS = 200
AT_ONCE = "at once"
TOGETHER = "together"


def observed(events: Sequence[Event]) -> History:
    """Return what the cluster decided of each job: admitted with flavor and count, evicted with reason."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for event in events:
        if event.kind in ("admitted", "evicted"):
            found[event.job].append((event.kind, event.detail))
    return found


class _Waiting(Exception):  # noqa: N818 - it is no error
    """Whoever preempts waits for those who were preempted: nothing more happens by itself."""


class _Scheduler(Scheduler):
    """Evicts when it is told to: until then victims hold their quota, and who preempted them waits."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster)
        self.leaving: dict[str, Info] = {}

    def _evict(self, info: Info, now: int) -> None:  # noqa: ARG002 - told later
        self.leaving[info.name] = info

    def _freed(self, tree: Any, now: int) -> None:
        """Victims hold their quota still."""

    def _cycle(self, tree: Any, instant: Any) -> Any:
        before = set(self.leaving)
        decisions, moved = super()._cycle(tree, instant)
        new = [d for d in decisions if not (isinstance(d, Preempted) and d.info.name in before)]
        if decisions and not new:
            raise _Waiting
        return new, moved

    def settle(self, now: int) -> Iterator[Any]:
        with suppress(_Waiting):
            yield from super().settle(now)

    def left(self, name: str, now: int, comes_back: bool) -> None:
        """Take back the quota of a victim, which returns to its queue, or has ended."""
        info = self.leaving.pop(name)
        self._free(info, now)
        self.lifecycle.lost(info, now)
        self.touched[info.shape.queue.tree.number] = info.shape.queue.tree
        if comes_back:
            info.timestamp = info.created
            self.arrive(info)

    def ended(self, info: Info, now: int) -> None:
        """Take back the quota of what has ended; what is parked is tried again only when it is said."""
        self._free(info, now)
        self.lifecycle.finished(info)
        self.touched[info.shape.queue.tree.number] = info.shape.queue.tree

    def try_again(self, info: Info) -> None:
        """Let what is parked be tried again."""
        self._try_again(info.shape.queue.tree)


class _Replay:
    """One run of the engine over events in one order."""

    def __init__(self, scenario: Scenario, events: Sequence[Event]) -> None:
        bodies = [*shared_objects(), *(body for body in scenario.objects if "kueue" in body["apiVersion"])]
        bodies.append(_configuration(scenario))
        objects = read(Manifests(declared(body, Origin(Place("scenario.yaml"))) for body in bodies))
        self.scheduler = _Scheduler(Cluster(objects))
        self.jobs = {job.name: job for job in scenario.jobs}
        self.name = scenario.name
        ranks = {uid: rank for rank, uid in enumerate(sorted({event.uid for event in events}))}
        self.uids = {event.job: ranks[event.uid] for event in events}
        self.reserved: dict[str, list[int]] = defaultdict(list)
        for event in events:
            if event.kind == "admitted":
                self.reserved[event.job].append(event.second)
        self.infos: dict[str, Info] = {}
        self.found: dict[str, list[tuple[str, str]]] = defaultdict(list)

    def run(self, inputs: Sequence[Event]) -> History:
        now = 0
        for event in inputs:
            now = max(now, event.second)
            self._tell(event, now)
            for decision in () if event.detail == TOGETHER else self.scheduler.settle(now):
                self._note(decision)
        return self.found

    def _tell(self, event: Event, now: int) -> None:
        self._happen(event, now)
        if event.detail == AT_ONCE:
            self.scheduler.try_again(self.infos[event.job])

    def _happen(self, event: Event, now: int) -> None:
        if event.kind == "arrived":
            self._arrive(event)
        elif event.job in self.scheduler.leaving:
            self.scheduler.left(event.job, now, comes_back=event.kind == "released")
        elif event.kind == "again":
            self.scheduler.try_again(self.infos[event.job])
        elif event.kind == "finished" and self.infos[event.job].assignment is not None:
            self.scheduler.ended(self.infos[event.job], now)

    def _arrive(self, event: Event) -> None:
        job = self.jobs[event.job]
        pods = (PodSet("main", job.pods, (("cpu", 1000 * job.cpu),)),)
        queue = self.scheduler.cluster.queues[f"{self.name}-{job.queue}"]
        shape = queue.shape(PRIORITIES[job.priority], pods, repr(pods))
        info = self.infos[event.job] = Info(self.uids[event.job], event.job, event.second, shape)
        self.scheduler.arrive(info)

    def _note(self, decision: object) -> None:
        if isinstance(decision, Preempted):
            self.found[decision.info.name].append(("evicted", f"Preempted {decision.target.reason}"))
        elif isinstance(decision, Admitted):
            info = decision.info
            (flavor,) = {flavor for _, by in decision.assignment.flavors() for flavor in by.values()}
            self.found[info.name].append(("admitted", f"{flavor} x{decision.assignment.plan.counts[0]}"))
            self._reserve_as_observed(info)

    def _reserve_as_observed(self, info: Info) -> None:
        """Give a reservation the second of the server, which orders candidates for preemption."""
        if self.reserved[info.name]:
            second = self.reserved[info.name].pop(0)
            info.shape.queue.running.remove(info)
            info.reserved_at = second
            info.shape.queue.running.add(info)


def _configuration(scenario: Scenario) -> Mapping[str, Any]:
    api = "config.kueue.x-k8s.io/v1beta2"
    return {"apiVersion": api, "kind": "Configuration", "metadata": {"name": "kueue"}, **scenario.configuration}


def told(events: Sequence[Event]) -> list[Event]:
    """Return what the engine is told, in order: what was observed, and when what is parked is tried again."""
    inputs = [event for event in events if event.kind in INPUTS]
    again = [replace(event, kind="again", at=event.at + BATCH) for event in inputs if event.kind != "arrived"]
    return sorted([*inputs, *again], key=lambda event: event.at)


def agrees(scenario: Scenario, events: Sequence[Event]) -> str:
    """Return how the engine agrees: `as observed`, `in another order of near events`, or nothing where it does not."""
    wanted = observed(events)
    for number, inputs in enumerate(_orders(told(events))):
        ours = _Replay(scenario, events).run(inputs)
        if {job: list(history) for job, history in ours.items()} == {job: list(h) for job, h in wanted.items()}:
            return "in another order of near events" if number else "as observed"
    return ""


def difference(scenario: Scenario, events: Sequence[Event]) -> str:
    """Return ours and theirs side by side, job by job."""
    ours = _Replay(scenario, events).run(told(events))
    theirs = observed(events)
    lines = [
        f"{job}: ours {list(ours.get(job, []))} theirs {list(theirs.get(job, []))}" for job in sorted(theirs | ours)
    ]
    timeline = [f"{event.second % 1000} {event.kind} {event.job} {event.detail}" for event in events]
    return "\n".join([f"{scenario.name}:", *lines, *timeline])


def _orders(inputs: Sequence[Event]) -> Iterator[Sequence[Event]]:
    """Yield the observed order, then others that the manager may have seen.

    Near neighbours are seen in one cycle, or change places, one pair or two at a time; or what is parked is tried again
    in the cycle that sees the freed quota, after one event or after all, since a cycle may take as long as a batch.
    """
    yield inputs
    freed = [place for place, event in enumerate(inputs) if event.kind in ("finished", "released")]
    for places in [*((place,) for place in freed), tuple(freed)]:
        yield [replace(event, detail=AT_ONCE) if place in places else event for place, event in enumerate(inputs)]
    pairs = [
        place
        for place, (first, second) in enumerate(pairwise(inputs))
        if second.at - first.at <= NEAR and first.job != second.job
    ]
    for place in pairs:
        yield [replace(event, detail=TOGETHER) if at == place else event for at, event in enumerate(inputs)]
    orders = [(place,) for place in pairs] + [(a, b) for a in pairs for b in pairs if b > a + 1]
    for places in orders[:MOST_ORDERS]:
        changed = list(inputs)
        for place in places:
            changed[place], changed[place + 1] = changed[place + 1], changed[place]
        yield changed
