"""Volcano runs in the cluster: its webhooks refuse, its controllers and its scheduler start gangs as a whole."""

from collections.abc import Iterator
from typing import Any

import pytest

from e2e.client import RefusedError
from e2e.cluster import Cluster

pytestmark = pytest.mark.e2e
NODES = {"e2e.muster/nodes": "volcano"}
GPUS = 8


@pytest.fixture(scope="module")
def volcano(cluster: Cluster) -> Iterator[Cluster]:
    """Yield a cluster with one node for gangs."""
    cluster.plane.add_nodes(1, NODES, cpu="64", memory="1Ti", gpu=str(GPUS))
    yield cluster
    cluster.client.delete(gang("waits", 1))


def gang(name: str, pods: int) -> dict[str, Any]:
    """Return a vcjob of pods with one GPU each, all or nothing."""
    resources = {"nvidia.com/gpu": 1}
    container = {"name": "main", "image": "none", "resources": {"requests": resources, "limits": resources}}
    template = {"spec": {"containers": [container], "restartPolicy": "Never", "nodeSelector": NODES}}
    return {
        "apiVersion": "batch.volcano.sh/v1alpha1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"minAvailable": pods, "tasks": [{"name": "worker", "replicas": pods, "template": template}]},
    }


def queue(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "scheduling.volcano.sh/v1beta1",
        "kind": "Queue",
        "metadata": {"name": "mutant"},
        "spec": spec,
    }


def phase(cluster: Cluster, name: str) -> str:
    found = cluster.client.get("batch.volcano.sh/v1alpha1", "Job", "default", name)
    return str(((found.get("status") or {}).get("state") or {}).get("phase", ""))


def bound(cluster: Cluster, name: str) -> int:
    """Return how many pods of a gang have a node."""
    return sum(
        body["metadata"]["labels"].get("volcano.sh/job-name") == name and bool(body["spec"].get("nodeName"))
        for body in cluster.client.items("v1", "Pod", "default")
        if body["metadata"].get("labels")
    )


def test_a_gang_starts_as_a_whole_or_not_at_all(volcano: Cluster) -> None:
    volcano.client.create(gang("fits", 6))
    volcano.plane.processes.wait_until("the gang runs", lambda: phase(volcano, "fits") == "Running")
    assert bound(volcano, "fits") == 6
    volcano.client.create(gang("waits", GPUS - 5))
    volcano.plane.processes.wait_until("the next waits", lambda: phase(volcano, "waits") == "Pending")
    assert bound(volcano, "waits") == 0
    volcano.client.delete(gang("fits", 6))
    volcano.plane.processes.wait_until("the next runs", lambda: phase(volcano, "waits") == "Running")
    assert bound(volcano, "waits") == GPUS - 5


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ({"deserved": {"cpu": "4"}, "capability": {"cpu": "2"}}, "deserved should less equal than capability"),
        ({"guarantee": {"resource": {"cpu": "4"}}}, "guarantee should less equal than deserved"),
        ({"parent": "nowhere"}, "failed to get parent queue"),
    ],
)
def test_the_webhooks_of_volcano_judge(volcano: Cluster, spec: dict[str, Any], why: str) -> None:
    with pytest.raises(RefusedError, match=why):
        volcano.client.create(queue(**spec), dryRun="All")
    volcano.client.create(queue(deserved={"cpu": "2"}, capability={"cpu": "4"}), dryRun="All")
