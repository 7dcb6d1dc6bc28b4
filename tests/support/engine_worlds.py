"""Worlds and jobs for the engine's benchmarks: Kueue's own, and real histories."""

import csv
import gzip
import json
import lzma
import random
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from scheduling.kueue.objects import Objects
from simulator.conform import recorded_workload, scenario_objects
from simulator.workload import PodSet, Workload
from tenancy.promise import apportion

GPU = "nvidia.com/gpu"
SECOND = 1000
RECLAIM_ANY = {"preemption": {"reclaimWithinCohort": "Any"}}
BASELINE_PREEMPTION = {"preemption": {"reclaimWithinCohort": "Any", "withinClusterQueue": "LowerPriority"}}
BOTH = {"preemptionStrategies": ["LessThanOrEqualToFinalShare", "LessThanInitialShare"]}
PHILLY = {
    "6214e9": 64, "7f04ca": 32, "11cb48": 16, "b436b2": 64, "ee9e8c": 64, "e13805": 16,
    "6c71a0": 32, "2869ce": 16, "ed69ec": 8, "103959": 8, "0e4a51": 32,
}  # fmt: skip
"""The nodes of the eleven large virtual clusters (docs/philly.md)."""
CLASSES = ((35, 100, 200, 1, 50), (11, 500, 500, 5, 100), (4, 1200, 1000, 20, 200))
"""Of Kueue's large-scale benchmark: workloads per queue, one every ms, ms to run, CPUs, priority."""
STRETCHED = 90
"""Seconds of the clock for a millisecond of Kueue's benchmarks, as in the recorded baselines."""


class World(NamedTuple):
    """What is simulated."""

    objects: Objects
    workloads: list[Workload]


def queue(name: str, nominal: int, resource: str, cohort: str, limit: int | None = None, **spec: Any) -> dict[str, Any]:
    """Return a ClusterQueue of one flavor."""
    quota = {"name": resource, "nominalQuota": nominal, **({} if limit is None else {"borrowingLimit": limit})}
    flavor = {"name": "default", "resources": [quota]}
    return {
        "apiVersion": "kueue.x-k8s.io/v1beta2",
        "kind": "ClusterQueue",
        "metadata": {"name": name},
        "spec": {
            "namespaceSelector": {},
            "cohortName": cohort,
            "resourceGroups": [{"coveredResources": [resource], "flavors": [flavor]}],
            **spec,
        },
    }


def objects(
    queues: list[dict[str, Any]], fair: Mapping[str, Any] | None = None, cohorts: list[dict[str, Any]] | None = None
) -> Objects:
    """Return the objects of a world: *queues*, each with a LocalQueue of its name."""
    api = {"apiVersion": "kueue.x-k8s.io/v1beta2"}
    names = [body["metadata"]["name"] for body in queues]
    local = [
        {**api, "kind": "LocalQueue", "metadata": {"name": n, "namespace": "default"}, "spec": {"clusterQueue": n}}
        for n in names
    ]
    return scenario_objects(
        {
            "id": "benchmark",
            "fairSharing": fair,
            "resourceFlavors": [{**api, "kind": "ResourceFlavor", "metadata": {"name": "default"}}],
            "cohorts": cohorts or [],
            "clusterQueues": queues,
            "localQueues": local,
        }
    )


def job(  # noqa: PLR0917 - as a row of a table
    name: str, to: str, at: int, runs: int, resource: str, amount: int, priority: int = 0
) -> Workload:
    """Return a job of one pod; times are seconds."""
    return Workload(name, "default", to, at * SECOND, runs * SECOND, (PodSet({resource: amount * 1000}),), priority)


def baseline(shared: Path, name: str) -> World:
    """Return a recorded baseline."""
    with lzma.open(shared / "conformance" / "kueue" / f"{name}.jsonl.xz", "rt") as lines:
        scenario = json.loads(next(lines))
    return World(scenario_objects(scenario), [recorded_workload(body) for body in scenario["workloads"]])


def large_scale(cohorts: int = 10, queues: int = 100, **spec: Any) -> World:
    """Return Kueue's large-scale benchmark: arrivals offset so that no two workloads arrive together."""
    names = [(f"cohort-{c}", f"cq-{c}-{q}") for c in range(cohorts) for q in range(queues)]
    jobs = [
        job(f"{cls}-{number}-{i}", name, (i + 1) * every * STRETCHED + cls * len(names) + number, runs * STRETCHED,
            "cpu", cpus, priority)
        for number, (_, name) in enumerate(names)
        for cls, (count, every, runs, cpus, priority) in enumerate(CLASSES)
        for i in range(count)
    ]  # fmt: skip
    return World(objects([queue(name, 20, "cpu", cohort, 100, **spec) for cohort, name in names]), jobs)


