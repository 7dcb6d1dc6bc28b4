"""Feature gates: what is said of settings that the engine does not know."""

import pytest

from scheduling.kueue.feature_gates import DEFAULTS, unmodelled
from tenancy.kueue_configuration import Configuration


def configuration(**gates: bool) -> Configuration:
    return Configuration.model_validate(
        {"apiVersion": "config.kueue.x-k8s.io/v1beta2", "kind": "Configuration", "featureGates": gates}
    )


def test_a_gate_set_otherwise_than_by_default_is_said() -> None:
    assert list(unmodelled(configuration(PartialAdmission=False, TopologyAwareScheduling=True))) == [
        "feature gate PartialAdmission=false is not modelled; decided as with the default"
    ]


@pytest.mark.parametrize("gate", list(DEFAULTS))
def test_defaults_are_no_news(gate: str) -> None:
    assert not list(unmodelled(configuration(**{gate: DEFAULTS[gate]})))


def test_gates_that_change_no_decision_are_none_of_our_business() -> None:
    assert not list(unmodelled(configuration(VisibilityOnDemand=False)))
    assert not list(unmodelled(None))
