"""Why a workload waits: reason, what is missing, who limits it and who holds it."""

from pathlib import Path

import pytest

from scheduling.kueue.cluster import Cluster
from scheduling.kueue.objects import read
from scheduling.kueue.quota import Node
from scheduling.kueue.reasons import Lack, Why, holders, refusal, why_pending
from scheduling.kueue.workload import Info, PodSet
from support.kueue_worlds import GPU, Bench, cluster, queue
from tenancy.manifests import read as manifests

TAINT = {"key": "spot", "value": "true", "effect": "NoSchedule"}


def limited(lack: Lack) -> str:
    assert isinstance(lack.limit, Node)
    return lack.limit.name


def test_what_is_missing_and_who_holds_it() -> None:
    bench = Bench(cluster({"a": queue({"h100": 2}, cohortName="all"), "b": queue({"h100": 2}, cohortName="all")}))
    assert bench.run(("b1", "b", 3), ("a1", "a", 2)) == ["+b1 h100"]
    found = refusal(bench.infos["a1"])
    assert found.reason is Why.WAITING_FOR_QUOTA
    (lack,) = found.lacks
    assert (lack.flavor, lack.resource, lack.asked, lack.free, lack.missing, lack.most) == ("h100", GPU, 2, 1, 1, 4)
    assert limited(lack) == "all"
    held = list(holders(bench.infos["a1"].shape.queue, lack))
    assert [(info.name, amount) for info, amount in held] == [("b1", 3)]


def test_a_borrowing_limit_in_the_way_is_named_and_only_own_jobs_hold() -> None:
    bench = Bench(
        cluster(
            {
                "a": queue({"h100": {"nominalQuota": 2, "borrowingLimit": 1}}, cohortName="all"),
                "b": queue({"h100": 9}, cohortName="all"),
            }
        )
    )
    bench.run(("b1", "b", 1), ("a1", "a", 2), ("a2", "a", 2))
    (lack,) = refusal(bench.infos["a2"]).lacks
    assert (limited(lack), lack.free, lack.most) == ("a", 1, 3)
    assert [info.name for info, _ in holders(bench.infos["a2"].shape.queue, lack)] == ["a1"]


def test_more_than_the_queue_can_ever_give() -> None:
    bench = Bench(cluster({"a": queue({"h100": 2})}))
    bench.run(("a1", "a", 3))
    assert why_pending(bench.infos["a1"]) is Why.EXCEEDS_MAX_QUOTA


def test_the_flavor_least_in_the_way_counts() -> None:
    world = cluster({"a": queue({"h100": 1, "spot": 4})}, flavors={"spot": {"nodeTaints": [TAINT]}})
    bench = Bench(world)
    bench.run(("a1", "a", 1), ("a2", "a", 1))
    found = refusal(bench.infos["a2"])
    assert found.reason is Why.WAITING_FOR_QUOTA
    assert [(lack.flavor, lack.why, lack.note) for lack in found.lacks] == [
        ("h100", Why.WAITING_FOR_QUOTA, ""),
        ("spot", Why.NO_MATCHING_FLAVOR, "untolerated taint spot=true:NoSchedule in flavor spot"),
    ]


def waiting(world: Cluster, *pod_sets: PodSet) -> Info:
    return Info(9, "job", 9, world.queues["a"].shape(0, pod_sets, repr(pod_sets)))


def test_a_resource_that_the_queue_lacks() -> None:
    world = cluster({"a": queue({"h100": 1})})
    (lack,) = refusal(waiting(world, PodSet("main", 1, ((GPU, 1), ("cpu", 1))))).lacks
    assert (lack.flavor, lack.why) == ("", Why.NO_MATCHING_FLAVOR)
    assert lack.note == "resource cpu unavailable in ClusterQueue"
    assert not list(holders(world.queues["a"], lack))


def test_under_strict_fifo_only_the_first_in_line_is_evaluated() -> None:
    bench = Bench(cluster({"a": queue({"h100": 2}, queueingStrategy="StrictFIFO")}))
    bench.run(("a1", "a", 1), ("a2", "a", 2), ("a3", "a", 1))
    found = refusal(bench.infos["a3"])
    assert (found.reason, found.lacks) == (Why.PENDING_EVALUATION, ())
    assert found.behind is bench.infos["a2"]
    assert refusal(bench.infos["a2"]).behind is None


def test_pod_sets_that_fit_alone_but_not_together() -> None:
    world = cluster({"a": queue({"h100": 3})})
    Bench(world).run(("a1", "a", 1))
    (lack,) = refusal(waiting(world, PodSet("one", 1, ((GPU, 2),)), PodSet("two", 1, ((GPU, 1),)))).lacks
    assert (lack.asked, lack.free, lack.missing) == (3, 2, 1)


NODES = """
apiVersion: kueue.x-k8s.io/v1beta2
kind: Topology
metadata: {name: racks}
spec: {levels: [{nodeLabel: rack}, {nodeLabel: kubernetes.io/hostname}]}
---
apiVersion: kueue.x-k8s.io/v1beta2
kind: ResourceFlavor
metadata: {name: h100}
spec: {topologyName: racks, nodeLabels: {gpu: h100}}
---
apiVersion: kueue.x-k8s.io/v1beta2
kind: ClusterQueue
metadata: {name: a}
spec:
  namespaceSelector: {}
  resourceGroups:
  - coveredResources: [nvidia.com/gpu]
    flavors: [{name: h100, resources: [{name: nvidia.com/gpu, nominalQuota: 99}]}]
"""
NODE = """---
apiVersion: v1
kind: Node
metadata: {name: %(name)s, labels: {gpu: h100, rack: %(rack)s, kubernetes.io/hostname: %(name)s}}
status: {allocatable: {nvidia.com/gpu: 4, pods: 10}, conditions: [{type: Ready, status: "True"}]}
"""


@pytest.mark.parametrize(
    ("gpus", "reason", "said"),
    [
        (9, Why.TOPOLOGY_PLACEMENT_FAILED, "its nodes never have the places asked for"),
        (7, Why.WAITING_FOR_QUOTA, "the places asked for are taken by others"),
    ],
)
def test_places_in_a_topology(tmp_path: Path, gpus: int, reason: Why, said: str) -> None:
    file = tmp_path / "w.yaml"
    file.write_text(NODES + "".join(NODE % {"name": f"n{n}", "rack": f"r{n // 2}"} for n in range(4)))
    bench = Bench(Cluster(read(manifests([str(file)]))))
    rack = {"required": "rack"}
    assert bench.run(("a1", "a", 1), ("a2", "a", 1), pods=6, topology=rack) == ["+a1 h100", "+a2 h100"]
    bench.run(("a3", "a", 1), pods=gpus, topology=rack)
    found = refusal(bench.infos["a3"])
    assert found.reason is reason
    assert [(lack.flavor, lack.note) for lack in found.lacks] == [("h100", said)]


def test_reasons_are_written_as_kueue_does() -> None:
    assert [str(why) for why in Why] == [
        "PendingEvaluation",
        "TopologyPlacementFailed",
        "WaitingForQuota",
        "ExceedsMaxQuota",
        "NoMatchingFlavor",
    ]
