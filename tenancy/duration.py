"""Durations as Go writes them: 90s, 30m, 1h30m."""

import re
from typing import Annotated

from pydantic import AfterValidator

from tenancy.finding import quoted

GO_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ns|us|µs|ms|s|m|h)")
MILLISECONDS = {"ns": 1e-6, "us": 1e-3, "µs": 1e-3, "ms": 1.0, "s": 1e3, "m": 60e3, "h": 3600e3}


def milliseconds(duration: str) -> int:
    """Return a Go duration in milliseconds; ValueError where it is none.

    >>> milliseconds("1h30m"), milliseconds("0s")
    (5400000, 0)
    """
    unsigned = duration.removeprefix("+")
    parts = GO_DURATION.findall(unsigned)
    if unsigned != "0" and (not parts or "".join(number + unit for number, unit in parts) != unsigned):
        raise ValueError(f"{quoted(duration)} is no duration; write 90s, 30m or 1h30m")
    return round(sum(float(number) * MILLISECONDS[unit] for number, unit in parts))


def _is_duration(text: str) -> str:
    milliseconds(text)
    return text


Duration = Annotated[str, AfterValidator(_is_duration)]
"""A duration; quoted or not, text."""
