import io
import json
import sys
from decimal import Decimal

import pytest

from tenancy import terminal
from tenancy.errors import ConfigError, MusterError
from tenancy.finding import Finding, Place, Severity, mistake
from tenancy.terminal import Format, finding_json, note, print_error, print_json, print_table, progress, say


def test_json_names_its_schema(capsys):
    print_json("thing", {"price": Decimal("1.10"), "name": "é"})
    assert capsys.readouterr().out == '{\n  "schema": "muster/thing/v1",\n  "price": "1.10",\n  "name": "é"\n}\n'


@pytest.mark.parametrize(("encoding", "text"), [("ascii", "é"), ("latin-1", "漢"), ("utf-8", "\udcff")])
def test_json_is_json_in_every_encoding(monkeypatch, encoding, text):
    stream = io.TextIOWrapper(io.BytesIO(), encoding)
    monkeypatch.setattr(sys, "stdout", stream)
    print_json("thing", {"name": text})
    stream.flush()
    assert json.loads(stream.buffer.getvalue().decode(encoding))["name"] == text


def test_a_finding_in_json_has_every_field():
    finding = Finding("K001", Severity.HIGH, "is odd", Place("f", 3, 7), "Cohort/a", "spec.x", "known")
    assert finding_json(finding) == {
        "rule": "K001",
        "severity": "high",
        "object": "Cohort/a",
        "path": "spec.x",
        "file": "f",
        "line": 3,
        "column": 7,
        "message": "is odd",
        "waived": "known",
    }
    assert finding_json(Finding("K001", Severity.HIGH, "is odd"))["file"] == ""


@pytest.mark.parametrize(
    ("error", "lines"),
    [
        (ConfigError([mistake("is a", Place("f", 1)), mistake("is b", Place("f", 2))]), ["f:1: is a", "f:2: is b"]),
        (MusterError("is c\x1b[31m"), ["is c\\x1b[31m"]),
        ("is d", ["is d"]),
    ],
)
def test_errors_are_lines_for_people_and_json_for_machines(capsys, error, lines):
    print_error(error, Format.TEXT)
    out, err = capsys.readouterr()
    assert (out, err.splitlines()) == ("", lines)
    print_error(error, Format.JSON)
    out, err = capsys.readouterr()
    document = json.loads(out)
    assert (err, document["schema"]) == ("", "muster/error/v1")
    assert len(document["findings"]) == (2 if isinstance(error, ConfigError) else 0)


def test_nothing_that_steers_the_terminal_is_said(capsys):
    say("a\x1b[2J\nb")
    note("c\x1b[2J")
    assert capsys.readouterr() == ("a\\x1b[2J\nb\n", "c\\x1b[2J\n")


def test_tables_hold_every_cell_as_it_is(capsys):
    print_table("Teams", ["team", "[red]GPUs[/red]"], [["[bold]a", 8], ["b\x1b[31m", 16]])
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == "Teams"
    text = "\n".join(lines)
    assert "[bold]a" in text
    assert "b\\x1b[31m" in text
    assert "[red]GPUs[/red]" in text
    assert len({line.rindex(digit) for line in lines for digit in ("8", "6") if digit in line}) == 1


def test_progress_is_silent_where_nobody_watches(capsys):
    with progress("working", 3) as done:
        done(2)
    assert capsys.readouterr() == ("", "")
    assert terminal.SCHEMA_VERSION == "v1"
