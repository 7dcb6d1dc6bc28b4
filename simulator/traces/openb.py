"""Alibaba's openb pod lists (cluster-trace-gpu-v2023): pods with whole or shared GPUs, times in seconds from zero."""

from collections.abc import Iterable
from sys import intern

from simulator.traces.fields import amount, whole
from simulator.traces.job import Rows, Trace, TraceJob
from simulator.traces.table import Row, Table

TIMES = ("creation_time", "deletion_time", "scheduled_time")
COLUMNS = ("name", "cpu_milli", "memory_mib", "num_gpu", "gpu_milli")
MEBIBYTE = 2**20


def recognises(line: str) -> bool:
    """Tell whether *line* is the header of an openb pod list."""
    return set(COLUMNS) <= set(line.strip().split(","))


def read(lines: Iterable[str], source: str) -> Trace:
    """Read a pod list. A pod runs from scheduled_time to deletion_time; one that was never scheduled is left out."""
    rows = Rows(source)
    table = Table(lines, rows)
    table.require(COLUMNS, "a pod list of openb has them")
    table.require(TIMES, "a list of pods without times is no history (the multigpu lists have none)")
    for row in table:
        if not row["scheduled_time"]:
            rows.skip(row.line, "the pod was never scheduled")
            continue
        try:
            job = _job(row)
        except ValueError as error:
            rows.broken(row.line, str(error))
        else:
            rows.add(job, "the pod ran for no time")
    return rows.trace("openb", "qos", absolute=False)


def _job(row: Row) -> TraceJob:
    created, deleted, scheduled = (amount(row[name], name) for name in TIMES)
    if scheduled < created:
        raise ValueError("scheduled_time is before creation_time")
    if deleted < scheduled:
        raise ValueError("deletion_time is before scheduled_time")
    return TraceJob(
        id=row["name"],
        submit=created,
        duration=deleted - scheduled,
        gpus=whole(row["num_gpu"], "num_gpu") * whole(row["gpu_milli"], "gpu_milli"),
        cpu=whole(row["cpu_milli"], "cpu_milli"),
        memory=whole(row["memory_mib"], "memory_mib") * MEBIBYTE,
        pods=1,
        model=intern(row["gpu_spec"]),
        qos=intern(row["qos"]),
        wait=scheduled - created,
        line=row.line,
    )
