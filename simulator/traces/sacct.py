"""What `sacct -P` prints: one row for each job and each of its steps, columns by name, separated by bars."""

import re
from collections.abc import Iterable
from sys import intern

from simulator.traces.fields import amount, moment, whole
from simulator.traces.job import Rows, Trace, TraceJob
from simulator.traces.table import Row, Table
from tenancy.errors import TraceError

NEVER = frozenset({"", "Unknown", "None"})
NOT_OVER = {"RUNNING": "the job still runs", "SUSPENDED": "the job still runs", "PENDING": "the job never started"}
ELAPSED = re.compile(r"(?:(\d{1,9})-)?(?:(\d{1,9}):)?(\d{1,9}):(\d{1,9}(?:\.\d{1,9})?)")
SIZE = re.compile(r"(\d{1,15}(?:\.\d{1,9})?)([KMGTP]?)")
POWERS = {"K": 1, "M": 2, "G": 3, "T": 4, "P": 5}
GPU = "gres/gpu"
WANTED = "sacct -a -X -P --format=JobID,User,Account,Partition,QOS,State,Submit,Start,End,ElapsedRaw,NNodes,AllocTRES"


def recognises(line: str) -> bool:
    """Tell whether *line* is the header of sacct's parsable output."""
    names = line.strip().split("|")
    return "JobID" in names and len(names) > 1


def read(lines: Iterable[str], source: str) -> Trace:
    """Read sacct's output. The account is the tenant (field `group`), the partition the field `queue`.

    Steps are rows of a job that is there already; jobs that never started or still run have no length.
    """
    rows = Rows(source)
    table = Table(lines, rows, delimiter="|", quotes=False)
    table.require(("JobID", "Submit"), f"ask for them: {WANTED}")
    _demand_length_and_size(table, source)
    for row in table:
        reason = _no_job(row, started="Start" in table.columns)
        if reason:
            rows.skip(row.line, reason)
            continue
        try:
            job = _job(row)
        except ValueError as error:
            rows.broken(row.line, str(error))
        else:
            rows.add(job, "the job ran for no time")
    return rows.trace("sacct", "group", absolute=True, clock="as sacct wrote it, without a time zone")


def _demand_length_and_size(table: Table, source: str) -> None:
    names = set(table.columns)
    if not ({"Elapsed", "ElapsedRaw"} & names or {"Start", "End"} <= names):
        raise TraceError(f"no column tells how long jobs ran; ask for it: {WANTED}", source, 1)
    if not {"AllocTRES", "ReqTRES", "AllocCPUS", "ReqCPUS"} & names:
        raise TraceError(f"no column tells how large jobs were; ask for it: {WANTED}", source, 1)


def _no_job(row: Row, started: bool) -> str:
    if "." in row["JobID"]:
        return "a step of a job"
    state = row["State"].partition(" ")[0].rstrip("+")
    if state in NOT_OVER:
        return NOT_OVER[state]
    return "the job never started" if started and row["Start"] in NEVER else ""


def _job(row: Row) -> TraceJob:
    submit = _moment(row["Submit"], "Submit")
    resources = _resources(row["AllocTRES"] or row["ReqTRES"])
    processors = whole(row["AllocCPUS"] or row["ReqCPUS"] or resources.get("cpu", "0"), "the number of CPUs")
    gpus, model = _gpus(resources)
    if not gpus and not processors:
        raise ValueError("the job has neither GPUs nor CPUs")
    return TraceJob(
        id=row["JobID"],
        submit=submit,
        duration=_duration(row),
        gpus=gpus,
        processors=processors,
        cpu=processors * 1000,
        memory=_bytes(resources.get("mem", "0")),
        pods=whole(row["NNodes"] or "0", "NNodes"),
        user=intern(row["User"]),
        group=intern(row["Account"]),
        queue=intern(row["Partition"]),
        model=intern(model),
        qos=intern(row["QOS"]),
        wait=max(0, _moment(row["Start"], "Start") - submit) if row["Start"] else None,
        line=row.line,
    )


def _moment(text: str, name: str) -> int:
    return amount(text, name) if text.isdigit() else moment(text, name)


def _duration(row: Row) -> int:
    if row["ElapsedRaw"]:
        return amount(row["ElapsedRaw"], "ElapsedRaw")
    if row["Elapsed"]:
        return _elapsed(row["Elapsed"])
    return amount(
        str((_moment(row["End"], "End") - _moment(row["Start"], "Start")) / 1000), "the time from Start to End"
    )


def _elapsed(text: str) -> int:
    """Return `[days-][hours:]minutes:seconds` in milliseconds.

    >>> _elapsed("1-02:00:05"), _elapsed("03:30")
    (93605000, 210000)
    """
    match = ELAPSED.fullmatch(text)
    if not match:
        raise ValueError("Elapsed is no length of time")
    days, hours, minutes = (int(match[group] or 0) for group in (1, 2, 3))
    return amount(str(days * 86_400 + hours * 3_600 + minutes * 60 + float(match[4])), "Elapsed")


def _resources(text: str) -> dict[str, str]:
    """Return the resources of `cpu=8,gres/gpu=2,mem=64G` by name."""
    return {name: value for name, _, value in (part.partition("=") for part in text.split(",") if part)}


def _gpus(resources: dict[str, str]) -> tuple[int, str]:
    """Return the GPUs in thousandths, and their model where the job has GPUs of a named type.

    The count without a type includes the typed ones; where it is missing, these are added up.
    """
    typed = {name.partition(":")[2]: value for name, value in resources.items() if name.startswith(f"{GPU}:")}
    total = resources.get(GPU)
    counts = [total] if total is not None else list(typed.values())
    return sum(whole(count, GPU) for count in counts) * 1000, next(iter(typed), "")


def _bytes(text: str) -> int:
    """Return a size of memory in bytes; a number alone counts mebibytes.

    >>> _bytes("64G") == 64 * 2**30, _bytes("128") == 128 * 2**20
    (True, True)
    """
    match = SIZE.fullmatch(text)
    if not match:
        raise ValueError("mem is no size")
    return round(float(match[1]) * float(1 << (10 * POWERS[match[2] or "M"])))
