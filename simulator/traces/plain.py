"""Muster's own format: CSV with a header, columns in any order. What `trace convert` and `trace generate` write."""

import csv
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from operator import attrgetter
from sys import intern
from typing import TextIO

from simulator.traces.fields import amount, moment, thousandths, whole, written, written_moment
from simulator.traces.job import TENANT_FIELDS, Rows, Trace, TraceJob
from simulator.traces.table import Row, Table
from tenancy import quantity
from tenancy.errors import TraceError

REQUIRED = ("submit", "duration")
ALWAYS = ("id", *REQUIRED)
SIZES = ("gpus", "processors")
COLUMNS = (*ALWAYS, *SIZES, "pods", "cpu", "memory", *TENANT_FIELDS, "priority", "wait")
LIKELIEST_TENANTS = ("team", "queue", "group", "user", "model", "qos")
LARGEST = 2**62


def recognises(line: str) -> bool:
    """Tell whether *line* is a header of this format, or nearly one."""
    return len(set(COLUMNS) & {name.strip() for name in line.split(",")}) > 1


def read(lines: Iterable[str], source: str) -> Trace:
    """Read jobs; `submit` is a date and time in every row, or a number of seconds in every row."""
    rows = Rows(source)
    table = Table(lines, rows)
    table.require(REQUIRED, f"the columns are {', '.join(COLUMNS)}")
    if not set(SIZES) & set(table.columns):
        raise TraceError("a column gpus or processors is missing; it says how large jobs are", source, 1)
    others = [name for name in table.columns if name not in COLUMNS]
    tenant = next((name for name in LIKELIEST_TENANTS if name in table.columns), "team")
    notes = [f"columns not read: {', '.join(others)}"] if others else []
    first = next(iterator := iter(table), None)
    dated = first is not None and not _is_number(first["submit"])
    for row in chain([first] if first else [], iterator):
        try:
            job = _job(row, dated)
        except ValueError as error:
            rows.broken(row.line, str(error))
        else:
            rows.add(job, "the job ran for no time")
    return rows.trace("csv", tenant, absolute=dated or None, clock="as the file has it", notes=notes)


def _is_number(text: str) -> bool:
    try:
        thousandths(text, "")
    except ValueError:
        return False
    return True


def _job(row: Row, dated: bool) -> TraceJob:
    job = TraceJob(
        id=row["id"] or f"job-{row.line}",
        submit=moment(row["submit"], "submit") if dated else amount(row["submit"], "submit"),
        duration=amount(row["duration"], "duration"),
        gpus=amount(row["gpus"] or "0", "gpus"),
        processors=whole(row["processors"] or "0", "processors"),
        cpu=_quantity(quantity.milli, row["cpu"], "cpu"),
        memory=_quantity(quantity.units, row["memory"], "memory"),
        pods=whole(row["pods"] or "0", "pods"),
        team=intern(row["team"]),
        user=intern(row["user"]),
        group=intern(row["group"]),
        queue=intern(row["queue"]),
        model=intern(row["model"]),
        qos=intern(row["qos"]),
        priority=intern(row["priority"]),
        wait=amount(row["wait"], "wait") if row["wait"] else None,
        line=row.line,
    )
    if not (job.gpus or job.processors or job.cpu):
        raise ValueError("the job asks for nothing (no gpus, processors or cpu)")
    return job


def _quantity(measure: Callable[[object], int], text: str, name: str) -> int:
    try:
        size = measure(text or "0")
    except ValueError:
        raise ValueError(f"{name} is no quantity") from None
    if not 0 <= size <= LARGEST:
        raise ValueError(f"{name} is {'below 0' if size < 0 else 'too large'}")
    return size


def write(jobs: Sequence[TraceJob], absolute: bool, file: TextIO) -> None:
    """Write *jobs* as CSV; columns in which no job has anything are left out, times are dates where *absolute*."""
    cells: dict[str, Callable[[TraceJob], str]] = {
        "id": lambda job: job.id,
        "submit": lambda job: written_moment(job.submit) if absolute else written(job.submit),
        "duration": lambda job: written(job.duration),
        "gpus": lambda job: written(job.gpus),
        "processors": lambda job: str(job.processors),
        "pods": lambda job: str(job.pods or ""),
        "cpu": lambda job: quantity.from_milli(job.cpu),
        "memory": lambda job: quantity.from_bytes(job.memory),
        **{name: attrgetter(name) for name in (*TENANT_FIELDS, "priority")},
        "wait": lambda job: "" if job.wait is None else written(job.wait),
    }
    columns = [name for name in COLUMNS if name in ALWAYS or any(getattr(job, name) for job in jobs)]
    if "processors" not in columns and "gpus" not in columns:
        columns.insert(len(ALWAYS), "gpus")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([cells[name](job) for name in columns] for job in jobs)
