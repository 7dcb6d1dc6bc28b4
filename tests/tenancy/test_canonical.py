import pytest
import yaml

from tenancy.canonical import canonical, written
from tenancy.document import Dialect, documents

HOSTILE = [
    "no",
    "y",
    "NULL",
    "~",
    "",
    "1e3",
    "0o17",
    "012",
    "0x1F",
    "12:30",
    "1_000",
    "2024-01-01",
    "<<",
    "=",
    ".inf",
    "8",
    "- a",
    "a: b",
    "a #b",
    "#a",
    "&a",
    "*a",
    "!a",
    "%a",
    "@a",
    "`a",
    "{a",
    "'a'",
    '"a"',
    "---",
    "...",
    "a\n",
    "a\n\n",
    "\na",
    "\n a",
    " a",
    "a ",
    "a \nb",
    "  a\nb\n",
    "a\n---\nb",
    "a\tb",
    "\ta\n\tb",
    "a\rb",
    "\u0085",
    "a\u0085b",
    "\u2028",
    "\ufeffa",
    "\u00a0",
    "\u202egnp",
    "\x1b[31m",
    "\x00",
    "é",
    "漢字",
    "\N{GRINNING FACE}",
    "x" * 300,
    "word " * 60,
    "\\n",
]


def read(text):
    """Return *text* as kubectl's dialect has it."""
    return [document.value for document in documents(text, "f.yaml", Dialect.MANIFEST)]


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_reads_back_as_itself_in_every_dialect(text):
    value = {"a": text, "b": [text], "c": {text: "key"}}
    assert yaml.safe_load(written(value)) == value
    assert read(written(value)) == [value]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_written_can_be_printed(text):
    assert all(line.isprintable() for line in written({"a": text}).split("\n"))


def test_lines_stay_lines():
    assert written({"a": "one\ntwo\n"}) == "a: |\n  one\n  two\n"


def test_other_values_are_themselves():
    value = {"a": None, "b": True, "c": 8, "d": 1.5, "e": [], "f": {}, "g": [[1], {"h": 2}]}
    assert read(written(value)) == [value]


def test_what_stands_twice_is_written_twice():
    shared = {"x": [1]}
    assert "&" not in written({"a": shared, "b": shared})


def test_keys_below_the_first_are_in_order_and_names_come_first():
    assert (
        written({"b": {"z": 1, "a": {"c": 1, "name": "x"}}, "a": 2})
        == "b:\n  a:\n    name: x\n    c: 1\n  z: 1\na: 2\n"
    )


def test_canonical_form_is_its_own():
    value = {"b": ({"name": 1, "a": 2},), "a": {"y1": 1, "x1": [3, 1]}}
    once = canonical(value)
    assert list(once) == ["a", "b"]
    assert list(once["b"][0]) == ["name", "a"]
    assert canonical(once) == once == {"a": {"x1": [3, 1], "y1": 1}, "b": [{"name": 1, "a": 2}]}
