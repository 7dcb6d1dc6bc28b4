"""Muster's own CSV."""

import io

import pytest

from simulator.traces import plain
from simulator.traces.formats import READERS, read_trace
from tenancy.errors import TraceError


def read(text: str):
    return plain.read(text.splitlines(keepends=True), "f")


def test_columns_in_any_order(data):
    trace = read_trace(str(data / "csv.csv"))
    train, later, part, cpu = trace.jobs
    assert (train.gpus, train.pods, train.priority, train.wait) == (8_000, 2, "production", 60_000)
    assert later.id == part.id == "eval"
    assert part.submit - later.submit == 250
    assert (part.gpus, part.duration) == (500, 600_500)
    assert (cpu.id, cpu.gpus, cpu.cpu, cpu.memory) == ("job-5", 0, 1_500, 2 * 2**30)
    assert trace.tenant == "team"
    assert trace.notes == ("columns not read: colour",)


def test_times_in_seconds():
    trace = read("submit,duration,gpus,user\n90,1.5,1,a\n0,1,1,b\n2024-01-01,1,1,b\n")
    assert [job.submit for job in trace.jobs] == [0, 90_000]
    assert (trace.absolute, trace.tenant, trace.inversions) == (False, "user", 1)
    assert trace.skipped["submit is no number"].lines == (4,)


def test_seconds_that_are_unix_times_are_dates():
    assert read("submit,duration,gpus\n1709280000,1,1\n").absolute


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("submit,gpus", "f:1: column duration is missing; the columns are id, submit, duration"),
        ("submit,duration,user", "f:1: a column gpus or processors is missing"),
    ],
)
def test_missing_columns(header, message):
    with pytest.raises(TraceError, match=message):
        read(f"{header}\n1,2,3\n")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1,2,-1,,", "gpus is below 0"),
        ("1,,1,,", "duration is missing"),
        ("1,2,1,much,", "cpu is no quantity"),
        ("1,2,1,-1,", "cpu is below 0"),
        ("1,2,1,,8E", "memory is too large"),
        ("1,2,1e400,,", "gpus is no finite number"),
    ],
)
def test_rows_that_cannot_be_used(row, reason):
    assert list(read(f"submit,duration,gpus,cpu,memory\n1,2,1,,\n{row}\n").skipped) == [reason]


@pytest.mark.parametrize("name", READERS)
def test_what_is_written_reads_back(name, data):
    (file,) = data.glob(f"{name}.*")
    trace = read_trace(str(file))
    text = io.StringIO()
    plain.write(trace.jobs, trace.absolute, text)
    again = read(text.getvalue())
    assert [job._replace(line=0) for job in again.jobs] == [job._replace(line=0) for job in trace.jobs]
    assert again.absolute == trace.absolute
