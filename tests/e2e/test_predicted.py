"""The engine against a live Kueue: random queues and job streams, decision by decision."""

import os
import time
from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest

from e2e.client import Client
from e2e.cluster import Cluster
from e2e.observed import Observer
from e2e.replayed import agrees, difference
from e2e.scenarios import CLASSICAL, FAIR, Body, Scenario, scenario, shared_objects

pytestmark = pytest.mark.e2e
SCENARIOS = int(os.environ.get("MUSTER_E2E_SCENARIOS", "200"))
AT_ONCE = 20
LONGEST = 180
QUIET = 2.0


def run_batch(client: Client, observer: Observer, batch: list[Scenario]) -> None:
    """Declare queues, let jobs arrive when they should, and wait until all have ended."""
    for found in batch:
        for body in found.objects:
            client.apply(body)
    time.sleep(QUIET)
    start = time.monotonic()
    due = sorted((job.at + index / len(batch), found, job) for index, found in enumerate(batch) for job in found.jobs)
    for at, found, job in due:
        time.sleep(max(0.0, start + at - time.monotonic()))
        client.create(found.job(job))
    settled(observer, batch)


def settled(observer: Observer, batch: list[Scenario]) -> None:
    """Wait until every job that can ever be admitted has ended and nothing moves any more."""
    deadline = time.monotonic() + LONGEST
    known, since = -1, time.monotonic()
    while time.monotonic() < deadline:
        events = sum(len(observer.events[found.name]) for found in batch)
        if events != known:
            known, since = events, time.monotonic()
        running = any(_runs(observer, found) for found in batch)
        if not running and time.monotonic() - since > 4:
            return
        time.sleep(0.2)
    raise AssertionError("jobs did not end")


def _runs(observer: Observer, found: Scenario) -> bool:
    state: dict[str, str] = {}
    for event in observer.last(found.name):
        state[event.job] = event.kind
    return any(kind == "admitted" for kind in state.values())


def remove(client: Client, batch: list[Scenario]) -> None:
    for found in batch:
        for body in reversed(found.objects):
            client.delete(body)


@pytest.fixture(scope="module")
def deployed(cluster: Cluster) -> Iterator[Cluster]:
    """Yield a cluster with nodes, and with what all scenarios use.

    Volcano rests, since
    two cores are few. At the end all run with their defaults again.
    """
    for body in shared_objects():
        cluster.client.apply(body)
    cluster.plane.add_nodes(4, {}, cpu="10000", memory="10Ti")
    cluster.volcano.stop()
    yield cluster
    cluster.volcano.start()
    cluster.kueue.restart()


@pytest.mark.parametrize(
    ("configuration", "share", "seed"), [(CLASSICAL, 3, 11), (FAIR, 2, 12)], ids=["classical", "fair"]
)
def test_the_engine_decides_as_a_live_kueue(deployed: Cluster, configuration: Body, share: int, seed: int) -> None:
    deployed.kueue.restart(**configuration)
    client, observer, random = deployed.client, Observer(deployed.plane.admin.client()), Random(seed)
    outcomes: Counter[str] = Counter()
    decided: Counter[str] = Counter()
    differences = []
    numbers = [number + seed * SCENARIOS for number in range(SCENARIOS * share // 5)]
    for first in range(0, len(numbers), AT_ONCE):
        batch = [scenario(number, random, configuration) for number in numbers[first : first + AT_ONCE]]
        run_batch(client, observer, batch)
        for found in batch:
            events = observer.last(found.name)
            how = agrees(found, events)
            outcomes[how or "different"] += 1
            decided.update(event.kind for event in events)
            if not how:
                differences.append(difference(found, events))
        remove(client, batch)
    print(f"\n{len(numbers)} scenarios: {dict(outcomes)}; {dict(decided)}")  # noqa: T201
    assert decided["evicted"] > len(numbers) // 10
    assert not differences, "\n\n".join(differences)
