"""Kubernetes quantities, by value.

The grammar is that of apimachinery's resource.Quantity: a decimal number with a binary suffix (Ki to Ei), a
decimal suffix (n, u, m, k, M, G, T, P, E) or a decimal exponent. Values are exact; nothing passes through a float.
"""

import re
from fractions import Fraction
from functools import lru_cache

from tenancy.finding import quoted

BINARY: dict[str, int] = {f"{prefix}i": 1024**power for power, prefix in enumerate("KMGTPE", start=1)}
DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
GRAMMAR = re.compile(
    r"(?P<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+))(?:(?P<suffix>[KMGTPE]i|[numkMGTPE])|[eE](?P<exponent>[+-]?\d{1,3}))?",
    re.ASCII,
)
LONGEST = 64
MAX_INT64 = 2**63 - 1
EXAMPLES = "write a number such as 8, 500m, 1.5 or 64Gi"


@lru_cache(maxsize=4096)
def parse(text: str) -> Fraction:
    """Return the value of *text* in base units; ValueError where it is no quantity.

    >>> parse("1500m"), parse("2Ki"), parse("1e3")
    (Fraction(3, 2), Fraction(2048, 1), Fraction(1000, 1))
    """
    match = GRAMMAR.fullmatch(text) if len(text) <= LONGEST else None
    if match is None:
        raise ValueError(f"{quoted(text)} is no quantity; {EXAMPLES}")
    number: Fraction = Fraction(match["number"])
    suffix: str = match["suffix"] or ""
    if suffix in BINARY:
        return number * BINARY[suffix]
    return number * Fraction(f"1e{match['exponent'] or DECIMAL[suffix]}")


def quantity(value: object) -> Fraction:
    """Return the value of a quantity as YAML may hold it (text or number), or as it is known already.

    ValueError where it is none.

    >>> quantity(8) == quantity("8000m")
    True
    """
    if isinstance(value, Fraction):
        return value
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        shown = {dict: "a mapping", list: "a list", type(None): "nothing"}.get(type(value)) or quoted(value)
        raise ValueError(f"{shown} is no quantity; {EXAMPLES}")
    return parse(value if isinstance(value, str) else repr(value))


def units(value: object) -> int:
    """Return *value* in whole base units, rounded up as resource.Quantity.Value does.

    >>> units("2500m"), units("-1500m")
    (3, -1)
    """
    return -(-quantity(value) // 1)


def milli(value: object) -> int:
    """Return *value* in thousandths, rounded up as resource.Quantity.MilliValue does.

    >>> milli("1.5"), milli("100u")
    (1500, 1)
    """
    return -(-quantity(value) * 1000 // 1)


def amount(resource: str, value: object) -> int:
    """Return *value* of *resource* in the units of Kueue's quota: milli for cpu, base units for the rest."""
    return milli(value) if resource == "cpu" else units(value)


def from_milli(thousandths: int) -> str:
    """Write thousandths in canonical form.

    >>> from_milli(8000), from_milli(1500)
    ('8', '1500m')
    """
    return f"{thousandths}m" if thousandths % 1000 else str(thousandths // 1000)


def from_bytes(count: int) -> str:
    """Write a number of bytes with the largest binary suffix that is exact.

    >>> from_bytes(2 * 1024**4), from_bytes(1536), from_bytes(0)
    ('2Ti', '1536', '0')
    """
    for suffix, size in sorted(BINARY.items(), key=lambda item: -item[1]):
        if count and count % size == 0:
            return f"{count // size}{suffix}"
    return str(count)


def written(resource: str, units_: int) -> str:
    """Write an amount in the units of Kueue's quota (see `amount`) as a quantity."""
    if resource == "cpu":
        return from_milli(units_)
    return from_bytes(units_) if resource in {"memory", "ephemeral-storage"} else str(units_)
