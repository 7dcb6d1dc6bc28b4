"""The table of formats: how each is recognised and read."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import NamedTuple

from simulator.traces import kueue, openb, philly, plain, sacct, swf
from simulator.traces.job import Trace
from simulator.traces.source import lines, name_of
from tenancy.errors import MusterError, TraceError
from tenancy.mistakes import did_you_mean


class Reader(NamedTuple):
    """*read* makes a history of the lines of a file; *recognises* tells from the first that says something."""

    read: Callable[[Iterable[str], str], Trace]
    recognises: Callable[[str], bool]


READERS: Mapping[str, Reader] = {
    "swf": Reader(swf.read, swf.recognises),
    "sacct": Reader(sacct.read, sacct.recognises),
    "openb": Reader(openb.read, openb.recognises),
    "philly": Reader(philly.read, philly.recognises),
    "kueue": Reader(kueue.read, kueue.recognises),
    "csv": Reader(plain.read, plain.recognises),
}


def read_trace(path: str, format_: str | None = None) -> Trace:
    """Read the job history *path* (`-` is standard input); without *format_* its first lines tell the format.

    TraceError names file and line.
    """
    if format_ is not None and format_ not in READERS:
        raise MusterError(f"there is no trace format {format_!r}{did_you_mean(format_, READERS)}")
    text = lines(path)
    if format_ is not None:
        return READERS[format_].read(text, name_of(path))
    head, number = _head(text)
    for reader in READERS.values():
        if head and reader.recognises(head[-1]):
            return reader.read(chain(head, text), name_of(path))
    message = f"is in no known format ({', '.join(READERS)}); --trace-format says which to try"
    raise TraceError(message, name_of(path), number)


def _head(text: Iterator[str]) -> tuple[list[str], int]:
    """Return the lines up to the first that is not blank, and its number."""
    head: list[str] = []
    for line in text:
        head.append(line)
        if line.strip():
            break
    return head, len(head)
