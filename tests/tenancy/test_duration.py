import pytest

from tenancy.duration import milliseconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0),
        ("0s", 0),
        ("90s", 90_000),
        ("1h30m", 5_400_000),
        ("1.5h", 5_400_000),
        ("+5m", 300_000),
        ("1500us", 2),
        ("2000000ns", 2),
        ("100ms", 100),
    ],
)
def test_durations_are_those_of_go(text, expected):
    assert milliseconds(text) == expected


@pytest.mark.parametrize("text", ["", "5", "-5s", "5 s", "5sec", "s", "1h 30m", "1d", "5s\n", "+"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(ValueError, match="is no duration; write 90s, 30m or 1h30m"):
        milliseconds(text)
