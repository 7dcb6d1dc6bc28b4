"""The Standard Workload Format of the Parallel Workloads Archive: 18 numbers for each job, processors instead of GPUs.

Read are job number (1), submit, wait and run time (2-4), allocated or else requested processors (5, 8), user (12),
group (13) and queue (15). -1 means unknown.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from sys import intern

from simulator.traces.fields import amount, at_least_0, in_milliseconds, thousandths
from simulator.traces.job import Rows, Trace, TraceJob

FIELDS = 18
UNKNOWN = "-1"
HEADER = re.compile(r";\s*(UnixStartTime|StartTime|TimeZoneString)\s*:\s*(.*?)\s*$")
DATE = re.compile(r"\w{3} (\w{3}) +(\d{1,2}) (\d\d):(\d\d):(\d\d) .*?(\d{4})")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
FURTHEST_ZONE = 15 * 3_600_000


def recognises(line: str) -> bool:
    """Tell whether *line* is a comment or a job of this format."""
    fields = line.split()
    return line.startswith(";") or (len(fields) >= FIELDS and all(map(_is_number, fields[:FIELDS])))


def _is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdigit()


def read(lines: Iterable[str], source: str) -> Trace:
    """Read a log. The user is its tenant; dates are those of the site's clock where the header tells them."""
    rows = Rows(source)
    header: dict[str, str] = {}
    base = None
    for number, line in enumerate(lines, start=1):
        if line.startswith(";"):
            _note(line, header)
        elif fields := line.split():
            base = _base(header) if base is None else base
            try:
                job = _job(fields, base, number)
            except ValueError as error:
                rows.broken(number, str(error))
            else:
                rows.add(job, "the job ran for no time")
    zone = header.get("TimeZoneString") or "its site"
    return rows.trace("swf", "user", absolute=True if base else None, clock=f"the clock of {zone}")


def _note(line: str, header: dict[str, str]) -> None:
    if match := HEADER.match(line):
        header.setdefault(match[1], match[2])


def _base(header: dict[str, str]) -> int:
    """Return the time of the log's zero on its site's clock, 0 where the header does not tell it."""
    try:
        zero = amount(header.get("UnixStartTime", "0"), "UnixStartTime")
    except ValueError:
        return 0
    local = _local(header.get("StartTime", ""))
    return local if zero and local is not None and abs(local - zero) <= FURTHEST_ZONE else zero


def _local(text: str) -> int | None:
    """Return a date such as `Sat May 01 00:04:55 JST 2010`, the zone left out of account; None where it is none.

    >>> _local("Thu Jan 01 01:00:00 CET 1970")
    3600000
    """
    match = DATE.match(text)
    if not match:
        return None
    day, hour, minute, second, year = (int(match[group]) for group in range(2, 7))
    try:
        return in_milliseconds(datetime(year, MONTHS.index(match[1]) + 1, day, hour, minute, second, tzinfo=UTC))
    except ValueError:
        return None


def _job(fields: list[str], base: int, line: int) -> TraceJob:
    if len(fields) < FIELDS:
        raise ValueError(f"fewer than {FIELDS} fields")
    processors = _known(fields[4], "allocated processors") or _known(fields[7], "requested processors")
    processors //= 1000
    if not processors:
        raise ValueError("the number of processors is unknown")
    wait = thousandths(fields[2], "wait time")
    return TraceJob(
        fields[0],
        base + amount(fields[1], "submit time"),
        _known(fields[3], "run time"),
        processors=processors,
        user=_name(fields[11]),
        group=_name(fields[12]),
        queue=_name(fields[14]),
        wait=at_least_0(wait, "wait time") if wait >= 0 else None,
        line=line,
    )


def _known(text: str, name: str) -> int:
    """Return a number in thousandths, 0 where it is unknown."""
    return at_least_0(max(0, thousandths(text, name)), name)


def _name(text: str) -> str:
    return "" if text == UNKNOWN else intern(text)
