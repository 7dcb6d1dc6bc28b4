"""Philly as one CSV."""

from simulator.traces import philly

HEADER = "timestamp,duration,num_gpus,gpu_time,cluster\n"


def test_virtual_cluster_is_the_queue():
    trace = philly.read([HEADER, "2017-10-09 07:01:55,66.0,4,264.0,11cb48\n"], "f")
    job = trace.jobs[0]
    assert (job.id, job.submit, job.duration, job.gpus, job.queue) == (
        "philly-2",
        1_507_532_515_000,
        66_000,
        4_000,
        "11cb48",
    )
    assert (trace.tenant, trace.absolute) == ("queue", True)


def test_job_without_gpus_cannot_be_used():
    rows = ["2017-10-09 07:01:55,66.0,4,264.0,a\n", "2017-10-09 07:01:55,66.0,0,0.0,a\n"]
    assert philly.read([HEADER, *rows], "f").skipped["num_gpus is 0"].lines == (3,)


def test_recognises_its_header_alone():
    assert philly.recognises(HEADER)
    assert not philly.recognises("timestamp,duration,gpus,cluster\n")
