"""Made-up history with the shape of a real one: Philly, 82,247 jobs of Microsoft's GPU cluster, autumn 2017.

Every constant was measured on that log (the file `philly-sia-82k`, 2017-09-04 to 2017-12-22):

- SIZES: how many jobs ask for 1, 2, 4, 8, 16, 32, 64 and 128 GPUs. The 14 jobs of 12 and 24 are left out.
- DURATIONS: log-normal parts fitted to the logarithms of the durations of each size by expectation maximization, cut
  at the longest job of that size; sizes from 32 on have one fit. One log-normal would not do: jobs that fail within a
  minute and jobs that run for days are different populations. The two parts of 2 GPUs were set by hand to the 90th and
  99th percentile, where the fit runs away.
- HOURS: median number of submissions on working days by hour of the log's clock, over their mean. The trough at 11 to
  16 h suggests that this clock is ahead of the users' by some eight hours.
- WEEKDAYS: mean number of submissions by weekday, Monday first, in the ten whole weeks from 2017-10-02 to 2017-12-10.
- TENANTS: the shares of the eleven large virtual clusters in the GPU time.
"""

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import accumulate
from random import Random
from typing import NamedTuple

from simulator.traces.fields import in_milliseconds
from simulator.traces.job import TraceJob
from simulator.workload import SCALE
from tenancy.errors import MusterError

SIZES: Mapping[int, int] = {1: 76_627, 2: 1_818, 4: 1_870, 8: 1_643, 16: 199, 32: 67, 64: 6, 128: 3}
# fmt: off
HOURS = (
    1.16, 0.79, 1.08, 1.05, 1.00, 1.19, 1.24, 1.32, 1.19, 1.11, 0.87, 0.71,
    0.66, 0.68, 0.66, 0.66, 0.71, 1.05, 1.08, 1.05, 1.00, 1.16, 1.32, 1.26,
)
# fmt: on
WEEKDAYS = (0.854, 1.023, 1.132, 1.338, 1.466, 0.645, 0.544)
TENANTS = (0.2619, 0.1686, 0.1286, 0.0994, 0.0840, 0.0825, 0.0793, 0.0438, 0.0287, 0.0139, 0.0091)
FIRST_DAY = datetime(2024, 1, 1, tzinfo=UTC)
"""The Monday on which made-up history begins."""
DAY_SECONDS = 86_400
CLOSE_ENOUGH = 0.005
MISSES = 1000
"""How many jobs in a row may be too long for what is left before it is left."""
MEAN_WORK = 42_811
"""GPU-seconds of a job of Philly, to foresee how many jobs there will be."""
MOST_DAYS = 36_500
MOST_JOBS = 5_000_000
"""More would fill the memory."""


class Part(NamedTuple):
    """One log-normal part of durations: its *weight*, its *median* in seconds and *sigma* of the logarithm."""

    weight: float
    median: float
    sigma: float


class Durations(NamedTuple):
    """Durations of one size: log-normal *parts*, cut at the *longest* (seconds)."""

    parts: tuple[Part, ...]
    longest: int


ONE = (Part(0.189, 64.6, 0.175), Part(0.188, 2134.2, 0.462), Part(0.603, 1163.1, 1.758), Part(0.02, 112_069, 1.155))
WIDE = (Part(0.296, 1027.5, 3.852), Part(0.341, 1425.1, 0.672), Part(0.364, 52_765, 0.144))
DURATIONS: Mapping[int, Durations] = {
    1: Durations(ONE, 3_256_045),
    2: Durations((Part(0.76, 18.0, 0.4), Part(0.24, 55_100, 1.3)), 2_582_803),
    4: Durations((Part(0.325, 275.9, 1.32), Part(0.675, 48_243.5, 1.398)), 2_750_674),
    8: Durations((Part(0.246, 317.0, 1.377), Part(0.505, 27_795, 1.766), Part(0.249, 225_160, 0.562)), 4_628_226),
    16: Durations((Part(0.443, 325.1, 1.894), Part(0.557, 127_017, 1.066)), 1_710_643),
    32: Durations(WIDE, 128_924),
    64: Durations(WIDE, 128_924),
    128: Durations(WIDE, 128_924),
}


