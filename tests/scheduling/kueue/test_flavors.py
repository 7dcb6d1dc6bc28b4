"""Which flavors pods may use, on both sides of each condition."""

from typing import Any

import pytest

from scheduling.kueue.api_flavors import ResourceFlavorSpec, Taint, Toleration
from scheduling.kueue.flavors import ineligible, matches, tolerates
from scheduling.kueue.workload import PodSet

TAINT = Taint(key="spot", value="true", effect="NoSchedule")
LABELS = {"pool": "h100", "zone": "a", "rank": "7"}


@pytest.mark.parametrize(
    ("toleration", "expected"),
    [
        ({"key": "spot", "value": "true"}, True),
        ({"key": "spot", "operator": "Exists"}, True),
        ({"operator": "Exists"}, True),
        ({"key": "spot", "operator": "Exists", "effect": "NoSchedule"}, True),
        ({"key": "spot", "operator": "Exists", "effect": "NoExecute"}, False),
        ({"key": "spot", "value": "false"}, False),
        ({"key": "other", "operator": "Exists"}, False),
        ({}, False),
    ],
)
def test_tolerates(toleration: dict[str, str], expected: bool) -> None:
    assert tolerates(Toleration.model_validate(toleration), TAINT) is expected


def affinity(*terms: list[dict[str, Any]]) -> dict[str, Any]:
    required = {"nodeSelectorTerms": [{"matchExpressions": term} for term in terms]}
    return {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}}


def expression(key: str, operator: str, *values: str) -> dict[str, Any]:
    return {"key": key, "operator": operator, **({"values": list(values)} if values else {})}


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ({}, True),
        ({"nodeSelector": {"pool": "h100"}}, True),
        ({"nodeSelector": {"pool": "a100"}}, False),
        ({"nodeSelector": {"unknown": "x"}}, True),
        (affinity([expression("pool", "In", "h100", "a100")]), True),
        (affinity([expression("pool", "NotIn", "h100")]), False),
        (affinity([expression("pool", "Exists")]), True),
        (affinity([expression("pool", "DoesNotExist")]), False),
        (affinity([expression("rank", "Gt", "6")]), True),
        (affinity([expression("rank", "Lt", "7")]), False),
        (affinity([expression("pool", "In", "a100")], [expression("zone", "In", "a")]), True),
        (affinity([expression("pool", "In", "a100"), expression("zone", "In", "a")]), False),
        (affinity([expression("pool", "In", "a100"), expression("unknown", "Exists")]), False),
        (affinity([expression("pool", "In", "a100")], [expression("unknown", "Exists")]), True),
    ],
)
def test_matches_looks_at_the_flavors_own_keys_only(template: dict[str, Any], expected: bool) -> None:
    assert matches(LABELS, template) is expected


@pytest.mark.parametrize(
    ("spec", "template", "expected"),
    [
        ({"nodeTaints": [TAINT.model_dump()]}, {}, "untolerated taint spot=true:NoSchedule in flavor f"),
        ({"nodeTaints": [{**TAINT.model_dump(), "effect": "PreferNoSchedule"}]}, {}, None),
        ({"nodeTaints": [TAINT.model_dump()]}, {"tolerations": [{"operator": "Exists"}]}, None),
        ({"nodeTaints": [TAINT.model_dump()], "tolerations": [{"operator": "Exists"}]}, {}, None),
        ({"nodeLabels": LABELS}, {"nodeSelector": {"pool": "a100"}}, "flavor f doesn't match node affinity"),
        ({"nodeLabels": LABELS}, {}, None),
    ],
)
def test_ineligible_says_why(spec: dict[str, Any], template: dict[str, Any], expected: str | None) -> None:
    flavor = ResourceFlavorSpec.model_validate(spec)
    assert ineligible("f", flavor, PodSet("main", 1, (), template=template)) == expected


def test_a_flavor_that_does_not_exist_is_ineligible() -> None:
    assert ineligible("f", None, PodSet("main", 1, ())) == "flavor f not found"
