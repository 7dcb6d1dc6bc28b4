"""Figures of a history."""

import pytest

from simulator.traces.formats import read_trace
from simulator.traces.job import Trace, TraceJob
from simulator.traces.shape import shape


def test_figures_of_two_jobs():
    jobs = [TraceJob("a", 1_000, 10_000, 2_000, user="x", wait=5_000), TraceJob("b", 3_000, 4_000, 500, user="y")]
    found = shape(Trace("csv", "f", jobs, "user"))
    assert (found.unit, found.begin, found.last, found.end) == ("gpus", 1_000, 3_000, 16_000)
    assert found.work == 22_000_000
    assert found.busy == pytest.approx(22 / 15)
    assert [tenant.name for tenant in found.tenants] == ["x", "y"]
    assert [(share.label, share.jobs) for share in found.classes] == [("below 1", 1), ("2", 1)]
    assert (found.waits["max"], found.waits_known, found.mean_wait) == (5_000, 1, 5_000)


def test_processors_count_where_no_job_has_gpus(data):
    found = shape(read_trace(str(data / "swf.swf")))
    assert found.unit == "processors"
    assert found.sizes["max"] == 128_000
    assert [share.label for share in found.classes] == ["1", "5-8", "65-128"]


@pytest.mark.shared
def test_philly_has_its_published_figures(shared):
    found = shape(read_trace(str(shared / "traces" / "philly-sia-82k.csv.xz")))
    assert found.work // 3_600_000_000 == 978_078
    assert found.durations["median"] == 1_144_000
    assert found.tenants[0][:2] == ("ee9e8c", 1_511)
    assert found.waits == {}
