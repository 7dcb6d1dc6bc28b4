"""Recorded decisions of the real scheduler, replayed through our engine and compared.

A recording (JSON Lines, compressed or not) holds one scenario a line: manifests, workloads, and what the scheduler
decided, in order. Decisions of one cycle in different cohort trees do not influence each other and are compared tree
by tree.
"""

import bz2
import gzip
import json
import lzma
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from scheduling.kueue.objects import Objects, read
from simulator.clock import Ended, Started, replay
from simulator.engines import KueueEngine
from simulator.workload import BYTES, SCALE, PodSet, Workload
from tenancy import quantity
from tenancy.errors import ConfigError, MusterError, TraceError
from tenancy.finding import Place
from tenancy.manifests import Manifest, Manifests, Origin, declared

OPENERS: Mapping[str, Any] = {".xz": lzma.open, ".gz": gzip.open, ".bz2": bz2.open}
SECOND = 1000
BOTH_STRATEGIES = ["LessThanOrEqualToFinalShare", "LessThanInitialShare"]
NOT_MODELLED = frozenset({"concurrentAdmissionPolicy"})
"""Fields of a ClusterQueue that change decisions in ways the engine does not know."""
RECORDED_CYCLES = 40
"""Of a preemption loop so many cycles are recorded."""
MOST_DECISIONS = 1_000_000
NEVER = -1
Decision = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One scenario: agreed, or where the first difference is (*ours* and *theirs* there), or why it was not run."""

    scenario: str
    agrees: bool
    unsupported: str | None = None
    position: int = 0
    ours: tuple[Decision, ...] = ()
    theirs: tuple[Decision, ...] = ()


def conform(path: Path) -> Iterator[Verdict]:
    """Yield a verdict for each scenario of the recording *path*; TraceError where a line is no scenario."""
    for number, line in enumerate(_lines(path), start=1):
        try:
            scenario = json.loads(line)
            yield judge(scenario)
        except (json.JSONDecodeError, KeyError, TypeError, ValueError, ConfigError) as error:
            raise TraceError(
                f"is no recorded scenario: {str(error) or type(error).__name__}", str(path), number
            ) from error


def _lines(path: Path) -> Iterator[str]:
    opener = OPENERS.get(path.suffix, open)
    try:
        with opener(path, "rt", encoding="utf-8") as lines:
            yield from (line for line in lines if line.strip())
    except (OSError, EOFError, lzma.LZMAError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise MusterError(f"{path}: cannot be read: {reason}") from error


def unsupported(scenario: Mapping[str, Any]) -> str | None:
    """Return which feature of *scenario* the engine does not model; None where it models all."""
    named = {field for queue in scenario["clusterQueues"] for field in queue["spec"] if field in NOT_MODELLED}
    return min(named, default=None)


def judge(scenario: Mapping[str, Any]) -> Verdict:
    """Replay one scenario and compare every decision, first to last, and what became of the workloads left.

    Of a scenario that ends in a preemption loop the recorded cycles are compared, and that the loop is found.
    """
    name = scenario["id"]
    if missing := unsupported(scenario):
        return Verdict(name, False, missing)
    workloads = [recorded_workload(workload) for workload in scenario["workloads"]]
    livelock = scenario.get("livelockAt")
    engine = KueueEngine(scenario_objects(scenario), workloads, break_loops=livelock is None)
    theirs = [_recorded(decision) for decision in scenario["decisions"]]
    if livelock is None:
        ours = list(_replayed(engine, workloads, len(theirs) + 1))
        ours += _left(ours, engine)
        theirs += [(NEVER, 0, left["where"], left["workload"], left["everAdmitted"]) for left in scenario["unfinished"]]
    else:
        ours = list(_until_loop(engine, workloads, livelock))
        theirs.append((livelock, 0, "livelock", "", ""))
    trees = {queue: tree.root.name for tree in engine.cluster.trees for queue in tree.queues}
    if _by_tree(ours, trees) == _by_tree(theirs, trees):
        return Verdict(name, True)
    position = next(
        (i for i, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), min(len(ours), len(theirs))
    )
    return Verdict(name, False, None, position, tuple(ours[position:][:3]), tuple(theirs[position:][:3]))


def _until_loop(engine: KueueEngine, workloads: Sequence[Workload], livelock: int) -> Iterator[Decision]:
    """Yield our decisions up to the last cycle that is recorded of a loop at *livelock*, and the first loop found."""
    for decision in _replayed(engine, workloads, MOST_DECISIONS):
        second, cycle = decision[:2]
        if (second, cycle) <= (livelock, RECORDED_CYCLES):
            yield decision
        elif engine.scheduler.loops or second > livelock:
            break
    if engine.scheduler.loops:
        yield engine.scheduler.loops[0].at // SECOND, 0, "livelock", "", ""


def _left(decisions: Sequence[Decision], engine: KueueEngine) -> list[Decision]:
    """Return the workloads that have not finished: whether they are still tried, and whether they ever ran."""
    happened: dict[str, set[str]] = {}
    for decision in decisions:
        happened.setdefault(decision[2], set()).add(decision[3])
    finished, admitted = (happened.get(kind, set()) for kind in ("finished", "admitted"))
    return [
        (NEVER, 0, "inadmissible" if info.shape.parked else "active", info.name, info.name in admitted)
        for info in engine.infos
        if info.name not in finished
    ]


def _by_tree(decisions: Sequence[Decision], trees: Mapping[str, str]) -> dict[str, list[Decision]]:
    found: dict[str, list[Decision]] = {}
    for decision in decisions:
        found.setdefault(trees.get(decision[4], ""), []).append(decision)
    return found


def scenario_objects(scenario: Mapping[str, Any]) -> Objects:
    """Return the Kueue objects of *scenario*, with its part of the manager's Configuration."""
    found: list[Manifest] = []
    for kind in ("resourceFlavors", "cohorts", "clusterQueues", "localQueues", "topologies", "nodes"):
        found += [declared(body, Origin(Place(scenario["id"]))) for body in scenario.get(kind, ())]
    body: dict[str, Any] = {
        "apiVersion": "config.kueue.x-k8s.io/v1beta2",
        "kind": "Configuration",
        "metadata": {"name": "manager"},
    }
    sharing = scenario["fairSharing"]
    if sharing is not None:
        body["fairSharing"] = {"preemptionStrategies": sharing.get("preemptionStrategies") or BOTH_STRATEGIES}
    return read(Manifests([*found, declared(body, Origin(Place(scenario["id"])))]))


