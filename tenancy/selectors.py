"""Label selectors, as Kubernetes evaluates them."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator

from tenancy.names import LABEL_KEY, LABEL_VALUE, LONGEST_DOMAIN, LONGEST_LABEL


def selected(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Tell whether a LabelSelector accepts *labels*; an empty one accepts all.

    >>> selected({"matchLabels": {"a": "1"}}, {"a": "1", "b": "2"}), selected({}, {})
    (True, True)
    """
    wanted = selector.get("matchLabels") or {}
    return all(labels.get(key) == value for key, value in wanted.items()) and all(
        accepts(labels, expression) for expression in selector.get("matchExpressions") or ()
    )


def accepts(labels: Mapping[str, str], expression: Mapping[str, Any]) -> bool:
    """Judge one expression of a label selector or of a nodeSelectorTerm."""
    value, values = labels.get(expression.get("key", "")), expression.get("values") or []
    match expression.get("operator"):
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case "Gt" | "Lt" as operator:
            return value is not None and _compare(value, values, operator)
    return False


def _compare(value: str, values: list[str], operator: str) -> bool:
    try:
        left, right = int(value), int(values[0])
    except (ValueError, IndexError):
        return False
    return left > right if operator == "Gt" else left < right


def _problems(selector: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the API server says against a LabelSelector."""
    labels, expressions = selector.get("matchLabels"), selector.get("matchExpressions")
    labels, expressions = {} if labels is None else labels, [] if expressions is None else expressions
    if not isinstance(labels, Mapping) or not isinstance(expressions, list):
        yield "matchLabels is a mapping of labels, matchExpressions a list"
        return
    for key, value in labels.items():
        yield from _label(key, [value])
    for expression in expressions:
        if not isinstance(expression, Mapping):
            yield "an expression of matchExpressions has a key and an operator"
            return
        yield from _expression(expression)


def _expression(expression: Mapping[str, Any]) -> Iterator[str]:
    operator, values = expression.get("operator"), expression.get("values")
    values = [] if values is None else values
    if not isinstance(values, list):
        yield "values is a list; write [a, b]"
        return
    if operator not in ("In", "NotIn", "Exists", "DoesNotExist"):
        yield f"operator {operator} is none of In, NotIn, Exists, DoesNotExist"
    elif bool(values) != (operator in ("In", "NotIn")):
        yield f"operator {operator} needs values" if not values else f"operator {operator} takes no values"
    yield from _label(expression.get("key"), values)


def _label(key: Any, values: list[Any]) -> Iterator[str]:
    domain, _, word = key.rpartition("/") if isinstance(key, str) else ("", "", "")
    if not re.fullmatch(LABEL_KEY, str(key)) or not 0 < len(word) <= LONGEST_LABEL or len(domain) > LONGEST_DOMAIN:
        yield f"{key!r} is no key of a label; write one such as example.org/pool"
    for value in values:
        if not isinstance(value, str) or not re.fullmatch(LABEL_VALUE, value) or len(value) > LONGEST_LABEL:
            yield f"{value!r} is no value of a label; use letters, digits, dashes, dots and underscores, quoted"


def _accepted(selector: Mapping[str, Any]) -> Mapping[str, Any]:
    for problem in _problems(selector):
        raise ValueError(problem)
    return selector


LabelSelector = Annotated[Mapping[str, Any], AfterValidator(_accepted)]
"""A selector as Kubernetes accepts it."""
