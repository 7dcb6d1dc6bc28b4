"""The Standard Workload Format."""

import pytest

from simulator.traces import swf
from simulator.traces.fields import written_moment
from simulator.traces.formats import read_trace

JOB = "1 {submit} 0 222 80 -1 -1 80 -1 -1 1 7 8 -1 2 -1 -1 -1\n"


def first(*header: str, submit: int = 60):
    return swf.read([*header, JOB.format(submit=submit)], "f")


def test_dates_are_those_of_the_site():
    trace = first("; UnixStartTime: 1272639895\n", ";   StartTime: Sat May 01 00:04:55 JST 2010\n")
    assert written_moment(trace.jobs[0].submit) == "2010-05-01T00:05:55"
    assert trace.absolute


@pytest.mark.parametrize("date", ["Sat May 07 00:04:55 JST 2010", "Sat Feb 31 00:04:55 JST 2010", "Sat Mai 01", ""])
def test_start_that_cannot_be_is_left_aside(date):
    trace = first("; UnixStartTime: 1272639895\n", f"; StartTime: {date}\n")
    assert written_moment(trace.jobs[0].submit) == "2010-04-30T15:05:55"


def test_log_without_a_start_has_no_dates():
    assert not first().absolute
    assert first(submit=1_356_996_147).absolute
    assert not first("; UnixStartTime: unknown\n").absolute


def test_fields(data):
    jobs = {job.id: job for job in read_trace(str(data / "swf.swf")).jobs}
    assert (jobs["1"].processors, jobs["1"].user, jobs["1"].group, jobs["1"].queue, jobs["1"].wait) == (
        80,
        "1",
        "1",
        "1",
        0,
    )
    assert (jobs["2"].processors, jobs["2"].wait) == (128, None)
    assert (jobs["4"].processors, jobs["4"].user) == (8, "")
    assert jobs["7"].submit - jobs["1"].submit == 1_921_500


def test_recognises_comments_and_jobs():
    assert swf.recognises("; Version: 2.2\n")
    assert swf.recognises(JOB.format(submit="1.5"))
    assert not swf.recognises("1 2 3\n")
    assert not swf.recognises(JOB.format(submit="x"))
