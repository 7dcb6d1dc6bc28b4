"""How fast the Kueue engine decides: without reading, on one core."""

import resource
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from simulator.clock import replay
from simulator.engines import KueueEngine
from support import engine_worlds as worlds
from support.engine_worlds import World

pytestmark = pytest.mark.bench
Within = Callable[..., Any]
Decide = Callable[..., float]
MEBIBYTE = 1024
"""In the units of ru_maxrss."""


def run(engine: KueueEngine, arrivals: list[int], durations: list[int]) -> int:
    return sum(1 for _ in replay(arrivals, durations, engine, lambda _: None))


@pytest.fixture
def decide(within: Within) -> Decide:
    """Return what replays a world and holds the time of its decisions against the limit of its name."""

    def decided(name: str, world: World, rounds: int = 3) -> int:
        arrivals = [workload.arrival for workload in world.workloads]
        durations = [workload.duration for workload in world.workloads]

        def setup() -> tuple[Any, Any]:
            return (KueueEngine(world.objects, world.workloads), arrivals, durations), {}

        return within(name, run, rounds, setup)

    return decided


@pytest.mark.shared
@pytest.mark.parametrize(("name", "events"), [("baseline-nopreempt", 30_000), ("baseline-preempt", 71_490)])
def test_baseline(decide: Decide, shared: Path, name: str, events: int) -> None:
    assert decide(name, worlds.baseline(shared, name), rounds=5) == events


def test_large_scale(decide: Decide) -> None:
    assert decide("large-scale", worlds.large_scale(), rounds=2) == 100_000


def test_large_scale_with_preemption(decide: Decide) -> None:
    assert decide("large-scale-preempt", worlds.large_scale(**worlds.BASELINE_PREEMPTION), rounds=1) > 200_000


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "spec", "fair"),
    [
        ("philly-best-effort", {}, None),
        ("philly-strict", {"queueingStrategy": "StrictFIFO"}, None),
        ("philly-reclaim", worlds.RECLAIM_ANY, None),
        ("philly-fair", worlds.RECLAIM_ANY, worlds.BOTH),
    ],
)
def test_philly_week(decide: Decide, shared: Path, name: str, spec: dict[str, Any], fair: Any) -> None:
    assert decide(name, worlds.philly(shared, fair=fair, **spec), rounds=5) >= 21_300


@pytest.mark.shared
def test_all_of_philly(decide: Decide, shared: Path) -> None:
    assert decide("philly-all", worlds.philly(shared, week=False)) == 2 * 82_247


@pytest.mark.shared
@pytest.mark.parametrize(("name", "spec"), [("ricc-borrowing", {}), ("ricc-reclaim", worlds.RECLAIM_ANY)])
def test_ricc(decide: Decide, shared: Path, name: str, spec: dict[str, Any]) -> None:
    world = worlds.ricc(shared, **spec)
    assert len(world.workloads) == 447_784
    assert decide(name, world, rounds=1) >= 2 * 447_784
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 1.2 * MEBIBYTE * 1024


def seconds_each(world: World, rounds: int) -> float:
    """Return the time for each decision or end of a job, best of some rounds."""
    arrivals = [workload.arrival for workload in world.workloads]
    durations = [workload.duration for workload in world.workloads]
    found = []
    for _ in range(rounds):
        engine = KueueEngine(world.objects, world.workloads)
        start = time.process_time()
        events = run(engine, arrivals, durations)
        found.append((time.process_time() - start) / events)
    return min(found)


@pytest.mark.parametrize(
    ("name", "small", "large"),
    [
        ("ten-times-deeper", lambda: worlds.deep_queue(10_000), lambda: worlds.deep_queue(100_000)),
        ("ten-times-the-trees", lambda: worlds.forest(500, 5, 10), lambda: worlds.forest(5000, 50, 10)),
        ("ten-times-the-jobs", lambda: worlds.steady(20_000), lambda: worlds.steady(200_000)),
    ],
)
def test_growth(
    name: str,
    small: Callable[[], World],
    large: Callable[[], World],
    limits: Mapping[str, Any],
    capsys: pytest.CaptureFixture[str],
) -> None:
    before, after = seconds_each(small(), 3), seconds_each(large(), 2)
    limit = limits[name]["ratio"]
    each = f"{before * 1e6:.1f} us each, then {after * 1e6:.1f} us"
    with capsys.disabled():
        print(f"\n{name}: {each}, {after / before:.2f} times; limit {limit}")  # noqa: T201
    assert after / before <= limit, limits[name]["what"]
