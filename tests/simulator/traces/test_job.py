"""Gathering rows, and choosing days."""

from datetime import date

import pytest

from simulator.traces.fields import moment
from simulator.traces.job import FIRST_LINES, Rows, Trace, TraceJob, between
from tenancy.errors import TraceError


def jobs(*submits: int) -> list[TraceJob]:
    return [TraceJob(f"j{line}", submit, 1, line=line) for line, submit in enumerate(submits, start=1)]


def gathered(good: int, broken: int, skipped: int = 0) -> Rows:
    rows = Rows("f")
    for line in range(good):
        rows.add(TraceJob("a", 5 - line, 1, line=line), "no time")
    for line in range(broken):
        rows.broken(good + line, "bad")
    for _ in range(skipped):
        rows.skip(99, "a step")
    return rows


def test_half_of_the_rows_may_be_broken():
    trace = gathered(good=3, broken=3).trace("csv", "team")
    assert (len(trace.jobs), trace.rows, trace.inversions) == (3, 6, 2)
    assert trace.skipped["bad"].lines == (3, 4, 5)


def test_more_than_half_is_refused_with_the_first():
    with pytest.raises(TraceError, match=r"^f:3: bad; 4 of 7 rows cannot be used"):
        gathered(good=3, broken=4).trace("csv", "team")


def test_rows_that_are_no_jobs_are_not_broken():
    assert len(gathered(good=1, broken=0, skipped=50).trace("csv", "team").jobs) == 1


def test_history_without_a_job_is_refused():
    with pytest.raises(TraceError, match=r"^f: holds no job to replay: 2 a step"):
        gathered(good=0, broken=0, skipped=2).trace("csv", "team")


def test_only_the_first_lines_of_a_reason_are_kept():
    reason = gathered(good=20, broken=15).trace("csv", "team").skipped["bad"]
    assert (reason.number, len(reason.lines)) == (15, FIRST_LINES)


def test_large_times_are_unix_times():
    rows = Rows("f")
    rows.jobs += jobs(10**12)
    assert rows.trace("csv", "team").absolute
    rows.jobs[:] = jobs(10**12 - 1)
    assert not rows.trace("csv", "team").absolute


def test_both_days_are_included():
    submits = [moment(text, "") for text in ("2017-09-30T23:59:59", "2017-10-01", "2017-10-07T23:59:59", "2017-10-08")]
    trace = Trace("csv", "f", jobs(*submits), "team", absolute=True)
    week = between(trace, date(2017, 10, 1), date(2017, 10, 7))
    assert [job.id for job in week] == ["j2", "j3"]
    assert [job.id for job in between(trace, date(2017, 10, 7), None)] == ["j3", "j4"]
    assert len(between(trace, None, date(2017, 10, 1))) == 2
    with pytest.raises(TraceError, match="the history goes from 2017-09-30 to 2017-10-08"):
        between(trace, date(2018, 1, 1), None)


def test_days_need_dates():
    with pytest.raises(TraceError, match="times but no dates"):
        between(Trace("openb", "f", jobs(1), "qos"), date(2017, 10, 1), None)
    assert len(between(Trace("openb", "f", jobs(1), "qos"), None, None)) == 1
