"""G001 on both sides of what a queue can ever give."""

from pathlib import Path

import pytest

from policies.rule import judge
from policies.rules import RULES
from policies.rules.gangs import WORLD
from scheduling.world import World
from tenancy.manifests import read


def findings(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "w.yaml"
    file.write_text(text)
    return [finding.message for finding in judge(World(read([str(file)])), {"G001": RULES["G001"]}).findings]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "nominalQuota: 8",
            "nominalQuota: 7",
            "wants 8 nvidia.com/gpu; ClusterQueue vision can never give more than 7",
        ),
        ("nominalQuota: 8", "nominalQuota: 8", None),
        ("{requests: {nvidia.com/gpu: 4}", "{requests: {cpu: 1, nvidia.com/gpu: 4}", "resource cpu unavailable"),
        ("metadata: {name: h100}", "metadata: {name: h100}\nspec: {nodeLabels: {pool: h100}}", None),
    ],
)
def test_gangs_fit_their_queue(tmp_path: Path, old: str, new: str, said: str | None) -> None:
    assert old in WORLD
    found = findings(tmp_path, WORLD.replace(old, new))
    assert len(found) == (said is not None)
    assert said is None or said in found[0]


@pytest.mark.parametrize(("pool", "fits"), [("h100", True), ("a100", False)])
def test_flavors_that_pods_may_not_use_do_not_count(tmp_path: Path, pool: str, fits: bool) -> None:
    labelled = WORLD.replace("metadata: {name: h100}", "metadata: {name: h100}\nspec: {nodeLabels: {pool: h100}}")
    found = findings(
        tmp_path, labelled.replace("containers:\n", f"nodeSelector: {{pool: {pool}}}\n      containers:\n")
    )
    assert len(found) == (not fits)
    assert fits or "no flavor that its pods may use" in found[0]


OTHER = """
---
apiVersion: kueue.x-k8s.io/v1beta2
kind: ClusterQueue
metadata: {name: speech}
spec:
  cohortName: all
  namespaceSelector: {}
  resourceGroups:
  - coveredResources: [nvidia.com/gpu]
    flavors:
    - name: h100
      resources: [{name: nvidia.com/gpu, nominalQuota: 4, lendingLimit: %s}]
"""


@pytest.mark.parametrize(("lent", "fits"), [(4, True), (3, False)])
def test_what_the_cohort_lends_counts(tmp_path: Path, lent: int, fits: bool) -> None:
    small = WORLD.replace("nominalQuota: 8", "nominalQuota: 4").replace(
        "  namespaceS", "  cohortName: all\n  namespaceS"
    )
    found = findings(tmp_path, small + OTHER % lent)
    assert len(found) == (not fits)
    assert fits or "more than 7" in found[0]
