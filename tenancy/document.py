"""YAML and JSON text as plain values, with the place of every value in YAML."""

import enum
import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import yaml

from tenancy.composer import DEEPEST, TOO_DEEP, Composer, Mark
from tenancy.errors import ConfigError
from tenancy.finding import Finding, PathKey, Place, mistake, quoted

MEGABYTE = 2**20
ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class Dialect(enum.Enum):
    """How text is read: *OWN* refuses what YAML dialects read differently, *MANIFEST* reads as kubectl does."""

    OWN = enum.auto()
    MANIFEST = enum.auto()

    @property
    def largest(self) -> int:
        """Return the largest file that is read, in bytes."""
        return MEGABYTE if self is Dialect.OWN else 256 * MEGABYTE


@dataclass(frozen=True, slots=True)
class Document:
    """One document of *file*: its *value* as plain dict, list and scalars, and where each part stands.

    Of JSON only the beginning is known.
    """

    file: str
    value: Any
    mark: Mark

    def place(self, path: Sequence[PathKey] = ()) -> Place:
        """Return the place of the value at *path*, or of the nearest value around it."""
        mark = self.mark
        for key in path:
            inner = _member(mark.inside, key)
            if inner is None:
                break
            mark = inner
        return Place(self.file, mark.line, mark.column)

    def known(self, path: Sequence[PathKey]) -> int:
        """Return how many steps of *path* lead to a value that was written."""
        mark = self.mark
        for steps, key in enumerate(path):
            inner = _member(mark.inside, key)
            if inner is None:
                return steps
            mark = inner
        return len(path)

    def part(self, value: Any, path: Sequence[PathKey]) -> "Document":
        """Return the document whose *value* stands at *path* of this one."""
        mark = self.mark
        for key in path:
            mark = _member(mark.inside, key) or mark
        return Document(self.file, value, mark)


def _member(inside: dict[Any, Mark] | list[Mark] | None, key: PathKey) -> Mark | None:
    if isinstance(inside, dict):
        return inside.get(key)
    if isinstance(inside, list) and isinstance(key, int) and key < len(inside):
        return inside[key]
    return None


def read_text(path: Path, dialect: Dialect) -> str:
    """Return the text of the file *path*; ConfigError where it is missing, a folder, too large or not UTF-8."""
    try:
        with path.open("rb") as stream:
            return read_stream(stream, str(path), dialect)
    except OSError as error:
        raise ConfigError.at(str(path), f"cannot be read: {error.strerror}") from error


def read_stream(stream: BinaryIO, file: str, dialect: Dialect) -> str:
    """Return the text of *stream*; never more than the dialect's largest file is read, even where it has no end."""
    content = stream.read(dialect.largest + 1)
    if len(content) > dialect.largest:
        raise ConfigError.at(file, f"is too large; at most {dialect.largest // MEGABYTE} MiB are read")
    return decoded(content, file)


def decoded(content: bytes, file: str) -> str:
    """Return *content* as text; ConfigError with the line of the first byte that is no UTF-8."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        place = Place(file, line, error.start - content.rfind(b"\n", 0, error.start))
        raise ConfigError.at(place, f"byte 0x{content[error.start]:02x} is no UTF-8; save the file as UTF-8") from error


def documents(text: str, file: str, dialect: Dialect) -> tuple[Document, ...]:
    """Read all documents of *text*; empty ones are left out.

    ConfigError carries every refused scalar of the file, or the place where its syntax breaks.
    """
    if dialect is Dialect.MANIFEST and file.endswith(".json"):
        return (Document(file, _json(text, file), Mark(1, 1)),)
    composer = Composer(file, own=dialect is Dialect.OWN)
    try:
        found = tuple(Document(file, value, mark) for value, mark in composer.values(text))
    except yaml.YAMLError as error:
        raise ConfigError([*composer.findings, _syntax(error, text, file)]) from error
    except ConfigError as error:
        raise ConfigError([*composer.findings, *error.findings]) from error
    if composer.findings:
        raise ConfigError(composer.findings)
    return found


def _json(text: str, file: str) -> Any:
    try:
        value = json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise ConfigError.at(Place(file, error.lineno, error.colno), f"is no JSON: {error.msg}") from error
    except ValueError as error:
        raise ConfigError.at(file, f"is no JSON: {error}") from error
    except RecursionError as error:
        raise ConfigError.at(file, TOO_DEEP) from error
    if problem := _unsound(value) or _half_a_character(value, text):
        raise ConfigError.at(file, problem)
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"key {quoted(twice)} stands twice; keep one")
    return found


def _unsound(value: Any) -> str | None:
    """Return what keeps JSON that Python reads from being JSON to the API server: its depth, a number without end."""
    level = [value]
    for _ in range(DEEPEST + 1):
        if any(isinstance(item, float) and not math.isfinite(item) for item in level):
            return "holds a number that is not finite; JSON has none"
        containers = [item for item in level if isinstance(item, dict | list)]
        if not containers:
            return None
        level = [item for inner in containers for item in (inner.values() if isinstance(inner, dict) else inner)]
    return TOO_DEEP


def _half_a_character(value: Any, text: str) -> str | None:
    if ESCAPED_SURROGATE.search(text):
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            return f"{quoted(error.object[error.start])} is half a character; write both halves"
    return None


def _syntax(error: yaml.YAMLError, text: str, file: str) -> Finding:
    if isinstance(error, yaml.reader.ReaderError):
        before = text.encode()[: error.position].decode(errors="ignore")
        place = Place(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
        return mistake(f"character {quoted(chr(cast('int', error.character)))} may not stand in YAML", place)
    problem = getattr(error, "problem", None) or getattr(error, "context", None) or "it breaks off"
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:
        return mistake(f"is no YAML: {problem}", Place(file))
    lines = text.split("\n")
    line, column = (mark.line, mark.column) if mark.line < len(lines) else (len(lines) - 1, len(lines[-1]))
    if lines[line][column : column + 1] == "\t":
        problem = "a tab stands here; indent with spaces"
    return mistake(f"is no YAML: {problem}", Place(file, line + 1, column + 1))
