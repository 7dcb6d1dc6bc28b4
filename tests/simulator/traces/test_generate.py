"""Made-up history: repeatable, of the load asked for, shaped like the log it was measured on."""

from collections import Counter

import pytest

from simulator.traces.formats import read_trace
from simulator.traces.generate import DURATIONS, HOURS, SIZES, TENANTS, WEEKDAYS, generate, philly_teams
from simulator.traces.shape import quantiles
from tenancy.errors import MusterError

DAY = 86_400_000
HOUR = 3_600_000


def test_same_seed_same_history():
    first, again, other = (list(generate({"a": 3, "b": 1}, 16, 3, 0.7, seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_load_is_met_by_each_team():
    jobs = list(generate({"a": 24, "b": 16, "c": 8}, 48, 7, 0.8, 5))
    work = Counter[str]()
    for job in jobs:
        work[job.team] += job.gpus * job.duration
    assert [work[team] / (gpus * 1000 * 7 * DAY) for team, gpus in (("a", 24), ("b", 16), ("c", 8))] == pytest.approx(
        [0.8] * 3, rel=0.01
    )


def test_jobs_keep_within_their_bounds():
    jobs = list(generate({"big": 31, "small": 1}, 32, 2, 0.9, 3))
    begin = min(job.submit for job in jobs) // DAY * DAY
    assert all(begin <= job.submit < begin + 2 * DAY and 1_000 <= job.duration <= 2 * DAY for job in jobs)
    assert max(job.gpus for job in jobs if job.team == "big") == 8_000
    assert {job.gpus for job in jobs if job.team == "small"} == {1_000}
    assert [job.submit for job in jobs] == sorted(job.submit for job in jobs)
    assert len({job.id for job in jobs}) == len(jobs)


def test_constants_are_whole():
    assert sum(part.weight for part in DURATIONS[1].parts) == pytest.approx(1)
    assert set(SIZES) == set(DURATIONS)
    assert sum(HOURS) == pytest.approx(24, abs=0.2)
    assert sum(WEEKDAYS) == pytest.approx(7, abs=0.01)
    assert sum(TENANTS) == pytest.approx(1, abs=0.01)


def test_more_teams_than_philly_had():
    teams = philly_teams(13)
    assert len(teams) == 13
    assert teams["team-13"] == TENANTS[-1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (({}, 8, 1, 0.5), "there must be teams"),
        (({"a": 0}, 8, 1, 0.5), "there must be teams"),
        (({"a": 1}, 0, 1, 0.5), "at least one GPU"),
        (({"a": 1}, 8, 0, 0.5), "1 to 36,500 days"),
        (({"a": 1}, 8, 1, 0), "load must be above 0"),
        (({"a": 1}, 8, 1, float("nan")), "load must be above 0"),
        (({"a": 1}, 10**9, 100, 1), "at most 5,000,000"),
        (({"a": 1}, 1, 1, 1e-9), "less than a single job"),
    ],
)
def test_what_cannot_be_is_refused(arguments, message):
    with pytest.raises(MusterError, match=message):
        list(generate(*arguments, seed=1))


@pytest.mark.shared
def test_shape_is_that_of_philly(shared):
    real = read_trace(str(shared / "traces" / "philly-sia-82k.csv.xz")).jobs
    made = list(generate(philly_teams(11), 2_490, 75, 0.2, 2))
    for size in SIZES:
        of_size = [[job.duration for job in jobs if job.gpus == size * 1000] for jobs in (real, made)]
        share, drawn = len(of_size[0]) / len(real), len(of_size[1]) / len(made)
        assert drawn == pytest.approx(share, abs=0.005)
        if size <= 8:
            measured, found = map(quantiles, of_size)
            for name in ("median", "p90"):
                assert 1 / 1.3 < found[name] / measured[name] < 1.3, (size, name)
    for chosen in (_on_weekend, _in_the_day):
        assert _part(made, chosen) == pytest.approx(_part(real, chosen), abs=0.03)
    assert _largest_share(made, "team") == pytest.approx(_largest_share(real, "queue"), abs=0.005)


def _on_weekend(job) -> bool:
    return (job.submit // DAY + 3) % 7 >= 5


def _in_the_day(job) -> bool:
    return 9 <= job.submit // HOUR % 24 < 17


def _part(jobs, chosen) -> float:
    return sum(map(chosen, jobs)) / len(jobs)


def _largest_share(jobs, tenant: str) -> float:
    work = Counter[str]()
    for job in jobs:
        work[getattr(job, tenant)] += job.gpus * job.duration
    return max(work.values()) / sum(work.values())
