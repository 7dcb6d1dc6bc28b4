"""Fields that are no numbers, no dates, or too large."""

import pytest

from simulator.traces.fields import LONGEST, amount, moment, thousandths, whole, written, written_moment


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", "missing"), ("x", "no number"), ("nan", "no finite"), ("-inf", "no finite"), ("9" * 5000, "no finite")],
)
def test_what_is_no_number_says_so(text, reason):
    with pytest.raises(ValueError, match=f"^wait is {reason}"):
        thousandths(text, "wait")


def test_bounds():
    assert amount("0", "x") == 0
    assert amount(str(LONGEST // 1000), "x") == LONGEST
    with pytest.raises(ValueError, match="x is below 0"):
        amount("-0.001", "x")
    with pytest.raises(ValueError, match="x is too large"):
        amount(str(LONGEST // 1000 + 1), "x")
    with pytest.raises(ValueError, match="x is no whole number"):
        whole("1.5", "x")
    assert whole("4.0", "x") == 4


@pytest.mark.parametrize("text", ["yesterday", "2017-13-01", "9999-12-31", "0001-01-01"])
def test_what_is_no_date_of_ours_says_so(text):
    with pytest.raises(ValueError, match="submit"):
        moment(text, "submit")


@pytest.mark.parametrize("milliseconds", [0, 1, 999, 1_506_816_000_000, -1, LONGEST, -LONGEST])
def test_moments_come_back(milliseconds):
    assert moment(written_moment(milliseconds), "submit") == milliseconds


@pytest.mark.parametrize("number", [0, 1, 10, 100, 460, 1000, 100_000, LONGEST - 1, LONGEST])
def test_amounts_come_back(number):
    assert thousandths(written(number), "x") == number
