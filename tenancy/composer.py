"""Plain values from YAML events, each with its mark. No code runs, no tags are built, depth and size are bounded."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from yaml._yaml import CParser
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
from tenancy.finding import Finding, Place, mistake, quoted
from tenancy.scalars import differs, resolve, written_safely

DEEPEST = 100
MOST_FROM_ALIASES = 100_000
TOO_DEEP = f"is nested more than {DEEPEST} levels deep"
STANDARD_TAG = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a value stands: *line* and *column* count from 1; *inside* holds the marks of its members.

    The mark of a member of a mapping is that of its key.
    """

    line: int
    column: int
    inside: dict[Any, "Mark"] | list["Mark"] | None = None


class Composer:
    """Builds values from parser events; its state is that of one document.

    *findings* gathers what is refused: in any file what is no plain value, in files of our *own* dialect also
    aliases, merge keys, tags and scalars that YAML dialects read differently.
    """

    def __init__(self, file: str, own: bool) -> None:
        self.file = file
        self.own = own
        self.findings: list[Finding] = []
        self.anchors: dict[str, tuple[Any, Mark, int]] = {}
        self.count = self.from_aliases = 0

    def values(self, text: str) -> Iterator[tuple[Any, Mark]]:
        """Yield the value and mark of every document in *text* that is not empty."""
        parser = CParser(text)
        events = iter(parser.get_event, None)
        for event in events:
            if isinstance(event, DocumentStartEvent):
                self.anchors, self.count, self.from_aliases = {}, 0, 0
                value, mark = self._value(next(events), events, 0)
                if value is not None:
                    yield value, mark

    def _refuse(self, message: str, event: Event) -> None:
        self.findings.append(mistake(message, self._place(event)))

    def _place(self, event: Event) -> Place:
        start = event.start_mark
        return Place(self.file, start.line + 1, start.column + 1) if start else Place(self.file)

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
                raise ConfigError.at(self._place(event), TOO_DEEP)
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
            shown = quoted(text).strip("'")
            self._refuse(f"{shown} is read differently by YAML dialects; {written_safely(text)}", event)
        return self._finite(resolve(text), event)

    def _finite(self, value: Any, event: ScalarEvent) -> Any:
        """Refuse infinite numbers and .nan, which JSON and so the API server cannot hold."""
        if isinstance(value, float) and not math.isfinite(value):
            self._refuse(f"{event.value} is no finite number; quote it if it is meant as text", event)
        return value

    def _tagged(self, event: ScalarEvent) -> Any:
        tag = (event.tag or "").removeprefix(STANDARD_TAG)
        if self.own or tag not in {"str", "int", "float", "bool", "null"}:
            self._refuse(f"tag {quoted(event.tag)} is refused; values are plain YAML", event)
            return event.value
        return event.value if tag == "str" else self._finite(resolve(event.value), event)

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
        merged: list[tuple[Any, Mark, Event]] = []
        for item in events:
            if type(item) is MappingEndEvent:
                break
            key = self._key(item, events, depth)
            value, mark = self._value(next(events), events, depth + 1)
            if key == "<<" and not item.style:
                merged.append((value, mark, item))
                continue
            if key in values:
                self._refuse(f"key {quoted(key)} stands twice; keep one", item)
            start = item.start_mark
            values[key] = value
            marks[key] = Mark(start.line + 1, start.column + 1, mark.inside)
        for value, mark, item in merged:
            self._merge(value, mark, item, (values, marks))
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

    def _merge(self, value: Any, mark: Mark, item: Event, into: tuple[dict[Any, Any], dict[Any, Mark]]) -> None:
        """Add what `<<` brings: keys that stand there already, or came from an earlier mapping, are kept."""
        values, marks = into
        if self.own:
            self._refuse("merge key << is refused here; write the values out", item)
        parts = zip(value, mark.inside or (), strict=True) if isinstance(value, list) else [(value, mark)]
        for part, place in parts:
            if not isinstance(part, dict) or not isinstance(place.inside, dict):
                self._refuse("merge key << takes a mapping or a list of mappings", item)
                return
            for key, member in part.items():
                values.setdefault(key, member)
                marks.setdefault(key, place.inside[key])
