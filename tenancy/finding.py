"""One verdict about one place in the input: loader mistakes, server refusals and rules all speak it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

PathKey = str | int
LONGEST_QUOTE = 60
ELLIPSIS = "…"


class Severity(StrEnum):
    """How bad a finding is; members compare by rank.

    >>> Severity.LOW < Severity.HIGH
    True
    """

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Return 0 for info up to 4 for critical."""
        return list(Severity).index(self)

    def __lt__(self, other: object) -> bool:
        return self.rank < Severity(str(other)).rank

    def __le__(self, other: object) -> bool:
        return self.rank <= Severity(str(other)).rank

    def __gt__(self, other: object) -> bool:
        return self.rank > Severity(str(other)).rank

    def __ge__(self, other: object) -> bool:
        return self.rank >= Severity(str(other)).rank


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in a file; *line* and *column* count from 1, 0 where the place has none."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return ":".join([self.file, *(str(number) for number in (self.line, self.column) if number)])


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong at one place, and what would be right.

    *rule* is the id of the rule that judged, or `load` for a mistake in a file. *target* is `Kind/name` or
    `Kind/namespace/name` (empty where there is no object), *path* the field, *waived* the reason of a waiver.
    """

    rule: str
    severity: Severity
    message: str
    place: Place | None = None
    target: str = ""
    path: str = ""
    waived: str | None = None

    def __str__(self) -> str:
        return ": ".join(printable(part) for part in (str(self.place or ""), self.path, self.message) if part)


def mistake(message: str, place: Place, path: str = "") -> Finding:
    """Return the finding for input that cannot be read at *place*."""
    return Finding("load", Severity.CRITICAL, message, place, path=path)


def dotted(path: Sequence[PathKey]) -> str:
    """Write *path* as a user would.

    >>> dotted(["tiers", 0, "nodes"])
    'tiers[0].nodes'
    >>> dotted(["hard", "requests.nvidia.com/gpu"])
    'hard["requests.nvidia.com/gpu"]'
    """
    text = ""
    for key in path:
        if isinstance(key, int):
            text += f"[{key}]"
        elif "." in key or "[" in key:
            text += f'["{key}"]'
        else:
            text += f".{key}" if text else key
    return text


def printable(text: str) -> str:
    r"""Replace what could steer a terminal (control characters, bidirectional overrides) by its escape.

    >>> printable("red\x1b[31m")
    'red\\x1b[31m'
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def quoted(value: object) -> str:
    """Quote *value* in a message: short, on one line, as YAML has it.

    >>> quoted("x" * 100) == "'" + "x" * 59 + "…'", quoted(True)
    (True, 'true')
    """
    if isinstance(value, bool):
        return str(value).lower()
    text = printable(value if isinstance(value, str) else str(value)[: LONGEST_QUOTE * 2])
    if len(text) > LONGEST_QUOTE:
        text = text[: LONGEST_QUOTE - 1] + ELLIPSIS
    return f"'{text}'" if isinstance(value, str) else text
