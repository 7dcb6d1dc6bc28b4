"""Tiers whose nodes an autoscaler provides."""

from pathlib import Path
from typing import Any

from scheduling.declare import declare
from scheduling.kueue.lifecycle import Startup
from scheduling.kueue.objects import read
from scheduling.kueue.provisioning import startups
from support.stacks import H100, loaded
from tenancy.environment import Environment
from tenancy.kinds import KUEUE


def environment(folder: Path, **tier: Any) -> Environment:
    tiers = [{**H100["tiers"][0]}, {**H100["tiers"][1], **tier}]
    return loaded(folder, {"pools": {"h100": {**H100, "tiers": tiers}}}, vision={"quota": {"h100": 8}})


def test_a_check_and_its_settings_for_the_flavor_and_the_queues_that_have_it(tmp_path: Path) -> None:
    manifests = declare(environment(tmp_path, provisioning={"class": "queued", "takes": "6m", "fails": 0.1}))
    objects = read(manifests)
    assert list(objects.checks) == ["provision-h100-reserved"]
    check = objects.checks["provision-h100-reserved"]
    assert check.parameters is not None
    assert objects.provisioning[check.parameters.name].provisioning_class_name == "queued"
    assert objects.provisioning[check.parameters.name].managed_resources == ("nvidia.com/gpu",)
    (rule,) = objects.cluster_queues["vision"].check_rules
    assert (rule.name, rule.on_flavors) == ("provision-h100-reserved", ("h100-reserved",))
    assert not objects.inactive_checks


def test_without_provisioning_there_is_no_check(tmp_path: Path) -> None:
    manifests = declare(environment(tmp_path, podsReady="90s"))
    assert not manifests.of_kind(KUEUE, "AdmissionCheck")
    assert "admissionChecksStrategy" not in manifests.of_kind(KUEUE, "ClusterQueue")[0].spec


def test_how_long_jobs_take_to_start(tmp_path: Path) -> None:
    slow = environment(tmp_path, provisioning={"class": "queued", "takes": "6m", "fails": 0.1}, podsReady="90s")
    assert startups(slow) == {"h100-reserved": Startup(360_000, 0.1, 90_000)}


def test_a_check_is_made_after_its_settings(tmp_path: Path) -> None:
    manifests = declare(environment(tmp_path, provisioning={"class": "queued"}))
    kinds = [key.kind for key in manifests if key.name.startswith("provision-")]
    assert kinds == ["ProvisioningRequestConfig", "AdmissionCheck"]
