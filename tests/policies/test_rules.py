"""What every rule must pass: a proper id, a manual page, and examples that break and keep it."""

import re
from pathlib import Path

import pytest

from policies.rule import RULES, Rule, judge, rule
from policies.rules import RULES as REGISTERED
from scheduling.world import World
from tenancy.finding import Severity
from tenancy.manifests import read

ALL = pytest.mark.parametrize("rule_", REGISTERED.values(), ids=REGISTERED.keys())


def world(tmp_path: Path, text: str) -> World:
    file = tmp_path / "example.yaml"
    file.write_text(text)
    return World(read([str(file)]))


@ALL
def test_it_is_well_formed(rule_: Rule) -> None:
    assert re.fullmatch(r"[A-Z][0-9]{3}", rule_.id)
    assert rule_.title.endswith(".")
    assert len(rule_.manual.split("\n\n")) == 2, "what holds; then why it matters and what to do"


@ALL
def test_its_bad_example_breaks_it_at_a_line(rule_: Rule, tmp_path: Path) -> None:
    judgement = judge(world(tmp_path, rule_.bad), {rule_.id: rule_})
    assert not judgement.skipped
    assert [finding.rule for finding in judgement.findings] == [rule_.id]
    (finding,) = judgement.findings
    assert finding.severity is rule_.severity
    assert finding.place is not None
    assert finding.place.line > 0


@ALL
def test_its_good_example_keeps_it_and_all_others(rule_: Rule, tmp_path: Path) -> None:
    assert judge(world(tmp_path, rule_.good), REGISTERED).findings == ()


def test_an_id_is_given_once() -> None:
    with pytest.raises(ValueError, match="K000"):
        rule("K000", Severity.LOW, bad="", good="")(RULES["K000"].check)
    assert RULES is REGISTERED


def test_a_rule_that_cannot_judge_says_so(tmp_path: Path) -> None:
    only_a_local_queue = """
apiVersion: kueue.x-k8s.io/v1beta2
kind: LocalQueue
metadata: {name: default, namespace: a}
spec: {clusterQueue: nowhere}
"""
    judgement = judge(world(tmp_path, only_a_local_queue), REGISTERED)
    assert judgement.findings == ()
    assert set(judgement.skipped) >= {"K001", "K002", "K010", "K013", "G001"}
    assert "no ClusterQueue" in judgement.skipped["K002"]
