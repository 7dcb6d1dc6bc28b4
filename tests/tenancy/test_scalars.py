import math

import pytest

from tenancy.scalars import differs, must_be_quoted, resolve, written_safely


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("yes", True),
        ("On", True),
        ("y", True),
        ("no", False),
        ("OFF", False),
        ("~", None),
        ("", None),
        ("null", None),
        ("8", 8),
        ("-8", -8),
        ("+8", 8),
        ("012", 10),
        ("0o17", 15),
        ("0x1F", 31),
        ("-0b11", -3),
        ("1_000", 1000),
        ("0_7", 7),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("1.", 1.0),
        (".inf", math.inf),
        ("-.INF", -math.inf),
    ],
)
def test_resolve_takes_scalars_as_kubectl_does(text, value):
    found = resolve(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "text", ["8Gi", "12:30", "2024-01-01", "1.2.3", "nope", "truE", "0o8", "09a", "-", "+", "_1", "0x", "1e", "=", "<<"]
)
def test_resolve_leaves_text_alone(text):
    assert resolve(text) == text


def test_resolve_does_not_read_endless_numbers():
    assert resolve("1" * 64) == int("1" * 64)
    assert resolve("1" * 65) == "1" * 65


def test_resolve_knows_what_is_no_number():
    assert math.isnan(resolve(".nan"))


@pytest.mark.parametrize(
    "text", ["yes", "n", "off", "012", "0o17", "0x1F", "0b1", "1_000", "12:30", "190:20:30.5", "1e3", "1.5e3"]
)
def test_dialects_differ_on(text):
    assert differs(text)
    assert must_be_quoted(text)


@pytest.mark.parametrize("text", ["true", "null", "~", "0", "-8", "0.5", "1.5e+3", ".inf", "-.inf"])
def test_dialects_agree_on_values_such_as(text):
    assert not differs(text)
    assert must_be_quoted(text)


@pytest.mark.parametrize("text", ["vision", "8Gi", "500m", "1.4.2", "oidc:vision", "a: b", "2024-01-01"])
def test_dialects_agree_on_text_such_as(text):
    assert not differs(text)
    assert not must_be_quoted(text)


@pytest.mark.parametrize(
    ("text", "advice"),
    [("off", "write false"), ("yes", "write true"), ("0x10", "write a plain decimal number"), ("12:30", "quote it")],
)
def test_advice_is_something_all_dialects_agree_on(text, advice):
    assert written_safely(text).startswith(advice)
