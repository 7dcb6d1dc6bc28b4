"""Headers and rows."""

import pytest

from simulator.traces.job import Rows
from simulator.traces.table import Table
from tenancy.errors import TraceError


def test_rows_by_name_with_their_lines():
    rows = Rows("f")
    table = Table(["\n", " b ,a\n", '1,"x\n', 'y"\n', "\n", "2,z\n"], rows)
    assert [(row["a"], row["b"], row["c"], row.line) for row in table] == [("x\ny", "1", "", 4), ("z", "2", "", 6)]


def test_rows_of_another_width_are_broken():
    rows = Rows("f")
    assert list(Table(["a,b\n", "1\n", "1,2,3\n"], rows)) == []
    assert rows.skipped == {"fewer columns than the header has": (1, [2]), "more columns than the header has": (1, [3])}


def test_column_that_stands_twice_is_refused():
    with pytest.raises(TraceError, match=r"^f:1: column 'a' stands twice"):
        Table(["a,b,a\n"], Rows("f"))


def test_missing_columns_are_named():
    with pytest.raises(TraceError, match=r"^f:1: columns b, c are missing; they matter"):
        Table(["a\n"], Rows("f")).require(("a", "b", "c"), "they matter")


def test_endless_cell_is_refused():
    with pytest.raises(TraceError, match=r"^f:2: is no table"):
        list(Table(["a\n", "x" * 200_000], Rows("f")))
