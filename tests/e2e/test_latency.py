"""The latency model against a live Kueue: each of its numbers, and the waits that it predicts."""

import statistics
import time
from collections.abc import Iterator
from random import Random

import pytest

from e2e.cluster import Cluster
from e2e.latency import NAME, deployed, ending, handover, idle_delay, job, queue, submit, throughput, wait
from scheduling.world import World
from simulator.latency import LIVE
from simulator.run import simulate
from simulator.workload import PodSet, Workload
from tenancy.finding import Place
from tenancy.manifests import Manifests, Origin, declared

pytestmark = pytest.mark.e2e
SLOW = {"qps": 20, "burst": 20}
CPUS = 4


@pytest.fixture(scope="module")
def cluster_with_nodes(cluster: Cluster) -> Iterator[Cluster]:
    """Yield a cluster with room; at the end Kueue runs with its defaults again."""
    cluster.plane.add_nodes(2, {}, cpu="10000", memory="10Ti")
    yield cluster
    cluster.kueue.restart()


def test_an_idle_manager_starts_a_job_after_the_delay(cluster_with_nodes: Cluster) -> None:
    found = idle_delay(cluster_with_nodes, 8)
    print(f"\nfrom creation to a running pod: {found:.3f} s")  # noqa: T201
    assert found == pytest.approx(LIVE.delay / 1000, abs=0.15)


def test_a_job_ends_some_time_after_its_pods(cluster_with_nodes: Cluster) -> None:
    found = ending(cluster_with_nodes, 6)
    print(f"\nfrom the end of a pod to that of its job: {found:.3f} s")  # noqa: T201
    assert found == pytest.approx(LIVE.ending / 1000, abs=0.2)


def test_what_waits_for_quota_starts_a_batch_later(cluster_with_nodes: Cluster) -> None:
    found = handover(cluster_with_nodes, 6)
    print(f"\nfrom the end of a job to the start of the next: {found:.3f} s")  # noqa: T201
    assert found == pytest.approx((LIVE.batch + LIVE.delay) / 1000, abs=0.3)


def test_the_waits_of_a_job_stream_are_those_predicted(cluster_with_nodes: Cluster) -> None:
    random = Random(3)
    stream = [(0.4 * number, random.randint(1, 2), random.randint(1, 3)) for number in range(30)]
    with deployed(cluster_with_nodes, CPUS) as clocked:
        start = time.monotonic()
        names = []
        for number, (at, cpus, seconds) in enumerate(stream):
            time.sleep(max(0.0, start + at - time.monotonic()))
            names.append(submit(cluster_with_nodes, clocked, job(f"j{number}", seconds, cpus)))
        wait(lambda: len(clocked.running) == len(stream), 120)
        observed = clocked.waits(names)
        arrivals = [round(1000 * (clocked.created[name] - start)) for name in names]
    world = World(Manifests(declared(body, Origin(Place("live.yaml"))) for body in queue(CPUS)))
    workloads = [
        Workload(name, NAME, NAME, arrival, 1000 * seconds, (PodSet({"cpu": 1000 * cpus}),))
        for name, arrival, (_, cpus, seconds) in zip(names, arrivals, stream, strict=True)
    ]
    late = [(o.admitted or 0) - o.arrival for o in simulate(world, workloads, "kueue", {}, latency=LIVE).outcomes]
    ideal = [(o.admitted or 0) - o.arrival for o in simulate(world, workloads, "kueue", {}).outcomes]
    means = [statistics.mean(waits) / 1000 for waits in (late, ideal)]
    print(f"\nmean wait: observed {statistics.mean(observed):.2f} s, live {means[0]:.2f} s, ideal {means[1]:.2f} s")  # noqa: T201
    assert means[0] == pytest.approx(statistics.mean(observed), rel=0.15)


def test_jobs_start_as_fast_as_the_clients_requests_allow(cluster_with_nodes: Cluster) -> None:
    cluster_with_nodes.kueue.restart(clientConnection=SLOW)
    found = SLOW["qps"] / throughput(cluster_with_nodes, 100)
    print(f"\nrequests for each job: {found:.2f}")  # noqa: T201
    assert found == pytest.approx(LIVE.requests, rel=0.25)
