"""What a job history looks like: how many, how large, how long, whose, and what is odd about it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from simulator.traces.job import Trace, TraceJob
from simulator.traces.tenants import Tenant, tenants
from simulator.workload import SCALE

HOUR = 3_600_000
QUANTILES: Mapping[str, int] = {"p10": 10, "median": 50, "p90": 90, "p99": 99, "max": 100}


@dataclass(frozen=True, slots=True)
class Share:
    """The jobs of one class of sizes, *label*: how many they are, and their work (thousandths of a GPU times ms)."""

    label: str
    jobs: int
    work: int


@dataclass(frozen=True, slots=True)
class Shape:
    """The figures of *trace*. *unit* is what sizes count: gpus, or processors where no job has GPUs.

    Sizes are thousandths of the unit, times milliseconds, work their product; *begin* and *last* are the first and the
    last submission, *end* is when the last job ends if each waits as recorded, *busy* the average work under way until
    then in units. *waits* is empty where none is recorded.
    """

    trace: Trace
    unit: str
    begin: int
    last: int
    end: int
    work: int
    tenants: Sequence[Tenant]
    classes: Sequence[Share]
    sizes: Mapping[str, int]
    durations: Mapping[str, int]
    waits: Mapping[str, int]
    waits_known: int
    mean_wait: int

    @property
    def busy(self) -> float:
        """Return the units in use on average from the first submission to the end of the last job."""
        return float(Fraction(self.work, SCALE * (self.end - self.begin)))


def shape(trace: Trace) -> Shape:
    """Return the figures of *trace*; its tenants are those of the field that is usual for its format."""
    unit = "gpus" if trace.has_gpus else "processors"
    sizes = [job.gpus if unit == "gpus" else job.processors * SCALE for job in trace.jobs]
    works = [size * job.duration for size, job in zip(sizes, trace.jobs, strict=True)]
    waits = [job.wait for job in trace.jobs if job.wait is not None]
    return Shape(
        trace,
        unit,
        trace.jobs[0].submit,
        trace.jobs[-1].submit,
        max(map(_end, trace.jobs)),
        sum(works),
        tenants((str(getattr(job, trace.tenant)), work) for job, work in zip(trace.jobs, works, strict=True)),
        _classes(sizes, works),
        quantiles(sizes),
        quantiles(job.duration for job in trace.jobs),
        quantiles(waits),
        len(waits),
        sum(waits) // len(waits) if waits else 0,
    )


def _end(job: TraceJob) -> int:
    return job.submit + (job.wait or 0) + job.duration


def quantiles(values: Iterable[int]) -> dict[str, int]:
    """Return the quantiles by nearest rank, none of nothing.

    >>> quantiles(range(1, 101))
    {'p10': 10, 'median': 50, 'p90': 90, 'p99': 99, 'max': 100}
    """
    ordered = sorted(values)
    if not ordered:
        return {}
    return {name: ordered[-(-len(ordered) * percent // 100) - 1] for name, percent in QUANTILES.items()}


def size_class(size: int) -> int:
    """Return the power of two that *size* (thousandths) goes up to; 0 for nothing, -1 for a part of one.

    >>> [size_class(size) for size in (0, 460, 1000, 3000, 8000, 9000)]
    [0, -1, 1, 4, 8, 16]
    """
    if size < SCALE:
        return -1 if size else 0
    return int(1 << (-(-size // SCALE) - 1).bit_length())


def _label(upper: int) -> str:
    if upper < 1:
        return "below 1" if upper else "0"
    return str(upper) if upper <= 2 else f"{upper // 2 + 1}-{upper}"


def _classes(sizes: Sequence[int], works: Sequence[int]) -> list[Share]:
    found: dict[int, list[int]] = {}
    for size, work in zip(sizes, works, strict=True):
        sums = found.setdefault(size_class(size), [0, 0])
        sums[0] += 1
        sums[1] += work
    ordered = sorted(found, key=lambda upper: (upper > 0, -upper if upper < 1 else upper))
    return [Share(_label(upper), *found[upper]) for upper in ordered]
