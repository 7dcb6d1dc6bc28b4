"""A cluster as it stands: what runs holds what it was given, what waits says why."""

from typing import Any

import pytest

from simulator.explain import explain_present
from simulator.past import State
from simulator.present import number_of, present
from support.manifests import manifests
from tenancy.errors import MusterError

API = "kueue.x-k8s.io/v1beta2"


def queue(name: str, **flavors: int) -> list[dict[str, Any]]:
    quotas = [
        {"name": flavor, "resources": [{"name": "cpu", "nominalQuota": nominal}]} for flavor, nominal in flavors.items()
    ]
    spec = {
        "namespaceSelector": {},
        "cohortName": "all",
        "resourceGroups": [{"coveredResources": ["cpu"], "flavors": quotas}],
        "preemption": {"withinClusterQueue": "LowerPriority"},
    }
    local = {"name": "default", "namespace": name}
    return [
        {"apiVersion": API, "kind": "ClusterQueue", "metadata": {"name": name}, "spec": spec},
        {"apiVersion": API, "kind": "LocalQueue", "metadata": local, "spec": {"clusterQueue": name}},
    ]


def workload(namespace: str, name: str, cpu: int, minute: int, flavor: str = "", **more: Any) -> dict[str, Any]:
    container = {"name": "main", "image": "none", "resources": {"requests": {"cpu": cpu}}}
    created = f"2026-03-02T10:{minute:02}:00Z"
    status: dict[str, Any] = {"conditions": [{"type": "QuotaReserved", "status": "False", "message": "no room"}]}
    if flavor:
        condition = {"type": "QuotaReserved", "status": "True", "lastTransitionTime": created}
        assigned = {"name": "main", "flavors": {"cpu": flavor}, "count": 1}
        status = {"conditions": [condition], "admission": {"podSetAssignments": [assigned]}}
    return {
        "apiVersion": API,
        "kind": "Workload",
        "metadata": {"name": name, "namespace": namespace, "creationTimestamp": created},
        "spec": {
            "queueName": "default",
            "podSets": [{"name": "main", "count": 1, "template": {"spec": {"containers": [container]}}}],
            **more,
        },
        "status": status,
    }


FLAVORS = [
    {"apiVersion": API, "kind": "ResourceFlavor", "metadata": {"name": name}, "spec": {}} for name in ("near", "far")
]
PRIORITY = {"apiVersion": API, "kind": "WorkloadPriorityClass", "metadata": {"name": "high"}, "value": 100}


def world(*workloads: dict[str, Any]) -> Any:
    return manifests(*FLAVORS, PRIORITY, *queue("a", near=4, far=2), *queue("b", near=4, far=0), *workloads)


def test_what_runs_holds_its_flavor_though_another_comes_first() -> None:
    state = present(world(workload("a", "runs", 2, 0, "far"), workload("a", "waits", 9, 1)))
    engine, standing = state.at(number_of(state.workloads, "runs"))
    node = engine.infos[0].shape.queue.node
    assert [amount for amount in node.usage if amount] == [2000]
    assert standing.state is State.RUNNING
    assert [part.option.flavor for _, parts in engine.infos[0].assignment.chosen for part in parts] == ["far"]


def test_who_waits_is_told_what_is_missing_who_holds_it_and_what_would_help() -> None:
    state = present(
        world(workload("a", "a1", 4, 0, "near"), workload("b", "b1", 4, 1, "near"), workload("a", "w", 3, 2))
    )
    found = explain_present(state, number_of(state.workloads, "a/w"))
    assert found.said == "no room"
    assert found.waiting
    assert found.waiting.reason == "WaitingForQuota"
    assert {(holder.workload, holder.amount, holder.until) for holder in found.waiting.holders} == {
        ("a/a1", 4000, None),
        ("b/b1", 4000, None),
    }
    helps = {remedy.change for remedy in found.waiting.remedies if remedy.helps}
    assert "priority high (100) instead of 0" in helps
    assert found.waiting.starts is None


def test_a_workload_that_nothing_keeps_waits_for_kueue_alone() -> None:
    state = present(world(workload("a", "w", 3, 2)))
    found = explain_present(state, 0)
    assert (found.standing.state, found.waiting) == (State.WAITING, None)


def test_more_is_held_than_there_is() -> None:
    """A quota that was lowered takes nothing from those who run."""
    state = present(
        world(workload("a", "a1", 7, 0, "near"), workload("a", "a2", 7, 1, "near"), workload("a", "w", 1, 2))
    )
    engine, _ = state.at(2)
    assert sum(engine.infos[0].shape.queue.node.usage) == 14_000


def test_finished_workloads_and_those_without_a_queue_are_left_out() -> None:
    done = workload("a", "done", 1, 0, "near")
    done["status"]["conditions"].append({"type": "Finished", "status": "True"})
    state = present(world(done, workload("nowhere", "lost", 1, 1)))
    assert state.workloads == ()
    with pytest.raises(MusterError, match="no Workload of a job done"):
        number_of(state.workloads, "done")


def test_a_name_in_two_namespaces_needs_the_namespace() -> None:
    state = present(world(workload("a", "w", 9, 1), workload("b", "w", 9, 2)))
    assert state.workloads[number_of(state.workloads, "b/w")].namespace == "b"
    with pytest.raises(MusterError, match="several namespaces: a/w, b/w"):
        number_of(state.workloads, "w")
