"""What holds for every format, how formats are told apart, and real histories."""

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.traces import plain
from simulator.traces.formats import READERS, read_trace
from simulator.traces.mapping import mapping_of
from simulator.traces.shape import shape
from simulator.traces.workloads import workloads
from tenancy.errors import MusterError, TraceError

DATA = Path(__file__).parent / "data"
SAMPLES = {file.stem: file for file in DATA.iterdir()}
ROWS = {
    "LCG-2005-1.swf.gz": 188_041,
    "NASA-iPSC-1993-3.1-cln.swf.gz": 18_239,
    "RICC-2010-2.swf.gz": 447_794,
    "UniLu-Gaia-2014-2.swf.xz": 51_987,
    "alea-hpc2n-excerpt.swf.xz": 3_170,
    "lublin_256-synthetic.swf.xz": 10_000,
    "metacentrum-wagap-2013.swf.xz": 17_900,
    "philly-sia-82k.csv.xz": 82_247,
    "alibaba-gpu-v2023-openb_pod_list_cpu0.csv.xz": 7_064,
    "alibaba-gpu-v2023-openb_pod_list_cpu300.csv.xz": 10_094,
    "alibaba-gpu-v2023-openb_pod_list_default.csv.xz": 8_152,
}
BIG_CLUSTERS = {"6214e9", "7f04ca", "11cb48", "b436b2", "ee9e8c", "e13805", "6c71a0", "2869ce", "ed69ec"}
BIG_CLUSTERS |= {"103959", "0e4a51"}


def test_every_format_has_a_sample():
    assert set(SAMPLES) == set(READERS)


@pytest.mark.parametrize("name", READERS)
def test_reader_keeps_what_all_must(name, world):
    lines = [line for line in SAMPLES[name].read_text().splitlines() if not line.startswith(";")]
    trace = read_trace(str(SAMPLES[name]))
    assert trace.format == name
    submits = [job.submit for job in trace.jobs]
    assert submits == sorted(submits)
    assert all(job.duration > 0 and (job.gpus or job.processors or job.cpu) for job in trace.jobs)
    assert trace.rows == (len(lines) - (name != "swf") if name != "kueue" else 4)
    assert trace.skipped
    assert all(reason.number >= len(reason.lines) > 0 for reason in trace.skipped.values())
    assert {job.line for job in trace.jobs}.isdisjoint(line for r in trace.skipped.values() for line in r.lines)
    made = workloads(trace, mapping_of({"others": "spread"}), world).workloads
    assert len({workload.name for workload in made}) == len(made) == len(trace.jobs)
    assert made[0].arrival == 0


@pytest.mark.parametrize("name", READERS)
def test_format_may_be_named(name):
    assert read_trace(str(SAMPLES[name]), name) == read_trace(str(SAMPLES[name]))


@pytest.mark.parametrize("name", READERS)
def test_other_format_is_refused_in_one_line(name):
    for other in set(READERS) - {name}:
        with pytest.raises(TraceError) as refused:
            read_trace(str(SAMPLES[other]), name)
        assert str(refused.value).startswith(f"{SAMPLES[other]}")
        assert "\n" not in str(refused.value)


def test_ties_stay_in_the_order_of_the_file():
    trace = read_trace(str(SAMPLES["philly"]))
    assert [job.line for job in trace.jobs] == [4, 3, 2, 5, 6, 10]
    assert trace.inversions == 2


CELL = st.one_of(
    st.sampled_from(["", "-1", "1e400", "nan", "9" * 400, "1970-01-01", "9999-12-31T23:59:59+00:01", "cpu=1", "8E"]),
    st.text(max_size=12),
    st.integers().map(str),
)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("name", READERS)
def test_no_row_is_worse_than_refused(name, data):
    text = SAMPLES[name].read_text().splitlines(keepends=True)
    separator = {"swf": " ", "sacct": "|"}.get(name, ",")
    width = 18 if name == "swf" else len(text[0].split(separator))
    rows = data.draw(st.lists(st.lists(CELL, min_size=width, max_size=width), max_size=4))
    lines = [*text, *(separator.join(row) + "\n" for row in rows)]
    try:
        found = READERS[name].read(lines, "f")
    except TraceError:
        return
    figures = shape(found)
    assert figures.busy > 0 or not figures.work
    plain.write(found.jobs, found.absolute, io.StringIO())


def test_unknown_format_is_refused(tmp_path):
    with pytest.raises(MusterError, match="there is no trace format 'phily'; did you mean philly"):
        read_trace(str(SAMPLES["philly"]), "phily")
    file = tmp_path / "x.csv"
    file.write_text("\n\nsn,cpu_milli,memory_mib,gpu,model\n")
    with pytest.raises(TraceError, match=r"x\.csv:3: is in no known format"):
        read_trace(str(file))


@pytest.mark.shared
@pytest.mark.parametrize("name", ROWS)
def test_real_history(name, shared):
    trace = read_trace(str(shared / "traces" / name))
    assert trace.rows == ROWS[name]
    assert len(trace.jobs) > 0.85 * trace.rows
    assert trace.inversions == (44_878 if trace.format == "philly" else 1_465 if "cpu300" in name else 0)


@pytest.mark.shared
def test_every_list_of_openb(shared):
    lists = sorted((shared / "traces").glob("*openb_pod_list*"))
    assert len(lists) == 24
    for file in lists:
        if "multigpu" in file.name:
            with pytest.raises(TraceError, match="without times is no history"):
                read_trace(str(file))
        else:
            assert 7_064 <= read_trace(str(file)).rows <= 10_094


@pytest.mark.shared
def test_philly_week_has_the_published_number_of_jobs(shared):
    trace = read_trace(str(shared / "traces" / "philly-sia-82k.csv.xz"))
    week = [job for job in trace.jobs if 1_506_816_000_000 <= job.submit < 1_507_420_800_000]
    assert sum(job.queue in BIG_CLUSTERS for job in week) == 10_650


@pytest.mark.shared
def test_recorded_waits(shared):
    openb = read_trace(str(shared / "traces" / "alibaba-gpu-v2023-openb_pod_list_default.csv.xz"))
    waits = [job.wait for job in openb.jobs]
    assert (len(waits), sum(waits) // len(waits) // 1000, max(waits)) == (7_255, 61, 14_330_000)
    ricc = read_trace(str(shared / "traces" / "RICC-2010-2.swf.gz"))
    assert round(sum(job.wait for job in ricc.jobs) / len(ricc.jobs) / 1000) == pytest.approx(15_971, abs=1)
    assert len({job.user for job in ricc.jobs}) == 176
    assert len({job.group for job in ricc.jobs}) == 121