def philly(shared: Path, week: bool = True, fair: Mapping[str, Any] | None = None, **spec: Any) -> World:
    """Return the Philly jobs of a week (or all) in one cohort; small virtual clusters go to the largest."""
    jobs = []
    with lzma.open(shared / "traces" / "philly-sia-82k.csv.xz", "rt") as rows:
        for number, row in enumerate(csv.DictReader(rows)):
            to = row["cluster"][:6]
            if week and not ("2017-10-01" <= row["timestamp"][:10] <= "2017-10-07" and to in PHILLY):
                continue
            at = round((datetime.fromisoformat(row["timestamp"]) - datetime(2017, 1, 1)).total_seconds())  # noqa: DTZ001
            to = to if to in PHILLY else "6214e9"
            jobs.append(job(f"j{number}", to, at, round(float(row["duration"])), GPU, int(row["num_gpus"])))
    return World(objects([queue(name, 2 * nodes, GPU, "all", **spec) for name, nodes in PHILLY.items()], fair), jobs)


def ricc(shared: Path, **spec: Any) -> World:
    """Return the RICC log: a queue for each group, nominal in proportion to its demand, 8,192 processors."""
    rows = list(_swf(shared / "traces" / "RICC-2010-2.swf.gz"))
    demand: dict[str, int] = {}
    for _, runs, processors, group in rows:
        demand[group] = demand.get(group, 0) + runs * processors
    names = sorted(demand)
    quotas = apportion(8192, [demand[name] for name in names])
    queues = [queue(f"g{n}", quota, "cpu", "all", **spec) for n, quota in zip(names, quotas, strict=True)]
    jobs = [job(f"j{i}", f"g{g}", at, runs, "cpu", count) for i, (at, runs, count, g) in enumerate(rows)]
    return World(objects(queues), jobs)


def _swf(path: Path) -> Iterator[tuple[int, int, int, str]]:
    """Yield submit time, run time, processors and group of the jobs that ran."""
    with gzip.open(path, "rt") as lines:
        for line in lines:
            fields = line.split()
            if fields and not line.startswith(";"):
                processors = max(int(fields[4]), int(fields[7]) if int(fields[4]) <= 0 else 0)
                if int(fields[3]) > 0 and processors > 0:
                    yield int(fields[1]), int(fields[3]), processors, fields[12]


def deep_queue(depth: int) -> World:
    """Return a queue in which *depth* jobs of ten shapes wait for hours while 20,000 small ones come and go."""
    jobs = [job("full", "q", 0, 10**6, "cpu", 90)]
    jobs += [job(f"w{i}", "q", 1 + i % 7, 1, "cpu", 11 + i % 10) for i in range(depth)]
    jobs += [job(f"small{i}", "q", 10 + i, 5, "cpu", 1) for i in range(20_000)]
    return World(objects([queue("q", 100, "cpu", "all")]), jobs)


def steady(count: int) -> World:
    """Return *count* jobs for eight queues of one cohort, at the same load however many there are."""
    chance = random.Random(7)
    jobs = [
        job(
            f"j{i}", f"q{chance.randrange(8)}", i * 10, 1 + chance.randrange(600), "cpu", chance.choice([1, 1, 2, 4, 8])
        )
        for i in range(count)
    ]
    return World(objects([queue(f"q{n}", 12, "cpu", "all", **RECLAIM_ANY) for n in range(8)]), jobs)


def forest(queues: int, cohorts: int, jobs_each: int) -> World:
    """Return *queues* queues in *cohorts* trees of four levels; each wants a third more than its nominal quota."""

    def arrival(place: int, tree: int, i: int) -> int:
        return i * 6_000 + (place * 7_919 + tree * 7) % 6_000

    api = {"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "Cohort"}
    bodies = [
        {
            **api,
            "metadata": {"name": f"t{tree}-{level}"},
            "spec": {"parentName": f"t{tree}-{level - 1}"} if level else {},
        }
        for tree in range(cohorts)
        for level in range(4)
    ]
    places = [divmod(number, cohorts) for number in range(queues)]
    jobs = [
        job(f"j{place}-{tree}-{i}", f"q{place}-{tree}", arrival(place, tree, i), 3600, "cpu", 1 + (place + i) % 8)
        for place, tree in places
        for i in range(jobs_each)
    ]
    owners = [queue(f"q{place}-{tree}", 2, "cpu", f"t{tree}-{place % 4}") for place, tree in places]
    return World(objects(owners, cohorts=bodies), jobs)
