"""What a ResourceFlavor and a Topology may say."""

from typing import Any

import pytest
from pydantic import ValidationError

from scheduling.kueue.api_flavors import ResourceFlavorSpec, TopologySpec

TAINT = {"key": "pool", "value": "h100", "effect": "NoSchedule"}


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            {"tolerations": [{"operator": "Equal", "value": "a"}]},
            r"tolerations\[0\]: .*without key needs operator Exists",
        ),
        ({"tolerations": [{"key": "a", "operator": "Exists", "value": ""}]}, "takes no value"),
        ({"tolerations": [{"key": "a", "operator": "Gt", "value": "1"}]}, "write Equal or Exists"),
        ({"tolerations": [{"key": "a", "effect": ""}]}, "leave it out"),
        ({"tolerations": [{"key": "a", "tolerationSeconds": 5, "effect": "NoSchedule"}]}, "NoExecute"),
        ({"tolerations": [{"key": "a", "tolerationSeconds": 5}]}, "NoExecute"),
        ({"tolerations": [{"key": "not a key"}]}, "pattern"),
        ({"nodeTaints": [TAINT, {**TAINT, "value": "other"}]}, "stands twice"),
        ({"nodeTaints": [{**TAINT, "key": ""}]}, "pattern"),
        ({"nodeTaints": [{**TAINT, "value": "no value"}]}, "pattern"),
        ({"nodeLabels": {"a..b/c": "1"}}, "pattern"),
        ({"nodeLabels": {"a": "-"}}, "pattern"),
        ({"nodeLabels": {f"label-{index}": "1" for index in range(9)}}, "at most 8"),
    ],
)
def test_flavors_that_are_refused(spec: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        ResourceFlavorSpec.model_validate(spec)


@pytest.mark.parametrize(
    "spec",
    [
        {"tolerations": [{"operator": "Exists"}]},
        {"tolerations": [{"key": "", "operator": "Equal"}]},
        {"tolerations": [{"key": "a", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 0}]},
        {"nodeTaints": [TAINT, {**TAINT, "effect": "NoExecute"}]},
        {"nodeLabels": {"example.org/pool": ""}},
    ],
)
def test_flavors_that_are_accepted(spec: dict[str, Any]) -> None:
    ResourceFlavorSpec.model_validate(spec)


@pytest.mark.parametrize("label", ["", "a b", "a" * 317, "/rack"])
def test_a_level_is_the_key_of_a_label(label: str) -> None:
    with pytest.raises(ValidationError, match="nodeLabel"):
        TopologySpec.model_validate({"levels": [{"nodeLabel": label}]})
