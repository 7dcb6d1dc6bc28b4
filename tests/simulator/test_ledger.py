"""Ledgers survive Parquet, and other files are refused in a sentence."""

from pathlib import Path

import pytest

from simulator.ledger import End, Ledger, read, write
from support.runs import HOUR, ledger, outcome, span
from tenancy.errors import MusterError


def example() -> Ledger:
    spans = [span("a1", "a", 0, HOUR, 2, End.PREEMPTED, caused_by="b1", reason="why"), span("b1", "b", HOUR, 2 * HOUR)]
    return ledger(spans, [outcome("a1", "a", 0, 0, HOUR, 2), outcome("b1", "b", 5, None, HOUR)], {"a": 2, "b": 1})


def test_a_ledger_reads_back_equal(tmp_path: Path) -> None:
    write(example(), tmp_path / "run.parquet")
    assert read(tmp_path / "run.parquet") == example()


def test_an_empty_ledger_reads_back_equal(tmp_path: Path) -> None:
    empty = ledger([], [], {})
    write(empty, tmp_path / "run.parquet")
    assert read(tmp_path / "run.parquet") == empty


def test_the_schema_version_stands_in_the_metadata(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    write(example(), tmp_path / "run.parquet")
    assert b"muster/ledger/v1" in pq.read_metadata(tmp_path / "run.parquet").metadata[b"muster"]


@pytest.mark.parametrize("content", [b"", b"not parquet", b"PAR1" * 10])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.parquet"
    path.write_bytes(content)
    with pytest.raises(MusterError, match=r"x\.parquet: is no ledger"):
        read(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MusterError, match="is no ledger that can be read"):
        read(tmp_path / "x.parquet")


def test_parquet_of_somebody_else_is_refused(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"x": [1]}), tmp_path / "x.parquet")
    with pytest.raises(MusterError, match="no ledger of schema"):
        read(tmp_path / "x.parquet")


def test_busy_is_how_long_jobs_arrived_or_else_how_long_it_took() -> None:
    assert example().busy == 5
    assert ledger([span("a1", "a", 0, HOUR)], [outcome("a1", "a", 0, 0, HOUR)], {"a": 1}).busy == HOUR