def recorded_workload(body: Mapping[str, Any]) -> Workload:
    """Return a workload of a recording."""
    pod_sets = tuple(
        PodSet(
            {resource: _amount(resource, value) for resource, value in pod_set["requests"].items()},
            pod_set["count"],
            pod_set["name"],
            pod_set.get("minCount"),
            {key: pod_set[key] for key in ("nodeSelector", "tolerations", "affinity") if key in pod_set},
            pod_set.get("topologyRequest"),
        )
        for pod_set in body["podSets"]
    )
    arrival, duration = body["createdAt"] * SECOND, body["runtime"] * SECOND
    queue = body["localQueue"]
    return Workload(body["name"], body["namespace"], queue, arrival, duration, pod_sets, body["priority"])


def _amount(resource: str, value: Any) -> int:
    if resource == "cpu":
        return quantity.milli(value)
    return quantity.units(value) * (1 if resource in BYTES else SCALE)


def _recorded(decision: Mapping[str, Any]) -> Decision:
    head = (decision["t"], decision["cycle"], decision["type"], decision["workload"], decision["clusterQueue"])
    if decision["type"] == "admitted":
        return (*head, *(_recorded_pod_set(pod_set) for pod_set in decision["assignment"]))
    return (*head, decision["by"], decision["reason"]) if decision["type"] == "preempted" else head


def _recorded_pod_set(pod_set: Mapping[str, Any]) -> Decision:
    """Return name, count, flavors by resource, and the pods in each domain of a topology."""
    placed = pod_set.get("topologyAssignment") or {"domains": ()}
    domains = ((tuple(domain["values"]), domain["count"]) for domain in placed["domains"])
    return pod_set["name"], pod_set["count"], tuple(sorted(pod_set["flavors"].items())), tuple(domains)


def _replayed(engine: KueueEngine, workloads: Sequence[Workload], most: int) -> Iterator[Decision]:
    """Yield our decisions in the words of the recording, *most* of them at the most."""
    arrivals = [workload.arrival for workload in workloads]
    durations = [workload.duration for workload in workloads]
    queues = [info.shape.queue.name for info in engine.infos]
    events = replay(arrivals, durations, engine, lambda _: None)
    for (now, event), _ in zip(events, range(most), strict=False):
        number = event.workload
        name = workloads[number].name
        if isinstance(event, Ended):
            yield (now // SECOND, 0, "finished", name, queues[number])
        elif isinstance(event, Started):
            yield (now // SECOND, event.cycle, "admitted", name, queues[number], *_assignment(event))
        else:
            by = "" if event.by is None else workloads[event.by].name
            yield (now // SECOND, event.cycle, "preempted", name, queues[number], by, event.reason)


def _assignment(event: Started) -> Iterator[Decision]:
    """Yield for each pod set its name, count, the flavor of each resource, and the pods in each domain."""
    for name, parts in groupby(event.placed, key=lambda placed: placed.pod_set):
        placed = list(parts)
        flavors = {resource: part.flavor for part in placed for resource, _ in part.amounts}
        domains = tuple((part.domain, part.pods) for part in placed if part.domain)
        count = sum(pods for _, pods in domains) if domains else placed[0].pods
        yield name, count, tuple(sorted(flavors.items())), domains
