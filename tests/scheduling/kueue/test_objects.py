"""What Kueue would refuse, field by field, and what it converts."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from scheduling.kueue.objects import LocalQueueKey, read, refusals
from tenancy.errors import ConfigError
from tenancy.manifests import Manifests
from tenancy.manifests import read as read_manifests

QUEUE: dict[str, Any] = {
    "apiVersion": "kueue.x-k8s.io/v1beta2",
    "kind": "ClusterQueue",
    "metadata": {"name": "a"},
    "spec": {
        "cohortName": "all",
        "resourceGroups": [
            {
                "coveredResources": ["cpu", "nvidia.com/gpu"],
                "flavors": [
                    {
                        "name": "h100",
                        "resources": [
                            {"name": "cpu", "nominalQuota": "1500m"},
                            {"name": "nvidia.com/gpu", "nominalQuota": 8, "borrowingLimit": 2, "lendingLimit": 8},
                        ],
                    }
                ],
            }
        ],
    },
}


def world(tmp_path: Path, *bodies: dict[str, Any]) -> Manifests:
    file = tmp_path / "world.yaml"
    file.write_text("---\n".join(yaml.safe_dump(body) for body in bodies))
    return read_manifests([str(file)])


def changed(*path: Any, to: Any) -> dict[str, Any]:
    """Return the queue with the value at *path* of its spec replaced, or removed with None."""
    body = yaml.safe_load(yaml.safe_dump(QUEUE))
    at = body["spec"]
    for key in path[:-1]:
        at = at[key]
    if to is None:
        del at[path[-1]]
    else:
        at[path[-1]] = to
    return body


def groups(many: int, flavors: int, resources: int) -> list[dict[str, Any]]:
    """Return resource groups of so many flavors and resources each."""
    return [
        {
            "coveredResources": [f"r{group}-{index}" for index in range(resources)],
            "flavors": [
                {
                    "name": f"f{group}-{flavor}",
                    "resources": [{"name": f"r{group}-{index}", "nominalQuota": 1} for index in range(resources)],
                }
                for flavor in range(flavors)
            ],
        }
        for group in range(many)
    ]


def checks(*names: str, flavors: list[str] | None = None) -> dict[str, Any]:
    return {"admissionChecks": [{"name": name, **({"onFlavors": flavors} if flavors else {})} for name in names]}


GPU = ("resourceGroups", 0, "flavors", 0, "resources", 1)


@pytest.mark.parametrize(
    ("body", "path", "message"),
    [
        (changed(*GPU, "nominalQuota", to=-1), "nominalQuota", "below 0"),
        (changed(*GPU, "nominalQuota", to="8 GPUs"), "nominalQuota", "no quantity"),
        (changed(*GPU, "nominalQuota", to=1.5), "nominalQuota", "is no whole number; quote it"),
        (changed(*GPU, "lendingLimit", to=9), "spec", "lendingLimit 9 is above nominalQuota 8"),
        (changed("cohortName", to=None), "spec", "need a cohort"),
        (changed("cohortName", to="All"), "spec.cohortName", "no name"),
        (changed("queueingStrategy", to="Fifo"), "spec.queueingStrategy", "StrictFIFO"),
        (changed("resourceGroups", 0, "coveredResources", to=["nvidia.com/gpu", "cpu"]), "spec", "in this order"),
        (
            changed("preemption", to={"borrowWithinCohort": {"policy": "LowerPriority"}}),
            "spec.preemption",
            "exclude each other",
        ),
        (
            changed("flavorFungibility", to={"preference": "PreemptionOverBorrowing"}),
            "spec.flavorFungibility",
            "TryNextFlavor",
        ),
        (changed("resourceGroups", to=QUEUE["spec"]["resourceGroups"] * 2), "spec", "stands in two places"),
        (changed("resourceGroups", to=groups(5, 52, 1)), "spec", "260 flavors; a ClusterQueue has at most 256"),
        (changed("resourceGroups", to=groups(5, 1, 52)), "spec", "260 covered resources"),
        (changed("resourceGroups", to=groups(1, 33, 16)), "spec", "528 pairs"),
        (changed("resourceGroups", to=groups(17, 1, 1)), "spec.resourceGroups", "at most 16"),
        (changed("resourceGroups", 0, "coveredResources", 1, to="no name"), "coveredResources[1]", "example.org/pool"),
        (changed("fairSharing", to={"weight": "1n"}), "spec.fairSharing.weight", "too small"),
        (changed("fairSharing", to={"weight": -1}), "spec.fairSharing.weight", "below 0"),
        (changed("namespaceSelector", to={"matchLabels": {"a": "b c"}}), "spec.namespaceSelector", "no value"),
        (
            changed("preemption", to={"borrowWithinCohort": {"maxPriorityThreshold": 2**31}}),
            "Threshold",
            "is above 2147483647",
        ),
        (changed("admissionChecksStrategy", to={"admissionChecks": []}), "admissionChecks", "at least 1"),
        (changed("admissionChecksStrategy", to=checks("a", "a")), "admissionChecksStrategy", "stands twice"),
        (changed("admissionChecksStrategy", to=checks("a", flavors=["t4"])), "spec", "t4 is no flavor of this queue"),
        (changed("concurrentAdmissionPolicy", to={"migration": {"mode": "Never"}}), "mode", "TryPreferredFlavors"),
    ],
)
def test_refusals_name_field_and_rule(tmp_path: Path, body: dict[str, Any], path: str, message: str) -> None:
    (finding,) = refusals(world(tmp_path, body))
    assert path in finding.path
    assert message in finding.message
    assert finding.place is not None
    assert finding.place.line > 1


def test_what_is_right_is_read_with_defaults(tmp_path: Path) -> None:
    spec = read(world(tmp_path, QUEUE)).cluster_queues["a"]
    assert (spec.queueing_strategy, spec.preemption.reclaim_within_cohort) == ("BestEffortFIFO", "Never")
    assert list(spec.nominal_quotas()) == [("h100", "cpu", 1500), ("h100", "nvidia.com/gpu", 8)]


def test_read_refuses_with_all_findings(tmp_path: Path) -> None:
    other = {**changed("queueingStrategy", to="x"), "metadata": {"name": "b"}}
    with pytest.raises(ConfigError) as error:
        read(world(tmp_path, changed("cohortName", to=None), other))
    assert len(error.value.findings) == 2


def test_v1beta1_is_converted(tmp_path: Path) -> None:
    body = changed("cohortName", to=None)
    body |= {"apiVersion": "kueue.x-k8s.io/v1beta1", "spec": {**body["spec"], "cohort": "old"}}
    body["spec"]["flavorFungibility"] = {"whenCanBorrow": "Borrow", "whenCanPreempt": "Preempt"}
    spec = read(world(tmp_path, body)).cluster_queues["a"]
    assert spec.cohort_name == "old"
    assert (spec.flavor_fungibility.when_can_borrow, spec.flavor_fungibility.when_can_preempt) == ("Borrow", "Preempt")


def test_the_configuration_is_found_bare_or_in_a_config_map(tmp_path: Path) -> None:
    settings = {
        "apiVersion": "config.kueue.x-k8s.io/v1beta2",
        "kind": "Configuration",
        "fairSharing": {"preemptionStrategies": ["LessThanInitialShare"]},
    }
    packed = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "kueue-manager-config", "namespace": "kueue-system"},
        "data": {"controller_manager_config.yaml": yaml.safe_dump(settings)},
    }
    for body in (settings, packed):
        configuration = read(world(tmp_path, body)).configuration
        assert configuration is not None
        assert configuration.fair_sharing is not None
        assert configuration.fair_sharing.preemption_strategies == ("LessThanInitialShare",)
    assert read(world(tmp_path, QUEUE)).configuration is None


def test_a_configuration_the_manager_would_not_start_with_is_a_finding(tmp_path: Path) -> None:
    settings = {"apiVersion": "config.kueue.x-k8s.io/v1beta2", "kind": "Configuration", "fairSharing": {}}
    (finding,) = refusals(world(tmp_path, settings))
    assert "would not start" in finding.message


def test_local_queues_are_keyed_by_namespace(tmp_path: Path) -> None:
    local = {
        "apiVersion": "kueue.x-k8s.io/v1beta2",
        "kind": "LocalQueue",
        "metadata": {"name": "default", "namespace": "team"},
        "spec": {"clusterQueue": "a"},
    }
    assert list(read(world(tmp_path, local)).local_queues) == [LocalQueueKey("team", "default")]
