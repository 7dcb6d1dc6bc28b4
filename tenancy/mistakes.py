"""pydantic's errors in words that say what would be right."""

import difflib
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from tenancy.finding import PathKey, dotted, quoted
from tenancy.schema import MAPPING, SCALAR, Model

MESSAGES = {
    "string_type": "{value} is no text; quote it",
    "int_type": "{value} is no whole number",
    "int_from_float": "{value} is no whole number",
    "int_parsing": "{value} is no whole number",
    "bool_type": "{value} is neither true nor false",
    "dict_type": "{value} is no mapping; write `key: value` lines",
    "mapping_type": "{value} is no mapping; write `key: value` lines",
    "model_type": "{value} is no mapping; write `key: value` lines",
    "tuple_type": "{value} is no list; write [a, b]",
    "greater_than_equal": "{value} is below {ge}",
    "less_than_equal": "{value} is above {le}",
    "too_short": "is empty; give at least {min_length}",
    "too_long": "has {actual_length} entries; at most {max_length} are possible",
    "string_too_long": "has over {max_length} characters",
    "decimal_type": "{value} is no number",
    "decimal_parsing": "{value} is no number",
    "finite_number": "{value} is no finite number",
}
PATTERN = "string_pattern_mismatch"


def mistakes(error: ValidationError, model: type[Model]) -> Iterable[tuple[tuple[PathKey, ...], str]]:
    """Yield the path of every mistake in *error* and what is wrong there."""
    seen = set()
    for detail in error.errors(include_url=False):
        path = tuple(key for key in detail["loc"] if key not in {SCALAR, MAPPING, "[key]"})
        message = _message(detail, path, model)
        if (path, message) not in seen:
            seen.add((path, message))
            yield path, message


def _message(detail: ErrorDetails, path: Sequence[PathKey], model: type[Model]) -> str:
    kind, context, value = detail["type"], detail.get("ctx", {}), detail["input"]
    if kind == "extra_forbidden":
        return f"there is no such field{did_you_mean(str(path[-1]), _fields_at(model, path[:-1]))}"
    if kind == "missing":
        return f"the field {dotted(path[-1:])} is missing"
    if kind == "value_error":
        return str(context["error"])
    if kind in {"literal_error", "enum"}:
        return not_among(str(value), context["expected"].replace("'", "").replace(" or ", ", ").split(", "))
    if kind == PATTERN:
        return _pattern(value, context["pattern"])
    template = MESSAGES.get(kind)
    return template.format(value=_shown(value), **context) if template else detail["msg"]


def _pattern(value: Any, pattern: str) -> str:
    if "a-z0-9" in pattern:
        return f"{quoted(value)} is no name; use lower-case letters, digits and dashes"
    return f"{quoted(value)} does not match {pattern}"


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list) else "nothing" if value is None else quoted(value)


def did_you_mean(name: str, choices: Iterable[str]) -> str:
    """Return `; did you mean x?` for the choice nearest to *name*, or else the choices there are.

    >>> did_you_mean("nominl", ["nominal", "borrow"])
    '; did you mean nominal?'
    """
    known = list(choices)
    near = difflib.get_close_matches(name[:60], known, n=1, cutoff=0.6)
    if near:
        return f"; did you mean {near[0]}?"
    return f"; there are {', '.join(sorted(known))}" if 0 < len(known) <= 12 else ""


def not_among(value: str, choices: list[str]) -> str:
    """Return the message for a *value* that is none of *choices*.

    >>> not_among("Jobb", ["Job", "Pod"])
    "'Jobb' is not possible here; did you mean Job?"
    """
    near = difflib.get_close_matches(value[:60], choices, n=1, cutoff=0.6)
    if near:
        return f"{quoted(value)} is not possible here; did you mean {near[0]}?"
    return f"{quoted(value)} is none of {', '.join(choices)}"


def _fields_at(model: type[Model], path: Sequence[PathKey]) -> list[str]:
    """Return the fields of the model that stands at *path* of *model*."""
    current: Any = model
    for key in path:
        for field_name, field in getattr(current, "model_fields", {}).items():
            if key in {field.alias, field_name}:
                current = field.annotation
                break
        else:
            current = current if isinstance(current, type) else None
        current = _model_in(current)
        if current is None:
            return []
    return list(current.field_aliases())


def _model_in(annotation: Any) -> type[Model] | None:
    """Return the model that *annotation* is about: itself, or that of its members."""
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        if found := _model_in(argument):
            return found
    return None
