"""Single changes that would start a waiting job at once: the smallest that does, and what it does to others."""

from pathlib import Path

import pytest

from scheduling.kueue.objects import read
from scheduling.kueue.reasons import refusal
from simulator.past import Past
from simulator.remedies import Remedy, remedies
from simulator.workload import Workload
from support.explained_worlds import job, world


def tried(folder: Path, jobs: list[Workload], now: int = 100, **options: str) -> dict[str, Remedy]:
    """Return what was tried for the last of *jobs*."""
    number = len(jobs) - 1
    engine, _ = Past(read(world(folder, **options).manifests), {}, jobs).at(now, number)
    found = list(remedies(engine, jobs, number, now, refusal(engine.infos[number])))
    assert engine.infos[number].assignment is None
    return {remedy.change: remedy for remedy in found}


def test_each_kind_of_change_alone(tmp_path: Path) -> None:
    found = tried(tmp_path, [job("runs", 0, 2), job("waits", 100, 2)])
    assert {change: (remedy.kind, remedy.effect) for change, remedy in found.items()} == {
        "ClusterQueue a: 1 nvidia.com/gpu more of h100": ("nominal quota", (("h100",), ())),
        "ClusterQueue a: 1 nvidia.com/gpu more of h100 to borrow": ("borrowing limit", (("h100",), ())),
        "priority urgent (1000) instead of 0": ("priority", (("h100",), ("runs",))),
        "pods that ask for spot and tolerate spot": ("flavor", (("spot",), ())),
    }


def test_where_others_would_take_it_first_the_change_is_as_large_as_need_be(tmp_path: Path) -> None:
    jobs = [job("runs", 0, 3), *(job(f"before{n}", 10 + n, 1) for n in range(5)), job("waits", 100, 1)]
    found = tried(tmp_path, jobs)
    assert found["ClusterQueue a: 6 nvidia.com/gpu more of h100"].helps
    assert not any(change.startswith("ClusterQueue a: 5 ") for change in found)


def test_a_change_that_does_not_do_is_told_too(tmp_path: Path) -> None:
    jobs = [job("others", 0, 2, team="b"), job("runs", 10, 2), job("waits", 100, 3)]
    found = tried(tmp_path, jobs)
    limit = next(remedy for remedy in found.values() if remedy.kind == "borrowing limit")
    assert limit.change == "ClusterQueue a: 2 nvidia.com/gpu more of h100 to borrow"
    assert not limit.helps


@pytest.mark.parametrize("strategy", ["BestEffortFIFO", "StrictFIFO"])
def test_a_priority_brings_to_the_front(tmp_path: Path, strategy: str) -> None:
    jobs = [job("runs", 0, 1, priority=2000), job("large", 10, 3), job("waits", 100, 2)]
    if strategy == "BestEffortFIFO":
        jobs[0] = job("runs", 0, 2, priority=2000)
    found = tried(tmp_path, jobs, strategy=strategy)
    assert found["priority urgent (1000) instead of 0"].helps is (strategy == "StrictFIFO")
