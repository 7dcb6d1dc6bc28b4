"""What of a request counts against quota, and as what."""

from fractions import Fraction
from typing import Any

import pytest

from scheduling.kueue.charges import Charges
from tenancy.kueue_configuration import Resources

GPU, MIG = "nvidia.com/gpu", "nvidia.com/mig-1g.5gb"
MEMORY = {"input": MIG, "strategy": "Replace", "outputs": {"gpu-memory": "5Gi", "credits": "10"}}


@pytest.mark.parametrize(
    ("settings", "requests", "expected"),
    [
        pytest.param({}, {"cpu": "1.5", GPU: 2}, {"cpu": 1500, GPU: 2}, id="nothing set"),
        pytest.param(
            {"excludeResourcePrefixes": ["ephemeral-", "example.com/"]},
            {"ephemeral-storage": "1Gi", "example.com/rdma": 1, "cpu": 1},
            {"cpu": 1000},
            id="prefixes are dropped",
        ),
        pytest.param(
            {"transformations": [MEMORY]},
            {MIG: 2, "cpu": 1},
            {"cpu": 1000, "credits": 20, "gpu-memory": 10 * 2**30},
            id="replaced by its outputs, times what is requested",
        ),
        pytest.param(
            {"transformations": [{**MEMORY, "strategy": "Retain"}]},
            {MIG: 1},
            {MIG: 1, "credits": 10, "gpu-memory": 5 * 2**30},
            id="retained beside its outputs",
        ),
        pytest.param(
            {"transformations": [MEMORY]},
            {"cpu": 1, "credits": 3},
            {"cpu": 1000, "credits": 3},
            id="no input, no change",
        ),
        pytest.param(
            {"transformations": [MEMORY]},
            {MIG: 1, "credits": 3},
            {"credits": 13, "gpu-memory": 5 * 2**30},
            id="outputs add to what is requested under their name",
        ),
        pytest.param(
            {"transformations": [{**MEMORY, "multiplyBy": "nodes"}]},
            {MIG: 2, "nodes": 3},
            {"nodes": 3, "credits": 60, "gpu-memory": 30 * 2**30},
            id="multiplied by another request",
        ),
        pytest.param(
            {"transformations": [{**MEMORY, "multiplyBy": "nodes"}]},
            {MIG: 2},
            {"credits": 20, "gpu-memory": 10 * 2**30},
            id="a multiplier that is not requested is ignored",
        ),
        pytest.param(
            {"transformations": [{**MEMORY, "outputs": {"credits": "-5"}}]},
            {MIG: 1, "credits": 3},
            {"credits": 3},
            id="an allowance does not reduce what was requested itself",
        ),
        pytest.param(
            {
                "transformations": [
                    {"input": "a", "strategy": "Replace", "outputs": {"credits": "7"}},
                    {"input": "b", "strategy": "Replace", "outputs": {"credits": "-5"}},
                ]
            },
            {"a": 1, "b": 1},
            {"credits": 2},
            id="outputs cancel each other",
        ),
        pytest.param(
            {"excludeResourcePrefixes": [MIG], "transformations": [MEMORY]},
            {MIG: 1},
            {},
            id="excluded before transformed",
        ),
        pytest.param(
            {"transformations": [{"input": "cpu", "strategy": "Replace", "outputs": {"credits": "100m"}}]},
            {"cpu": "1500m"},
            {"credits": 1},
            id="rounded up once, at the end",
        ),
    ],
)
def test_what_is_charged(settings: dict[str, Any], requests: dict[str, Any], expected: dict[str, int]) -> None:
    charges = Charges(Resources.model_validate(_lists_are_tuples(settings)))
    assert dict(charges.charged({name: _exact(value) for name, value in requests.items()})) == expected


def _exact(value: Any) -> Fraction:
    from tenancy.quantity import quantity

    return quantity(value)


def _lists_are_tuples(settings: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) for key, value in settings.items()}


def test_without_settings_nothing_has_to_be_worked_out() -> None:
    assert not Charges().any
    assert Charges().charged({"cpu": Fraction(1, 3)}) == (("cpu", 334),)
