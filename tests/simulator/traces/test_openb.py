"""Alibaba's pod lists."""

import pytest

from simulator.traces import openb
from simulator.traces.formats import read_trace
from tenancy.errors import TraceError


def test_pod_runs_from_scheduling_to_deletion(data):
    jobs = {job.id: job for job in read_trace(str(data / "openb.csv")).jobs}
    pod = jobs["openb-pod-0002"]
    assert (pod.submit, pod.wait, pod.duration) == (1_558_381_000, 60_000, 540_000)
    assert (pod.gpus, pod.cpu, pod.memory, pod.qos) == (8_000, 12_000, 24_576 * 2**20, "BE")
    assert jobs["openb-pod-0001"].gpus == 460
    assert jobs["openb-pod-0003"].gpus == 0


def test_what_did_not_run_is_counted(data):
    trace = read_trace(str(data / "openb.csv"))
    assert {reason: skipped.lines for reason, skipped in trace.skipped.items()} == {
        "the pod was never scheduled": (6,),
        "the pod ran for no time": (7,),
        "deletion_time is before scheduled_time": (8,),
    }
    assert not trace.absolute


def test_list_without_times_is_refused():
    with pytest.raises(TraceError, match="f:1: columns creation_time, deletion_time, scheduled_time are missing"):
        openb.read(["name,cpu_milli,memory_mib,num_gpu,gpu_milli\n", "a,1,1,1,1000\n"], "f")
