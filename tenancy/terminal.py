"""What commands print: tables for people, JSON for machines, progress where somebody watches."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated, Any

import typer

from tenancy.errors import ConfigError, MusterError
from tenancy.finding import Finding, printable

SCHEMA_VERSION = "v1"


class Format(StrEnum):
    """How a command prints."""

    TEXT = "text"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="text for people, json for machines.")]


def finding_json(finding: Finding) -> dict[str, Any]:
    """Return *finding* as the JSON outputs hold it."""
    place = finding.place
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "object": finding.target,
        "path": finding.path,
        "file": place.file if place else "",
        "line": place.line if place else 0,
        "column": place.column if place else 0,
        "message": finding.message,
        "waived": finding.waived,
    }


def print_json(kind: str, content: dict[str, Any]) -> None:
    """Print *content* as one JSON document that names its schema."""
    document = {"schema": f"muster/{kind}/{SCHEMA_VERSION}", **content}
    text = json.dumps(document, indent=2, ensure_ascii=False, default=str)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(document, indent=2, default=str)
    sys.stdout.write(text + "\n")


def print_error(error: MusterError | str, output: Format) -> None:
    """Say what went wrong: one line for each mistake on standard error, or one JSON document on standard output."""
    findings = error.findings if isinstance(error, ConfigError) else ()
    if output is Format.JSON:
        print_json("error", {"error": str(error), "findings": [finding_json(finding) for finding in findings]})
        return
    lines = [str(finding) for finding in findings] or [printable(line) for line in str(error).splitlines()]
    sys.stderr.write("\n".join(lines) + "\n")


def say(text: str = "") -> None:
    """Print a line for people; what input says cannot steer the terminal."""
    sys.stdout.write("\n".join(printable(line) for line in text.split("\n")) + "\n")


def note(text: str) -> None:
    """Say something beside the result, on standard error."""
    sys.stderr.write(printable(text) + "\n")


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], left: int = 1) -> None:
    """Print a table; the first *left* columns hold text, the others numbers."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title or None, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold")
    for index, column in enumerate(columns):
        table.add_column(Text(column), justify="left" if index < left else "right", overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(str(cell))) for cell in row))
    console = Console(markup=False, highlight=False, emoji=False)
    if not console.is_terminal:
        console.width = 160
    console.print(table)


@contextmanager
def progress(what: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Show how far *what* is while somebody watches standard error; yields what to call with the number done."""
    if not sys.stderr.isatty():
        yield lambda _done: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)
