"""From a history to workloads."""

import pytest

from scheduling.world import World
from simulator.traces.formats import read_trace
from simulator.traces.job import Skipped, Trace, TraceJob
from simulator.traces.mapping import mapping_of
from simulator.traces.workloads import Mapped, workloads
from tenancy.errors import ConfigError, TraceError

DAY = 86_400_000


def mapped(world: World, jobs: list[TraceJob], absolute: bool = True, **fields: object) -> Mapped:
    trace = Trace("csv", "jobs.csv", jobs, "team", absolute=absolute)
    return workloads(trace, mapping_of(fields) if fields else None, world)


def test_teams_need_no_mapping(world, data):
    made = workloads(read_trace(str(data / "csv.csv")), None, world)
    train, later, part, cpu = made.workloads
    assert (train.name, train.namespace, train.queue, train.team, train.user) == (
        "train",
        "vision-train",
        "default",
        "vision",
        "ana",
    )
    assert (train.arrival, train.duration, train.priority) == (0, 5_400_000, 1_000)
    assert [(pods.count, pods.requests["nvidia.com/gpu"]) for pods in train.pod_sets] == [(2, 4_000)]
    assert (later.name, later.priority, later.arrival) == ("eval", 7, 210_000)
    assert (part.name, part.priority) == ("eval-2", 10)
    assert part.total("nvidia.com/gpu") == 1_000
    assert cpu.pod_sets[0].requests == {"cpu": 1_500, "memory": 2 * 2**30}
    assert made.start == 1_709_543_520_000
    notes = "\n".join(made.notes)
    for said in (
        "columns not read: colour",
        "1 rows left out: duration is below 0 (first in line 7)",
        "1 jobs ask for a part of a GPU, rounded up to whole ones: that adds 0.7 %",
        "1 jobs ask for no GPU, but for CPU",
        "1 jobs have an id that stands twice",
    ):
        assert said in notes


def test_pods_carry_companions_in_an_environment_alone(world, plain_world):
    job = [TraceJob("j", 0, 1, 2_000, team="vision")]
    with_cpu = mapped(world, job).workloads[0].pod_sets[0].requests
    assert with_cpu == {"nvidia.com/gpu": 2_000, "cpu": 16_000, "memory": 2**38}
    assert mapped(world, job, companions=False).workloads[0].pod_sets[0].requests == {"nvidia.com/gpu": 2_000}
    there = mapped(plain_world, job, teams={"vision": "small"})
    assert there.workloads[0].pod_sets[0].requests == {"amd.com/gpu": 2_000}
    carried = mapped(plain_world, job, teams={"vision": "small"}, companions=True)
    assert carried.workloads[0].pod_sets[0].requests == {"amd.com/gpu": 2_000, "cpu": 32_000, "memory": 128 * 2**30}
    assert there.workloads[0].team == "small"


def test_pool_is_asked_for_by_the_labels_of_all_its_tiers(world):
    made = mapped(world, [TraceJob("j", 0, 1, 1_000, team="vision")], pool="h100")
    assert made.workloads[0].pod_sets[0].template == {"nodeSelector": {"gpu": "h100"}}


@pytest.mark.parametrize(("per", "gpus"), [(1, 20), (8, 3), (20, 1), (100, 1)])
def test_processors_become_gpus(per, gpus, world):
    job = [TraceJob("j", 0, 1, processors=20, team="vision")]
    made = mapped(world, job, gpus={"from": "processors", "per": per})
    assert made.workloads[0].total("nvidia.com/gpu") == gpus * 1_000
    assert any(note.startswith("one GPU stands for") for note in made.notes)


def test_processors_are_gpus_where_no_job_has_any(world):
    made = mapped(world, [TraceJob("j", 0, 1, processors=12, team="vision")])
    assert made.workloads[0].total("nvidia.com/gpu") == 12_000
    assert made.notes == (
        "one GPU stands for one processor",
        "1 jobs ask for more GPUs than a pod gets (8); they become several pods",
    )


def test_jobs_that_ask_for_nothing_are_left_out(world):
    jobs = [TraceJob("j", 0, 1, 1_000, team="vision"), TraceJob("k", 0, 1, team="vision")]
    made = mapped(world, jobs)
    assert [workload.name for workload in made.workloads] == ["j"]
    assert made.notes == ("1 jobs left out: they ask for neither GPUs nor CPU",)


def test_days_are_chosen_and_the_first_job_arrives_at_0(world):
    jobs = [TraceJob(str(day), day * DAY, 1, 1_000, team="vision") for day in (0, 1, 2)]
    made = mapped(world, jobs, **{"from": "1970-01-02"})
    assert [(workload.name, workload.arrival) for workload in made.workloads] == [("1", 0), ("2", DAY)]
    assert made.start == DAY
    assert made.notes == ("1 jobs left out: submitted on other days",)


def test_priorities_by_field(world):
    jobs = [TraceJob(str(q), 0, 1, 1_000, team="vision", queue=str(q), priority="production") for q in (1, 2, 3)]
    made = mapped(world, jobs, priority={"field": "queue", "values": {"1": "exploratory", "2": 77}})
    assert [workload.priority for workload in made.workloads] == [10, 77, 1_000]
    with pytest.raises(ConfigError, match=r"priority\.values\.1: there is no priority 'explore'; did you mean"):
        mapped(world, jobs, priority={"field": "queue", "values": {"1": "explore"}})


@pytest.mark.parametrize("priority", ["urgent", "--5", "99999999999"])
def test_priority_that_is_none_is_said_with_its_line(priority, world):
    with pytest.raises(TraceError, match=r"jobs\.csv:12: there is no priority"):
        mapped(world, [TraceJob("j", 0, 1, 1_000, team="vision", priority=priority, line=12)])


def test_names_are_made_unique(world):
    names = ["a", "a", "a-2", "a", "b"]
    made = mapped(world, [TraceJob(name, 0, 1, 1_000, team="vision") for name in names])
    found = [workload.name for workload in made.workloads]
    assert len(set(found)) == 5
    assert found[:2] == ["a", "a-2"]
    assert found[-1] == "b"
    assert made.notes == ("3 jobs have an id that stands twice; they got a number",)


def test_what_was_skipped_is_said(world):
    trace = Trace(
        "csv", "f", [TraceJob("j", 0, 1, 1_000, team="vision")], "team", 3, {"bad": Skipped(1_200, (7, 9))}, True
    )
    assert workloads(trace, None, world).notes == (
        "1,200 rows left out: bad (first in line 7)",
        "3 rows were submitted before the row above them; the jobs are put in order of time",
    )


def test_nothing_left_is_refused_with_the_reasons(world):
    with pytest.raises(TraceError, match="no job is left to replay; 1 jobs left out: their team robots has no Local"):
        mapped(world, [TraceJob("j", 0, 1, 1_000, team="robots")])
