"""A replay up to one instant: where a workload stands then, and forks of the engine."""

from pathlib import Path

import pytest

from scheduling.kueue.lifecycle import Startup
from scheduling.kueue.objects import read
from simulator.past import Past, State
from support.explained_worlds import job, world

MINUTE = 60_000
JOBS = [job("one", 0, 3), job("two", 100, 2, priority=1), job("three", 200, 1)]


@pytest.mark.parametrize(
    ("now", "states"),
    [
        (0, [State.RUNNING, State.NOT_ARRIVED, State.NOT_ARRIVED]),
        (100, [State.WAITING, State.RUNNING, State.NOT_ARRIVED]),
        (1099, [State.WAITING, State.RUNNING, State.RUNNING]),
        (1200, [State.RUNNING, State.FINISHED, State.FINISHED]),
    ],
)
def test_where_workloads_stand(tmp_path: Path, now: int, states: list[State]) -> None:
    past = Past(read(world(tmp_path).manifests), {}, JOBS)
    assert [past.at(now, number)[1].state for number in range(3)] == states


def test_quota_without_ready_pods_is_no_run(tmp_path: Path) -> None:
    past = Past(read(world(tmp_path).manifests), {"h100": Startup(ready=60_000)}, [job("one", 0, 1)])
    assert past.at(59_999, 0)[1].state is State.STARTING
    assert past.at(60_000, 0)[1].state is State.RUNNING


def test_a_workload_steps_back_after_a_timeout_and_may_be_given_up(tmp_path: Path) -> None:
    past = Past(read(world(tmp_path).manifests), {"h100": Startup(ready=40 * MINUTE)}, [job("one", 0, 1)])
    assert past.at(30 * MINUTE - 1, 0)[1].state is State.STARTING
    assert past.at(30 * MINUTE, 0)[1].state is State.STEPS_BACK
    assert past.at(31 * MINUTE, 0)[1].state is State.STARTING
    assert past.at(10**9, 0)[1].state is State.GIVEN_UP


def test_workloads_of_a_stopped_queue_are_not_tried(tmp_path: Path) -> None:
    past = Past(read(world(tmp_path, stop="Hold").manifests), {}, JOBS)
    engine, standing = past.at(500, 0)
    assert standing.state is State.REFUSED
    assert engine.gated[0].reason == "Suspended"


def test_a_fork_goes_on_by_itself(tmp_path: Path) -> None:
    engine, _ = Past(read(world(tmp_path).manifests), {}, JOBS).at(100, 0)
    fork = engine.fork()
    fork.finish([1], 150)
    assert [decision.workload for decision in fork.settle(150)] == [0]
    assert fork.infos[0].assignment is not None
    assert engine.infos[0].assignment is None
    assert engine.infos[1].assignment is not None
    assert [info.name for *_, info in engine.cluster.queues["a"].running] == ["two"]
    engine.finish([1], 150)
    assert [decision.workload for decision in engine.settle(150)] == [0]
