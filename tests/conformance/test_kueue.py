"""Recorded decisions of the real Kueue scheduler, replayed: identical, first to last."""

import json
import lzma
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from simulator.conform import Verdict, conform

pytestmark = pytest.mark.shared
SAMPLE = {"F1": 228, "F2": 267, "F3": 269, "F4": 219, "F5": 219, "F6": 250, "F7": 260, "F8": 231, "F9": 203}


@pytest.mark.parametrize("family", SAMPLE)
def test_every_scenario_agrees(shared: Path, family: str) -> None:
    verdicts = list(conform(shared / "conformance" / "kueue" / f"{family}.jsonl.xz"))
    assert len(verdicts) >= SAMPLE[family]
    assert [verdict.scenario for verdict in verdicts if not verdict.agrees] == []


def first_scenario(shared: Path, family: str) -> dict[str, Any]:
    with lzma.open(shared / "conformance" / "kueue" / f"{family}.jsonl.xz", "rt") as lines:
        scenario: dict[str, Any] = json.loads(next(lines))
        return scenario


def verdict_on(scenario: Mapping[str, Any], tmp_path: Path) -> Verdict:
    changed = tmp_path / "changed.jsonl"
    changed.write_text(json.dumps(scenario))
    (verdict,) = conform(changed)
    return verdict


def test_what_is_not_modelled_is_unsupported_and_never_counted_as_agreement(shared: Path, tmp_path: Path) -> None:
    scenario = first_scenario(shared, "F2")
    scenario["clusterQueues"][0]["spec"]["concurrentAdmissionPolicy"] = {"migration": {"mode": "RetainFirstAdmission"}}
    verdict = verdict_on(scenario, tmp_path)
    assert (verdict.agrees, verdict.unsupported) == (False, "concurrentAdmissionPolicy")


def test_a_changed_decision_is_a_disagreement(shared: Path, tmp_path: Path) -> None:
    scenario = first_scenario(shared, "F2")
    scenario["decisions"][1]["t"] += 1
    verdict = verdict_on(scenario, tmp_path)
    assert (verdict.agrees, verdict.position) == (False, 1)
    assert verdict.ours[0][0] + 1 == verdict.theirs[0][0]


def test_another_node_is_a_disagreement(shared: Path, tmp_path: Path) -> None:
    scenario = first_scenario(shared, "F9")
    scenario["decisions"][0]["assignment"][0]["topologyAssignment"]["domains"][0]["values"] = ["elsewhere"]
    verdict = verdict_on(scenario, tmp_path)
    assert (verdict.agrees, verdict.position) == (False, 0)
