"""Benchmarks are judged by ratios to a fixed piece of work that runs beside them, because machines differ."""

import random
import time
from collections.abc import Callable
from heapq import heappop, heappush
from pathlib import Path
from typing import Any

import pytest
import yaml

LIMITS = yaml.safe_load(Path(__file__).with_name("limits.yaml").read_text())


def reference_work() -> int:
    """Push and pop tuples and look them up, as an event loop does; always the same amount."""
    chance = random.Random(1)
    heap: list[tuple[int, int]] = []
    seen: dict[int, int] = {}
    total = 0
    for number in range(120_000):
        heappush(heap, (chance.randrange(1_000_000), number))
        if len(heap) > 500:
            key, value = heappop(heap)
            total += seen.get(key, 0)
            seen[key] = value
    return total


@pytest.fixture(scope="session")
def limits() -> Any:
    """Return what may take how long."""
    return LIMITS


@pytest.fixture(scope="session")
def unit() -> float:
    """Return how long the reference work takes here and now, best of 5, in seconds."""
    return min(_timed(reference_work) for _ in range(5))


def _timed(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


@pytest.fixture
def within(benchmark: Any, unit: float, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Return what runs a piece of work, says how long it took at best, and fails above the limit of its name.

    *setup* makes the arguments of each round beforehand.
    """

    def run(name: str, work: Callable[..., Any], rounds: int = 3, setup: Callable[[], Any] | None = None) -> Any:
        warmup = 1 if rounds > 1 and setup is None else 0
        result = benchmark.pedantic(work, setup=setup, rounds=rounds, warmup_rounds=warmup)
        best = benchmark.stats.stats.min
        limit = LIMITS[name]["ratio"]
        with capsys.disabled():
            print(f"\n{name}: {best:.3f} s, {best / unit:.2f} times the reference of {unit:.3f} s; limit {limit}")  # noqa: T201
        assert best / unit <= limit, LIMITS[name]["what"]
        return result

    return run
