"""Fields of a row as integers; ValueError says what is wrong without the value, so that reasons can be counted."""

import math
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
DAY = 86_400_000
LONGEST = 5 * 10**13
"""No time lies further than this from its zero (ms, some 1,600 years): sums of a few stay dates."""


def thousandths(text: str, name: str) -> int:
    """Return the number *text* in thousandths: seconds as milliseconds, GPUs as thousandths of one.

    >>> thousandths("66.0", "duration"), thousandths("0.46", "gpus"), thousandths("12", "wait")
    (66000, 460, 12000)
    """
    try:
        return int(text) * 1000
    except ValueError:
        pass
    try:
        number = float(text) * 1000
    except ValueError:
        raise ValueError(f"{name} is {'no number' if text.strip() else 'missing'}") from None
    if not math.isfinite(number):
        raise ValueError(f"{name} is no finite number")
    return round(number)


def at_least_0(amount: int, name: str) -> int:
    """Return *amount*; ValueError where it is negative or beyond every time and size that can be meant."""
    if amount < 0:
        raise ValueError(f"{name} is below 0")
    if amount > LONGEST:
        raise ValueError(f"{name} is too large")
    return amount


def amount(text: str, name: str) -> int:
    """Return the number *text*, not below 0, in thousandths."""
    return at_least_0(thousandths(text, name), name)


def whole(text: str, name: str) -> int:
    """Return the whole number *text*, not below 0."""
    number = thousandths(text, name)
    if number % 1000:
        raise ValueError(f"{name} is no whole number")
    return at_least_0(number // 1000, name)


def moment(text: str, name: str) -> int:
    """Return a date and time in milliseconds since 1970; one with an offset in UTC, one without as it stands.

    >>> moment("1970-01-02 00:00:01", "submit"), moment("1970-01-01T02:00+01:00", "submit")
    (86401000, 3600000)
    """
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{name} is {'no date and time' if text else 'missing'}") from None
    milliseconds = in_milliseconds(when)
    at_least_0(abs(milliseconds), f"the distance of {name} from 1970")
    return milliseconds


def in_milliseconds(when: datetime) -> int:
    """Return *when* in milliseconds since 1970."""
    return ((when if when.tzinfo else when.replace(tzinfo=UTC)) - EPOCH) // MILLISECOND


def written_moment(milliseconds: int) -> str:
    """Write a time of an absolute history as ISO 8601, without an offset.

    >>> written_moment(86401000), written_moment(500)
    ('1970-01-02T00:00:01', '1970-01-01T00:00:00.500')
    """
    when = (EPOCH + milliseconds * MILLISECOND).replace(tzinfo=None)
    return when.isoformat(timespec="milliseconds" if milliseconds % 1000 else "seconds")


def written(amount_in_thousandths: int) -> str:
    """Write thousandths as the shortest decimal number.

    >>> written(66000), written(460), written(-1500)
    ('66', '0.46', '-1.5')
    """
    return f"{amount_in_thousandths / 1000:.3f}".rstrip("0").rstrip(".")


def span(milliseconds: int) -> str:
    """Write a length of time for people, in its two largest units.

    >>> span(90_061_000), span(3_600_000), span(61_000), span(250), span(0)
    ('1d 1h', '1h', '1m 1s', '0.25s', '0s')
    """
    if milliseconds < 60_000:
        return f"{written(milliseconds)}s"
    rest = milliseconds // 1000
    parts: list[str] = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        if count or parts:
            parts.append(f"{count}{unit}" if count else "")
    return " ".join(part for part in parts[:2] if part)
