from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from tenancy import quantity

RESOURCES = st.sampled_from(["cpu", "memory", "ephemeral-storage", "nvidia.com/gpu"])
AMOUNTS = st.integers(0, quantity.MAX_INT64)
SUFFIXES = st.sampled_from([*quantity.BINARY, *quantity.DECIMAL])


@given(RESOURCES, AMOUNTS)
def test_amounts_round_trip(resource, amount):
    assert quantity.amount(resource, quantity.written(resource, amount)) == amount


@given(st.decimals(-(10**12), 10**12, places=3), SUFFIXES)
def test_values_are_exact(number, suffix):
    factor = quantity.BINARY.get(suffix) or Fraction(10) ** quantity.DECIMAL[suffix]
    assert quantity.parse(f"{number:f}{suffix}") == Fraction(number) * factor


@given(st.integers(-(10**15), 10**15))
def test_rounding_is_up_to_the_next_unit(thousandths):
    text = f"{thousandths}m"
    assert quantity.milli(text) == thousandths
    assert quantity.units(text) - 1 < Fraction(thousandths, 1000) <= quantity.units(text)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_the_quantity_that_it_prints_as(number):
    assert quantity.quantity(number) == Fraction(repr(number))


@given(st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.none(), st.lists(st.integers())))
def test_anything_is_a_quantity_or_a_value_error(value):
    try:
        found = quantity.quantity(value)
    except ValueError as error:
        assert "is no quantity" in str(error) or "int string conversion" in str(error)
        assert str(error).isprintable()
    else:
        assert isinstance(found, Fraction)