def generate(teams: Mapping[str, float], gpus: int, days: int, load: float, seed: int) -> Iterator[TraceJob]:
    """Yield jobs by submission, over *days* days from Monday 2024-01-01; the same arguments give the same jobs.

    Together they ask for *load* times the GPU time that *gpus* GPUs have on these days, each team for its share by
    weight, within half a percent where its jobs are small enough. No job is wider than its team's share of the GPUs or
    a quarter of all (at least one GPU), none longer than the history. MusterError where that cannot be.
    """
    _check(teams, gpus, days, load)
    random = Random(seed)  # noqa: S311 - the same seed must give the same history
    whole = sum(teams.values())
    slots = tuple(accumulate(WEEKDAYS[slot // 24 % 7] * HOURS[slot % 24] for slot in range(24 * days)))
    jobs = []
    for team, weight in teams.items():
        share = weight / whole
        widest = max(1, int(min(gpus / 4, gpus * share)))
        target = load * share * gpus * days * DAY_SECONDS
        sizes = list(_sizes(random, widest, days * DAY_SECONDS, target))
        hours = random.choices(range(24 * days), cum_weights=slots, k=len(sizes))
        jobs += [
            (hour * 3600 + random.randrange(3600), team, size, duration)
            for hour, (size, duration) in zip(hours, sizes, strict=True)
        ]
    if not jobs:
        raise MusterError(f"a load of {load} on {gpus} GPUs for {days} days is less than a single job")
    begin = in_milliseconds(FIRST_DAY)
    for number, (second, team, size, duration) in enumerate(sorted(jobs), start=1):
        yield TraceJob(f"job-{number}", begin + second * 1000, duration * 1000, size * SCALE, team=team, line=number)


def philly_teams(number: int) -> dict[str, float]:
    """Return *number* teams with the shares of Philly's virtual clusters; beyond eleven, with the smallest."""
    return {f"team-{index + 1}": TENANTS[min(index, len(TENANTS) - 1)] for index in range(number)}


def _check(teams: Mapping[str, float], gpus: int, days: int, load: float) -> None:
    if not teams or min(teams.values()) <= 0:
        raise MusterError("there must be teams, each with GPUs of its own")
    if gpus < 1 or not 1 <= days <= MOST_DAYS:
        raise MusterError(f"there must be at least one GPU, and 1 to {MOST_DAYS:,} days; not {gpus} and {days}")
    if not 0 < load < math.inf:
        raise MusterError(f"load must be above 0, not {load}; 1 is as much as the GPUs can do")
    expected = load * gpus * days * DAY_SECONDS / MEAN_WORK
    if expected > MOST_JOBS:
        raise MusterError(f"that would be about {expected:,.0f} jobs; at most {MOST_JOBS:,} are made")


def _sizes(random: Random, widest: int, longest: int, target: float) -> Iterator[tuple[int, int]]:
    """Yield GPUs and seconds of jobs until they make up *target* GPU-seconds; what would go beyond is drawn again."""
    known = [size for size in SIZES if size <= widest]
    weights = tuple(accumulate(SIZES[size] for size in known))
    left, misses = target, 0
    while left > CLOSE_ENOUGH * target and misses < MISSES:
        size = random.choices(known, cum_weights=weights)[0]
        duration = _duration(random, DURATIONS[size], longest)
        misses += 1
        if size * duration <= left + CLOSE_ENOUGH * target:
            left, misses = left - size * duration, 0
            yield size, duration


def _duration(random: Random, durations: Durations, longest: int) -> int:
    """Return a length in whole seconds, at least one and at most *longest*."""
    weights = [part.weight for part in durations.parts]
    while True:
        part = random.choices(durations.parts, weights)[0]
        seconds = round(random.lognormvariate(math.log(part.median), part.sigma))
        if 1 <= seconds <= min(longest, durations.longest):
            return seconds
