"""pydantic's errors in words that say what would be right."""

import difflib
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from tenancy.finding import PathKey, dotted, quoted
from tenancy.names import EXPECTED
from tenancy.schema import MAPPING, SCALAR, Model

MESSAGES = {
    "string_type": "{value} is no text; quote it",
    "int_type": "{value} is no whole number{hint}",
    "bool_type": "{value} is neither true nor false",
    "dict_type": "{value} is no mapping; write `key: value` lines",
    "mapping_type": "{value} is no mapping; write `key: value` lines",
    "model_type": "{value} is no mapping; write `key: value` lines",
    "tuple_type": "{value} is no list; write [a, b]",
    "greater_than_equal": "{value} is below {ge}",
    "less_than_equal": "{value} is above {le}",
    "too_short": "is empty; give at least {min_length}",
    "too_long": "has {actual_length} entries; at most {max_length} are possible",
    "string_too_short": "is empty; write something",
    "string_too_long": "has over {max_length} characters",
    "decimal_type": "{value} is no number; write one such as 12.40",
    "decimal_parsing": "{value} is no number; write one such as 12.40",
    "float_type": "{value} is no number; write one such as 0.5",
    "finite_number": "{value} is no finite number",
}
PATTERN = "string_pattern_mismatch"


def mistakes(error: ValidationError, model: type[Model]) -> Iterable[tuple[tuple[PathKey, ...], str]]:
    """Yield the path of every mistake in *error* and what is wrong there."""
    seen = set()
    for detail in error.errors(include_url=False):
        if detail["type"] == "too_short" and len(detail["input"]) >= detail["ctx"]["min_length"]:
            continue  # pydantic counts only the members that are right; what is wrong with the others is said
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
    if value is None:
        return "has no value; write one, or remove the line"
    if kind in {"literal_error", "enum"}:
        return not_among(value, context["expected"].replace("'", "").replace(" or ", ", ").split(", "))
    if kind == PATTERN:
        return _pattern(value, context["pattern"])
    template = MESSAGES.get(kind)
    return template.format(value=_shown(value), hint=_as_count(value), **context) if template else detail["msg"]


def _as_count(value: Any) -> str:
    """Return how to write *value* as a whole number where it is meant as one."""
    if isinstance(value, str) and value.isdecimal():
        return "; remove the quotes"
    return f"; write {int(value)}" if isinstance(value, float) and value.is_integer() else ""


def _pattern(value: Any, pattern: str) -> str:
    return f"{quoted(value)} {EXPECTED.get(pattern) or f'does not match {pattern}'}"


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


def not_among(value: object, choices: list[str]) -> str:
    """Return the message for a *value* that is none of *choices*.

    >>> not_among("Jobb", ["Job", "Pod"]), not_among(0.19, ["0.19"])
    ("'Jobb' is not possible here; did you mean Job?", '0.19 is no text; quote it')
    """
    if not isinstance(value, str) and str(value) in choices:
        return f"{quoted(value)} is no text; quote it"
    near = difflib.get_close_matches(value[:60], choices, n=1, cutoff=0.6) if isinstance(value, str) else []
    if near:
        return f"{quoted(value)} is not possible here; did you mean {near[0]}?"
    if len(choices) == 1:
        return f"{_shown(value)} is not possible here; write {choices[0]}"
    return f"{_shown(value)} is none of {', '.join(choices)}"


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
