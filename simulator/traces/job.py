"""A job history: what was asked for, by whom, when and for how long, whoever recorded it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from operator import attrgetter
from typing import NamedTuple

from simulator.traces.fields import DAY, EPOCH, MILLISECOND, written_moment
from tenancy.errors import TraceError

FIRST_LINES = 5
UNIX_TIMES_FROM = 10**12
"""Times without a date are taken for Unix times from here on (ms): 9 September 2001."""


class TraceJob(NamedTuple):
    """One job. Times are milliseconds; *submit* counts from 1970 by the history's own clock, or from its zero.

    *gpus* and *cpu* are thousandths and, like *memory* (bytes) and *processors*, what all pods ask for together; *pods*
    is their number, 0 where it is unknown. *wait* is the recorded time from submission to start, *line* where the job
    stands in the file. What the history does not say is empty, 0 or None.
    """

    id: str
    submit: int
    duration: int
    gpus: int = 0
    processors: int = 0
    cpu: int = 0
    memory: int = 0
    pods: int = 0
    team: str = ""
    user: str = ""
    group: str = ""
    queue: str = ""
    model: str = ""
    qos: str = ""
    priority: str = ""
    wait: int | None = None
    line: int = 0


TENANT_FIELDS = ("team", "user", "group", "queue", "model", "qos")


class Skipped(NamedTuple):
    """How many rows were left out for one reason, and the lines of the first."""

    number: int
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """The jobs of *source* by submission, ties in the order of the file.

    *inversions* counts rows that were submitted before the row above them. *tenant* is the field that names the
    tenant in this format; *clock* says what the times of an *absolute* history are.
    """

    format: str
    source: str
    jobs: Sequence[TraceJob]
    tenant: str
    inversions: int = 0
    skipped: Mapping[str, Skipped] = field(default_factory=dict)
    absolute: bool = False
    clock: str = ""
    notes: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """Return the number of rows of the file, jobs and skipped ones."""
        return len(self.jobs) + sum(reason.number for reason in self.skipped.values())

    @property
    def has_gpus(self) -> bool:
        """Tell whether any job asks for GPUs."""
        return any(job.gpus for job in self.jobs)


class Rows:
    """Gathers the rows of the file *source*; a row that is no job is counted with its reason."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.jobs: list[TraceJob] = []
        self.skipped: dict[str, tuple[int, list[int]]] = {}
        self.broken_count = 0
        self.first_broken: tuple[int, str] | None = None

    def add(self, job: TraceJob, otherwise: str) -> None:
        """Take *job*; one that did not run is left out for the reason *otherwise*."""
        if job.duration > 0:
            self.jobs.append(job)
        else:
            self.skip(job.line, otherwise)

    def skip(self, line: int, reason: str) -> None:
        """Leave out a row that is in order but no job to replay."""
        count, lines = self.skipped.get(reason, (0, []))
        if count < FIRST_LINES:
            lines.append(line)
        self.skipped[reason] = count + 1, lines

    def broken(self, line: int, reason: str) -> None:
        """Leave out a row that cannot be used."""
        self.skip(line, reason)
        self.broken_count += 1
        self.first_broken = self.first_broken or (line, reason)

    def trace(
        self, format_: str, tenant: str, *, absolute: bool | None = None, clock: str = "", notes: Sequence[str] = ()
    ) -> Trace:
        """Return the history; TraceError where no row is a job, or more than half of the rows cannot be used.

        With *absolute* None the size of the times decides whether they are Unix times.
        """
        skipped = {reason: Skipped(count, tuple(lines)) for reason, (count, lines) in self.skipped.items()}
        self._refuse(len(self.jobs) + sum(reason.number for reason in skipped.values()))
        inversions = sum(later.submit < earlier.submit for earlier, later in pairwise(self.jobs))
        self.jobs.sort(key=attrgetter("submit"))
        if absolute is None:
            absolute = self.jobs[0].submit >= UNIX_TIMES_FROM
            clock = "UTC (Unix times)" if absolute else ""
        return Trace(format_, self.source, self.jobs, tenant, inversions, skipped, absolute, clock, tuple(notes))

    def _refuse(self, total: int) -> None:
        if self.first_broken and self.broken_count * 2 > total:
            line, reason = self.first_broken
            message = (
                f"{reason}; {self.broken_count} of {total} rows cannot be used, so this is taken for another format"
            )
            raise TraceError(message, self.source, line)
        if not self.jobs:
            reasons = ", ".join(f"{count} {reason}" for reason, (count, _) in self.skipped.items())
            raise TraceError(f"holds no job to replay{f': {reasons}' if reasons else ''}", self.source)


def between(trace: Trace, first: date | None, last: date | None) -> list[TraceJob]:
    """Return the jobs submitted from the day *first* to the day *last*, both included.

    TraceError where there are none, or where the history has no dates.
    """
    if first is None and last is None:
        return list(trace.jobs)
    if not trace.absolute:
        raise TraceError("the history has times but no dates; leave out the first and the last day", trace.source)
    low = _day(first) if first else trace.jobs[0].submit
    high = _day(last) + DAY if last else trace.jobs[-1].submit + 1
    jobs = [job for job in trace.jobs if low <= job.submit < high]
    if not jobs:
        begin, end = (written_moment(job.submit)[:10] for job in (trace.jobs[0], trace.jobs[-1]))
        raise TraceError(f"no job was submitted on these days; the history goes from {begin} to {end}", trace.source)
    return jobs


def _day(day: date) -> int:
    return (day - EPOCH.date()) // MILLISECOND
