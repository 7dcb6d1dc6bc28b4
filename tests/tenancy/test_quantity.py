from fractions import Fraction

import pytest

from tenancy import quantity


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("8", 8),
        ("+8", 8),
        ("-8", -8),
        ("8.", 8),
        (".5", Fraction(1, 2)),
        ("1.5", Fraction(3, 2)),
        ("500m", Fraction(1, 2)),
        ("100n", Fraction(1, 10**7)),
        ("7u", Fraction(7, 10**6)),
        ("2k", 2000),
        ("1M", 10**6),
        ("1Ki", 1024),
        ("1.5Gi", 3 * 2**29),
        ("8Ei", 2**63),
        ("1E", 10**18),
        ("1E3", 1000),
        ("1e3", 1000),
        ("1e-3", Fraction(1, 1000)),
        ("12E+2", 1200),
    ],
)
def test_parse_reads_the_grammar_of_kubernetes(text, value):
    assert quantity.parse(text) == value


@pytest.mark.parametrize(
    "text",
    ["", " ", "8 ", "8 Gi", "8GB", "8GiB", "1_000", "0x10", "1e", "1ee3", "Gi", ".", "-", "1,5", "nan", "inf", "8\n"],
)
def test_parse_refuses_what_is_no_quantity(text):
    with pytest.raises(ValueError, match="is no quantity; write a number such as 8"):
        quantity.parse(text)


def test_parse_refuses_digits_of_other_scripts():
    with pytest.raises(ValueError, match="no quantity"):
        quantity.parse("\u0663")


def test_parse_refuses_what_would_take_long():
    assert quantity.parse("1" * 64) == int("1" * 64)
    for text in ("1" * 65, "1e1000"):
        with pytest.raises(ValueError, match="no quantity"):
            quantity.parse(text)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(True, "true"), (None, "nothing"), ([8], "a list"), ({"a": 1}, "a mapping"), (float("nan"), "nan")],
)
def test_quantity_says_what_it_was_given(value, shown):
    with pytest.raises(ValueError, match=f"^'?{shown}'? is no quantity"):
        quantity.quantity(value)


def test_floats_are_read_as_they_are_written():
    assert quantity.quantity(0.1) == Fraction(1, 10)
    assert quantity.quantity(1e22) == 10**22
    assert quantity.quantity(1e-05) == Fraction(1, 10**5)


@pytest.mark.parametrize(
    ("value", "units", "milli"),
    [("1", 1, 1000), ("1001m", 2, 1001), ("1000.1m", 2, 1001), ("-1500m", -1, -1500), ("1n", 1, 1), ("0", 0, 0)],
)
def test_rounding_is_up(value, units, milli):
    assert quantity.units(value) == units
    assert quantity.milli(value) == milli


@pytest.mark.parametrize(
    ("resource", "value", "amount", "written"),
    [
        ("cpu", "1500m", 1500, "1500m"),
        ("cpu", 2, 2000, "2"),
        ("memory", "1Gi", 2**30, "1Gi"),
        ("memory", "1536Mi", 3 * 2**29, "1536Mi"),
        ("memory", "1G", 10**9, "1000000000"),
        ("ephemeral-storage", "2Ti", 2**41, "2Ti"),
        ("nvidia.com/gpu", "4", 4, "4"),
        ("nvidia.com/gpu", 1024, 1024, "1024"),
    ],
)
def test_amounts_are_counted_and_written_in_the_units_of_kueue(resource, value, amount, written):
    assert quantity.amount(resource, value) == amount
    assert quantity.written(resource, amount) == written
    assert quantity.amount(resource, written) == amount
