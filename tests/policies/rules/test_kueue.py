"""K rules on the reference and on the world that does not hold it."""

from pathlib import Path

import pytest

from policies.rule import Judgement, judge
from policies.rules import RULES
from policies.rules.kueue import FLAVOR, LOCAL_QUEUE, QUEUE
from scheduling.world import World
from tenancy.manifests import read


def judged(tmp_path: Path, id_: str, *texts: str) -> Judgement:
    file = tmp_path / "w.yaml"
    file.write_text("\n---\n".join(texts))
    return judge(World(read([str(file)])), {id_: RULES[id_]})


def test_flavors_exist(tmp_path: Path) -> None:
    (finding,) = judged(tmp_path, "K001", QUEUE.replace("name: h100", "name: h10"), FLAVOR).findings
    assert finding.message == "ClusterQueue vision names flavor 'h10', which does not exist; did you mean h100?"
    assert finding.path == "spec.resourceGroups[0].flavors[0].name"
    assert judged(tmp_path, "K001", QUEUE, FLAVOR).findings == ()


def test_flavors_are_not_judged_where_there_are_none(tmp_path: Path) -> None:
    judgement = judged(tmp_path, "K001", QUEUE)
    assert judgement.findings == ()
    assert "no ResourceFlavor" in judgement.skipped["K001"]


def test_local_queues_lead_somewhere(tmp_path: Path) -> None:
    (finding,) = judged(tmp_path, "K002", QUEUE, LOCAL_QUEUE.replace("vision}", "visio}")).findings
    assert "did you mean vision?" in finding.message
    assert finding.target == "LocalQueue/vision-train/default"
    assert judged(tmp_path, "K002", QUEUE, LOCAL_QUEUE).findings == ()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("nominalQuota: 8", "nominalQuota: -8", "below 0"),
        ("nominalQuota: 8", "nominalQuota: 8, borrowingLimit: 1", "need a cohort"),
        ("kind: ClusterQueue", "kind: ClusterQueue", None),
    ],
)
def test_accepted_by_kueue(tmp_path: Path, old: str, new: str, said: str | None) -> None:
    found = judged(tmp_path, "K000", QUEUE.replace(old, new)).findings
    assert len(found) == (said is not None)
    assert said is None or said in found[0].message
