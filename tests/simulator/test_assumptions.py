"""What is said beside a result: what was assumed of the world."""

from collections.abc import Mapping
from typing import Any

import pytest

from scheduling.kueue.api import ClusterQueueSpec
from scheduling.kueue.api_flavors import ResourceFlavorSpec
from scheduling.kueue.checks import AdmissionCheckSpec
from scheduling.kueue.lifecycle import Startup
from scheduling.kueue.objects import Objects
from simulator.assumptions import assumptions
from support.kueue_worlds import queue
from tenancy.kueue_configuration import Configuration

CONFIGURATION = {"apiVersion": "config.kueue.x-k8s.io/v1beta2", "kind": "Configuration"}
CHECKED = {"admissionChecksStrategy": {"admissionChecks": [{"name": "slow", "onFlavors": ["spot"]}]}}
AT_ONCE = "admission checks slow: how long they take is not known; assumed: they pass at once"


def world(spec: Mapping[str, Any] = {}, **more: Any) -> Objects:
    queues: dict[str, ClusterQueueSpec] = {"a": queue({"h100": 2, "spot": 2}, **spec)}
    known = {"configuration": Configuration.model_validate(CONFIGURATION),
             "flavors": {name: ResourceFlavorSpec() for name in ("h100", "spot")}}  # fmt: skip
    return Objects(queues, **{**known, **more})


def test_a_complete_world_needs_no_word() -> None:
    assert not list(assumptions(world(), {}))


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("configuration", "Kueue's Configuration is not among the files; assumed: defaults of 0.19"),
        ("flavors", "no ResourceFlavor is among the files; assumed: all exist, without labels and taints"),
    ],
)
def test_what_is_missing_is_said(missing: str, said: str) -> None:
    assert list(assumptions(world(**{missing: None if missing == "configuration" else {}}), {})) == [said]


def test_an_inactive_queue_is_said_with_kueues_reason() -> None:
    said = list(assumptions(world({"stopPolicy": "Hold"}), {}))
    assert said == ["ClusterQueue a is inactive (Stopped): Can't admit new workloads: is stopped."]


def test_checks_of_which_nobody_says_how_long_they_take() -> None:
    checks = {"slow": AdmissionCheckSpec.model_validate({"controllerName": "example.org/slow"})}
    assert list(assumptions(world(CHECKED, checks=checks), {})) == [AT_ONCE]
    assert list(assumptions(world(CHECKED, checks=checks), {"h100": Startup(check=60_000)})) == [AT_ONCE]
    assert not list(assumptions(world(CHECKED, checks=checks), {"spot": Startup(check=60_000)}))


def test_gates_that_are_not_modelled_are_said() -> None:
    configuration = Configuration.model_validate({**CONFIGURATION, "featureGates": {"PartialAdmission": False}})
    (said,) = assumptions(world(configuration=configuration), {})
    assert said.startswith("feature gate PartialAdmission=false is not modelled")
