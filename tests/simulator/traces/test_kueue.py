"""Workloads of Kueue as a history."""

from pathlib import Path

import pytest

from simulator.traces import kueue
from simulator.traces.formats import read_trace
from simulator.traces.mapping import mapping_of
from simulator.traces.workloads import workloads
from tenancy.errors import TraceError

SAMPLE = Path(__file__).parent / "data" / "kueue.yaml"


def test_what_finished_is_a_job_from_its_last_admission_to_its_end() -> None:
    second, first = read_trace(str(SAMPLE)).jobs
    assert (first.id, first.duration, first.wait, first.gpus, first.cpu, first.pods) == (
        "vision-train/first",
        3_600_000,
        30_000,
        8_000,
        8_000,
        2,
    )
    assert (second.id, second.gpus, second.cpu, second.pods) == ("vision-train/second", 3_000, 1_000, 4)
    assert first.priority == "1000"
    assert second.priority == ""


def test_what_waits_and_what_runs_is_counted() -> None:
    trace = read_trace(str(SAMPLE))
    assert {reason: skipped.number for reason, skipped in trace.skipped.items()} == {"runs still": 1, "waits still": 1}
    assert trace.rows == 4


def test_the_local_queue_is_the_tenant(world) -> None:
    mapped = workloads(read_trace(str(SAMPLE)), mapping_of({}), world)
    assert {(w.namespace, w.queue, w.team) for w in mapped.workloads} == {("vision-train", "default", "vision")}


@pytest.mark.parametrize(
    ("was", "is_"),
    [
        ("queueName: default", "queueName: [a]"),
        ("2026-03-02T10:00:00Z", "yesterday"),
        ("count: 2", "count: two"),
    ],
)
def test_a_workload_that_kueue_would_not_write_is_counted(was: str, is_: str) -> None:
    trace = kueue.read(SAMPLE.read_text().replace(was, is_, 1).splitlines(keepends=True), "f")
    assert [reason for reason in trace.skipped if reason.startswith("is no Workload as Kueue writes it")]
    assert len(trace.jobs) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("apiVersion: v1\nkind: [", r"^f:\d+: "),
        ("apiVersion: v1\nkind: List\nitems: []\n", "^f: holds no job to replay"),
    ],
)
def test_what_is_no_dump_is_refused(text: str, message: str) -> None:
    with pytest.raises(TraceError, match=message):
        kueue.read(text.splitlines(keepends=True), "f")
