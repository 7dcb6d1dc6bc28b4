"""What sacct prints."""

import pytest

from simulator.traces import sacct
from simulator.traces.formats import read_trace
from tenancy.errors import TraceError


def one(header: str, row: str):
    return sacct.read([f"{header}\n", f"{row}\n"], "f").jobs[0]


def test_fields(data):
    jobs = {job.id: job for job in read_trace(str(data / "sacct.txt")).jobs}
    job = jobs["101"]
    assert (job.gpus, job.model, job.processors, job.memory, job.pods) == (8_000, "a100", 16, 128 * 2**30, 2)
    assert (job.user, job.group, job.queue, job.qos) == ("ana", "vision", "gpu", "high")
    assert (job.wait, job.duration) == (300_000, 7_200_000)
    assert (jobs["103_4"].gpus, jobs["103_4"].duration) == (2_000, 172_830_000)
    assert (jobs["104"].gpus, jobs["104"].duration, jobs["104"].memory) == (0, 30_000, 512 * 2**20)


def test_what_is_no_job_is_counted(data):
    skipped = read_trace(str(data / "sacct.txt")).skipped
    assert skipped["a step of a job"].number == 2
    assert skipped["the job never started"].lines == (5,)
    assert skipped["the job still runs"].lines == (8,)


def test_length_without_elapsed():
    job = one("JobID|Submit|Start|End|AllocCPUS", "1|2024-03-01T08:00:00|2024-03-01T08:00:05|2024-03-01T08:00:35|4")
    assert (job.duration, job.wait, job.processors) == (30_000, 5_000, 4)


def test_requests_stand_in_for_what_was_allocated():
    job = one("JobID|Submit|ElapsedRaw|ReqTRES|", "1|1709280000|60|cpu=4,gres/gpu:h100=2|")
    assert (job.gpus, job.model, job.processors, job.submit, job.wait) == (2_000, "h100", 4, 1_709_280_000_000, None)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("JobID|State", "column Submit is missing"),
        ("JobID|Submit|Start|AllocTRES", "how long jobs ran"),
        ("JobID|Submit|Elapsed|State", "how large jobs were"),
    ],
)
def test_missing_columns_are_asked_for(header, message):
    with pytest.raises(TraceError, match=rf"^f:1: .*{message}.*sacct -a -X -P --format="):
        sacct.read([f"{header}\n", "1|2\n"], "f")


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ("2024-03-01|1:2:3:4|cpu=1", "Elapsed is no length of time"),
        ("2024-03-01|01:00|cpu=1,mem=lots", "mem is no size"),
        ("2024-03-01|01:00|node=1", "neither GPUs nor CPUs"),
        ("2024-03-01|01:00|gres/gpu=two", "gres/gpu is no number"),
        ("Unknown|01:00|cpu=1", "Submit is no date"),
    ],
)
def test_rows_that_cannot_be_used(cells, reason):
    good = "1|2024-03-01|01:00|cpu=1\n"
    trace = sacct.read(["JobID|Submit|Elapsed|AllocTRES\n", good, f"2|{cells}\n"], "f")
    (found,) = trace.skipped
    assert reason in found
    assert len(trace.jobs) == 1
