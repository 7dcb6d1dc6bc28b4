"""Recorded decisions of the real Kueue scheduler, replayed: identical, first to last."""

import json
import lzma
from pathlib import Path

import pytest

from simulator.conform import conform

pytestmark = pytest.mark.shared
SAMPLE = {"F1": 228, "F2": 267, "F3": 269, "F4": 219, "F5": 219, "F6": 250, "F7": 260, "F8": 231}


@pytest.mark.parametrize("family", SAMPLE)
def test_every_scenario_agrees(shared: Path, family: str) -> None:
    verdicts = list(conform(shared / "conformance" / "kueue" / f"{family}.jsonl.xz"))
    assert len(verdicts) >= SAMPLE[family]
    assert [verdict.scenario for verdict in verdicts if not verdict.agrees] == []


def test_topology_is_unsupported_and_never_counted_as_agreement(shared: Path) -> None:
    verdicts = list(conform(shared / "conformance" / "kueue" / "F9.jsonl.xz"))
    assert verdicts
    assert all(verdict.unsupported and not verdict.agrees for verdict in verdicts)


def test_a_changed_decision_is_a_disagreement(shared: Path, tmp_path: Path) -> None:
    with lzma.open(shared / "conformance" / "kueue" / "F2.jsonl.xz", "rt") as lines:
        scenario = json.loads(next(lines))
    scenario["decisions"][1]["t"] += 1
    changed = tmp_path / "changed.jsonl"
    changed.write_text(json.dumps(scenario))
    (verdict,) = conform(changed)
    assert (verdict.agrees, verdict.position) == (False, 1)
    assert verdict.ours[0][0] + 1 == verdict.theirs[0][0]
