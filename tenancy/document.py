"""YAML and JSON text with the place of every value. No code runs, no tags are built, depth and size are bounded."""

import enum
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, cast

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from tenancy.errors import ConfigError
from tenancy.finding import Finding, PathKey, Place, mistake, quoted
from tenancy.scalars import differs, resolve

DEEPEST = 100
MOST_FROM_ALIASES = 100_000
STANDARD_TAG = "tag:yaml.org,2002:"
MEGABYTE = 2**20


class Dialect(enum.Enum):
    """How text is read: *OWN* refuses what YAML dialects read differently, *MANIFEST* reads as kubectl does."""

    OWN = enum.auto()
    MANIFEST = enum.auto()

    @property
    def largest(self) -> int:
        """Return the largest file that is read, in bytes."""
        return MEGABYTE if self is Dialect.OWN else 256 * MEGABYTE


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a value stands: *line* and *column* count from 1; *inside* holds the marks of its members.

    The mark of a member of a mapping is that of its key.
    """

    line: int
    column: int
    inside: dict[Any, "Mark"] | list["Mark"] | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """One document of *file*: its *value* as plain dict, list and scalars, and where each part stands."""

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
    name = str(path)
    try:
        size = path.stat().st_size
        if path.is_file() and size > dialect.largest:
            limit = dialect.largest // MEGABYTE
            raise ConfigError.at(name, f"{size / MEGABYTE:.1f} MiB are too large; at most {limit} MiB are read")
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError.at(name, f"cannot be read: {error.strerror}") from error
    return decoded(content, name)


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
        return (_json(text, file),)
    reader = _Reader(file, dialect)
    try:
        found = tuple(reader.documents(text))
    except yaml.YAMLError as error:
        raise ConfigError([*reader.findings, _syntax(error, file)]) from error
    if reader.findings:
        raise ConfigError(reader.findings)
    return found


def _json(text: str, file: str) -> Document:
    try:
        return Document(file, json.loads(text), Mark(1, 1))
    except json.JSONDecodeError as error:
        raise ConfigError.at(Place(file, error.lineno, error.colno), f"is no JSON: {error.msg}") from error
    except RecursionError as error:
        raise ConfigError.at(file, f"is nested more than {DEEPEST} levels deep") from error


def _syntax(error: yaml.YAMLError, file: str) -> Finding:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
    if isinstance(error, yaml.reader.ReaderError):
        return mistake(f"character {quoted(chr(cast(int, error.character)))} may not stand in YAML", place)
    problem = getattr(error, "problem", None) or getattr(error, "context", None) or "it breaks off"
    return mistake(f"is no YAML: {problem}", place)


class _Reader:
    """Builds values from parser events; its state is that of one document."""

    def __init__(self, file: str, dialect: Dialect) -> None:
        self.file = file
        self.own = dialect is Dialect.OWN
        self.findings: list[Finding] = []
        self.anchors: dict[str, tuple[Any, Mark, int]] = {}
        self.count = self.from_aliases = 0

    def documents(self, text: str) -> Iterator[Document]:
        parser = yaml.cyaml.CParser(text)  # type: ignore[no-untyped-call]
        events = iter(parser.get_event, None)
        for event in events:
            if isinstance(event, DocumentStartEvent):
                self.anchors, self.count, self.from_aliases = {}, 0, 0
                value, mark = self._value(next(events), events, 0)
                if value is not None:
                    yield Document(self.file, value, mark)

    def _refuse(self, message: str, event: Event) -> None:
        self.findings.append(mistake(message, self._place(event)))

    def _place(self, event: Event) -> Place:
        return Place(self.file, event.start_mark.line + 1, event.start_mark.column + 1)

    def _value(self, event: Any, events: Iterator[Any], depth: int) -> tuple[Any, Mark]:
        start, kind = event.start_mark, type(event)
        self.count += 1
        if kind is ScalarEvent:
            value, mark = self._scalar(event), Mark(start.line + 1, start.column + 1)
        elif kind is AliasEvent:
            return self._alias(event)
        else:
            before = self.count
            if depth >= DEEPEST:
                raise ConfigError.at(self._place(event), f"is nested more than {DEEPEST} levels deep")
            build = self._mapping if kind is MappingStartEvent else self._sequence
            value, inside = build(event, events, depth)
            mark = Mark(start.line + 1, start.column + 1, inside)
            if event.anchor:
                self.anchors[event.anchor] = value, mark, self.count - before + 1
            return value, mark
        if event.anchor:
            self.anchors[event.anchor] = value, mark, 1
        return value, mark

    def _alias(self, event: AliasEvent) -> tuple[Any, Mark]:
        if event.anchor not in self.anchors:
            raise ConfigError.at(self._place(event), f"alias *{event.anchor} names no anchor before it")
        value, mark, size = self.anchors[event.anchor]
        self.count += size
        if self.own:
            self._refuse(f"alias *{event.anchor} is refused here; write the value out", event)
        self.from_aliases += size
        if self.from_aliases > MOST_FROM_ALIASES:
            raise ConfigError.at(
                self._place(event), f"aliases expand to over {MOST_FROM_ALIASES} values; write them out"
            )
        return value, mark

    def _scalar(self, event: ScalarEvent) -> Any:
        text, tag = event.value, event.tag
        if tag and tag != "!":
            return self._tagged(event)
        if event.style or tag == "!":
            return text
        if self.own and differs(text):
            self._refuse(f"{quoted(text).strip(chr(39))} is read differently by YAML dialects; quote it", event)
        return resolve(text)

    def _tagged(self, event: ScalarEvent) -> Any:
        tag = event.tag.removeprefix(STANDARD_TAG)
        if self.own or tag not in {"str", "int", "float", "bool", "null"}:
            self._refuse(f"tag {quoted(event.tag)} is refused; values are plain YAML", event)
            return event.value
        return event.value if tag == "str" else resolve(event.value)

    def _sequence(self, event: SequenceStartEvent, events: Iterator[Any], depth: int) -> tuple[list[Any], list[Mark]]:
        self._check_tag(event, "seq")
        values: list[Any] = []
        marks: list[Mark] = []
        for item in events:
            if type(item) is SequenceEndEvent:
                break
            value, mark = self._value(item, events, depth + 1)
            values.append(value)
            marks.append(mark)
        return values, marks

    def _mapping(
        self, event: MappingStartEvent, events: Iterator[Any], depth: int
    ) -> tuple[dict[Any, Any], dict[Any, Mark]]:
        self._check_tag(event, "map")
        values: dict[Any, Any] = {}
        marks: dict[Any, Mark] = {}
        merged: list[tuple[Any, Mark]] = []
        for item in events:
            if type(item) is MappingEndEvent:
                break
            key = self._key(item, events, depth)
            value, mark = self._value(next(events), events, depth + 1)
            if key == "<<" and not item.style:
                merged.append((value, mark))
                continue
            if key in values:
                self._refuse(f"key {quoted(key)} stands twice; keep one", item)
            start = item.start_mark
            values[key] = value
            marks[key] = Mark(start.line + 1, start.column + 1, mark.inside)
        for value, mark in merged:
            self._merge(value, mark, values, marks)
        return values, marks

    def _check_tag(self, event: MappingStartEvent | SequenceStartEvent, standard: str) -> None:
        if event.tag and event.tag not in {"!", STANDARD_TAG + standard}:
            self._refuse(f"tag {quoted(event.tag)} is refused; values are plain YAML", event)

    def _key(self, event: Any, events: Iterator[Any], depth: int) -> str:
        if type(event) is not ScalarEvent:
            value, _ = self._value(event, events, depth + 1)
            self._refuse("a key must be text", event)
            return quoted(value)
        value = self._scalar(event)
        if isinstance(value, str):
            return value
        if value is None or (self.own and not differs(event.value)):
            self._refuse(f"key {event.value or 'null'} is no text; quote it", event)
        return json.dumps(value)

    def _merge(self, value: Any, mark: Mark, values: dict[Any, Any], marks: dict[Any, Mark]) -> None:
        if self.own:
            self.findings.append(
                mistake("merge key << is refused here; write the values out", Place(self.file, mark.line, mark.column))
            )
        parts = value if isinstance(value, list) else [value]
        for part in islice(parts, 100):
            if isinstance(part, dict):
                for key, member in part.items():
                    values.setdefault(key, member)
                    marks.setdefault(key, mark)
