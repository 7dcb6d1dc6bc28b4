"""Label selectors, as Kubernetes evaluates them."""

from collections.abc import Mapping
from typing import Any


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
