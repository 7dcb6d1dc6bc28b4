"""Label selectors: what they select, and which of them the API server refuses."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from tenancy.selectors import LabelSelector, accepts, selected

LABELS = {"team": "vision", "tier": "7"}


def expression(operator: str, *values: str, key: str = "tier") -> dict[str, Any]:
    return {"key": key, "operator": operator, **({"values": list(values)} if values else {})}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (expression("In", "7", "8"), True),
        (expression("In", "8"), False),
        (expression("NotIn", "8"), True),
        (expression("NotIn", "7"), False),
        (expression("NotIn", "7", key="absent"), True),
        (expression("Exists"), True),
        (expression("Exists", key="absent"), False),
        (expression("DoesNotExist", key="absent"), True),
        (expression("DoesNotExist"), False),
        (expression("Gt", "6"), True),
        (expression("Gt", "7"), False),
        (expression("Lt", "8"), True),
        (expression("Lt", "8", key="team"), False),
        (expression("Gt", "6", key="absent"), False),
    ],
)
def test_one_expression(asked: dict[str, Any], expected: bool) -> None:
    assert accepts(LABELS, asked) is expected


def test_labels_and_expressions_must_all_hold() -> None:
    both = {"matchLabels": {"team": "vision"}, "matchExpressions": [expression("Exists")]}
    assert selected(both, LABELS)
    assert not selected(both, {"team": "vision"})
    assert not selected(both, {"tier": "7"})
    assert selected({}, {})


@pytest.mark.parametrize(
    ("selector", "message"),
    [
        ({"matchLabels": {"a b": "c"}}, "no key of a label"),
        ({"matchLabels": {"a": 7}}, "no value of a label"),
        ({"matchLabels": ["a"]}, "is a mapping"),
        ({"matchExpressions": ["a"]}, "has a key and an operator"),
        ({"matchExpressions": [expression("Gt", "6")]}, "operator Gt is none of"),
        ({"matchExpressions": [expression("In")]}, "needs values"),
        ({"matchExpressions": [expression("Exists", "a")]}, "takes no values"),
        ({"matchExpressions": [expression("In", "not a value")]}, "no value of a label"),
        ({"matchExpressions": [{"operator": "Exists"}]}, "no key of a label"),
    ],
)
def test_selectors_that_are_refused(selector: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        TypeAdapter[Any](LabelSelector).validate_python(selector)


@pytest.mark.parametrize(
    "selector",
    [
        {"matchExpressions": 0},
        {"matchExpressions": {}},
        {"matchLabels": ""},
        {"matchExpressions": [{"key": "a", "operator": "In", "values": "b"}]},
        {"matchExpressions": [{"key": "a", "operator": "In", "values": 5}]},
    ],
)
def test_what_is_no_list_or_mapping_is_refused(selector: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(LabelSelector).validate_python(selector)
