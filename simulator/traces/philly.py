"""Microsoft's Philly log as one CSV: timestamp, duration (seconds), num_gpus, cluster (the virtual cluster's hash)."""

from collections.abc import Iterable
from sys import intern

from simulator.traces.fields import amount, moment, whole
from simulator.traces.job import Rows, Trace, TraceJob
from simulator.traces.table import Row, Table

COLUMNS = ("timestamp", "duration", "num_gpus", "cluster")


def recognises(line: str) -> bool:
    """Tell whether *line* is the header of a Philly file."""
    return set(COLUMNS) <= set(line.strip().split(","))


def read(lines: Iterable[str], source: str) -> Trace:
    """Read a Philly file; its virtual clusters are the field `queue`, its rows are in no order of time."""
    rows = Rows(source)
    table = Table(lines, rows)
    table.require(COLUMNS, "a Philly file has timestamp,duration,num_gpus,gpu_time,cluster")
    for row in table:
        try:
            job = _job(row)
        except ValueError as error:
            rows.broken(row.line, str(error))
        else:
            rows.add(job, "the job ran for no time")
    return rows.trace("philly", "queue", absolute=True, clock="as the file has it, without a time zone")


def _job(row: Row) -> TraceJob:
    gpus = whole(row["num_gpus"], "num_gpus")
    if not gpus:
        raise ValueError("num_gpus is 0")
    return TraceJob(
        id=f"philly-{row.line}",
        submit=moment(row["timestamp"], "timestamp"),
        duration=amount(row["duration"], "duration"),
        gpus=gpus * 1000,
        queue=intern(row["cluster"]),
        line=row.line,
    )
