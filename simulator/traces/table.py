"""Rows with named columns: the reading that all delimited formats share."""

import csv
from collections.abc import Iterable, Iterator, Sequence

from simulator.traces.job import Rows
from tenancy.errors import TraceError
from tenancy.finding import quoted


class Row:
    """One row and the line it ends on; an unknown column reads as empty."""

    __slots__ = ("_cells", "_columns", "line")

    def __init__(self, columns: dict[str, int], cells: Sequence[str], line: int) -> None:
        self._columns, self._cells, self.line = columns, cells, line

    def __getitem__(self, name: str) -> str:
        index = self._columns.get(name)
        return "" if index is None else self._cells[index].strip()


class Table:
    """The header of a delimited file, and its rows; those of another width are counted as broken in *rows*."""

    def __init__(self, lines: Iterable[str], rows: Rows, delimiter: str = ",", quotes: bool = True) -> None:
        self._rows = rows
        self._reader = csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE)
        header = next((cells for cells in self._read() if cells), [])
        self.columns = {name.strip(): index for index, name in enumerate(header)}
        if len(self.columns) < len(header):
            twice = next(name for name in header if header.count(name) > 1)
            raise TraceError(f"column {quoted(twice)} stands twice; keep one", rows.source, self._reader.line_num)

    def _read(self) -> Iterator[list[str]]:
        try:
            yield from self._reader
        except csv.Error as error:
            raise TraceError(f"is no table: {error}", self._rows.source, self._reader.line_num) from error

    def require(self, names: Sequence[str], why: str) -> None:
        """Demand the columns *names*; TraceError says which are missing and *why* they are needed."""
        missing = [name for name in names if name not in self.columns]
        if missing:
            s, are = ("s", "are") if len(missing) > 1 else ("", "is")
            message = f"column{s} {', '.join(missing)} {are} missing; {why}"
            raise TraceError(message, self._rows.source, self._reader.line_num)

    def __iter__(self) -> Iterator[Row]:
        width = len(self.columns)
        for cells in self._read():
            if len(cells) == width:
                yield Row(self.columns, cells, self._reader.line_num)
            elif cells:
                few = "fewer" if len(cells) < width else "more"
                self._rows.broken(self._reader.line_num, f"{few} columns than the header has")
