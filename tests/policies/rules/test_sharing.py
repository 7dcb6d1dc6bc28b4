"""Where the rules about cohorts and queues draw the line, beyond their examples."""

from collections.abc import Callable
from pathlib import Path

import pytest

from policies.rule import Judgement, judge
from policies.rules import RULES
from policies.rules.kueue import FLAVOR, LOCAL_QUEUE, QUEUE
from policies.rules.queues import LABELLED, NAMESPACE, SECOND
from policies.rules.sharing import COHORT, IN_COHORT, OTHER, RECLAIMS
from scheduling.world import World
from tenancy.manifests import read

Judge = Callable[..., Judgement]


@pytest.fixture
def judged(tmp_path: Path) -> Judge:
    """Return what lets one rule judge documents."""

    def by(id_: str, *documents: str) -> Judgement:
        file = tmp_path / "world.yaml"
        file.write_text("\n---\n".join(documents))
        return judge(World(read([str(file)])), {id_: RULES[id_]})

    return by


def messages(judgement: Judgement) -> list[str]:
    assert not judgement.skipped
    return [finding.message for finding in judgement.findings]


def cohort(name: str, parent: str) -> str:
    return COHORT.replace("name: all", f"name: {name}").replace("company", parent)


def test_a_circle_of_three_is_said_of_each_in_it_and_of_nobody_below(judged: Judge) -> None:
    found = messages(
        judged("K010", IN_COHORT, cohort("all", "a"), cohort("a", "b"), cohort("b", "c"), cohort("c", "a"))
    )
    assert found == [f"Cohort {name} is below itself: a -> b -> c" for name in "abc"]


def test_who_lends_nothing_needs_to_take_nothing_back(judged: Judge) -> None:
    keeps = IN_COHORT.replace("nominalQuota: 8", "nominalQuota: 8, lendingLimit: 0")
    has_none = IN_COHORT.replace("nominalQuota: 8", "nominalQuota: 0")
    assert messages(judged("K011", keeps, OTHER)) == []
    assert messages(judged("K011", has_none, OTHER)) == []
    assert messages(judged("K011", IN_COHORT)) == [], "alone in its cohort it lends to nobody"
    assert messages(judged("K011", QUEUE, OTHER)) == [], "without a cohort neither"
    assert messages(judged("K011", IN_COHORT, OTHER)) == [
        "ClusterQueue/vision lends nvidia.com/gpu to cohort all and cannot take it back"
    ]


def test_a_cohort_of_one_queue_with_a_parent_or_quota_is_none_of_one(judged: Judge) -> None:
    bare = COHORT.replace("{parentName: company}", "{}")
    assert messages(judged("K012", RECLAIMS, COHORT)) == []
    assert messages(judged("K012", RECLAIMS, bare)) == ["ClusterQueue/vision is alone in cohort all"]
    assert messages(judged("K012", RECLAIMS, OTHER.replace("all", "al"))) == [
        "ClusterQueue/vision is alone in cohort all; there are al",
        "ClusterQueue/speech is alone in cohort al; there are all",
    ]


def test_a_queue_without_selector_takes_nobody(judged: Judge) -> None:
    closed = QUEUE.replace("  namespaceSelector: {}\n", "")
    (said,) = messages(judged("K020", closed, LOCAL_QUEUE))
    assert "has no namespaceSelector, and so takes none" in said
    wanted = QUEUE.replace("{}", "{matchLabels: {team: vision}}")
    assert messages(judged("K020", wanted, LOCAL_QUEUE)) == [], "labels of namespaces are not known here"
    assert messages(judged("K020", wanted, LOCAL_QUEUE, NAMESPACE)) == []
    assert messages(judged("K020", QUEUE, LOCAL_QUEUE.replace("vision}", "other}"))) == [], "K002 says so"


def test_a_local_queue_may_be_stopped_too(judged: Judge) -> None:
    stopped = LOCAL_QUEUE.replace("{clusterQueue: vision}", "{clusterQueue: vision, stopPolicy: HoldAndDrain}")
    assert messages(judged("K021", stopped)) == ["LocalQueue/vision-train/default is stopped (HoldAndDrain)"]


def test_one_flavor_alone_needs_no_nodes(judged: Judge) -> None:
    assert messages(judged("K023", QUEUE, FLAVOR)) == []
    assert messages(judged("K023", QUEUE + SECOND, LABELLED)) == [], "spot is not known here; K001 says so"
    assert judged("K023", QUEUE).skipped


def test_orders_are_compared_within_a_cohort_alone(judged: Judge) -> None:
    turned = RECLAIMS.replace("h100", "spot") + SECOND.replace("spot", "h100")
    assert messages(judged("K025", turned, OTHER.replace("all", "others") + SECOND)) == []
