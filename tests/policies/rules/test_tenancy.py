"""T rules, key by key."""

from pathlib import Path

import pytest

from policies.rule import judge
from policies.rules import RULES
from policies.rules.tenancy import LIMITS, QUOTA
from scheduling.world import World
from tenancy.manifests import read


def findings(tmp_path: Path, id_: str, text: str) -> list[str]:
    file = tmp_path / "w.yaml"
    file.write_text(text)
    return [finding.message for finding in judge(World(read([str(file)])), {id_: RULES[id_]}).findings]


@pytest.mark.parametrize(
    ("key", "right"),
    [
        ("limits.nvidia.com/gpu", "requests.nvidia.com/gpu"),
        ("nvidia.com/gpu", "requests.nvidia.com/gpu"),
        ("amd.com/gpu", "requests.amd.com/gpu"),
        ("requests.nvidia.com/gpu", None),
        ("count/jobs.batch", None),
        ("count/workloads.kueue.x-k8s.io/x", None),
        ("gold.deviceclass.resource.k8s.io/devices", None),
        ("requests.cpu", None),
        ("pods", None),
    ],
)
def test_quota_keys_are_counted(tmp_path: Path, key: str, right: str | None) -> None:
    found = findings(tmp_path, "T001", QUOTA.replace("requests.nvidia.com/gpu", key))
    assert len(found) == (right is not None)
    assert right is None or found[0].endswith(f"write {right}")


@pytest.mark.parametrize(
    ("key", "missing"),
    [
        ("cpu", True),
        ("limits.memory", True),
        ("requests.cpu", True),
        ("requests.nvidia.com/gpu", False),
        ("pods", False),
    ],
)
def test_limits_beside_quotas(tmp_path: Path, key: str, missing: bool) -> None:
    quota = QUOTA.replace("requests.nvidia.com/gpu", key)
    assert len(findings(tmp_path, "T002", quota)) == missing
    assert findings(tmp_path, "T002", f"{quota}\n---\n{LIMITS}") == []
    elsewhere = LIMITS.replace("namespace: vision-train", "namespace: other")
    assert len(findings(tmp_path, "T002", f"{quota}\n---\n{elsewhere}")) == missing


def test_each_limited_resource_needs_its_own_default(tmp_path: Path) -> None:
    quota = QUOTA.replace("requests.nvidia.com/gpu: 8", "requests.cpu: 8, requests.memory: 8Gi")
    only_cpu = LIMITS.replace(", memory: 1Gi", "")
    (message,) = findings(tmp_path, "T002", f"{quota}\n---\n{only_cpu}")
    assert "requests.memory" in message
