"""What a Workload may say, and what became of v1beta1's words."""

from typing import Any

import pytest
from pydantic import ValidationError

from scheduling.kueue.api_workloads import WorkloadSpec, converted


def pods(**fields: Any) -> dict[str, Any]:
    requests = {"resources": {"requests": {"cpu": 1}}}
    return {"template": {"spec": {"containers": [requests]}}, **fields}


def container(amounts: dict[str, Any]) -> dict[str, Any]:
    return pods(template={"spec": {"containers": [{"resources": {"requests": amounts}}]}})


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"podSets": []}, "at least 1"),
        ({"podSets": [pods(name=f"set-{index}") for index in range(19)]}, "at most 18"),
        ({"podSets": [pods(), pods()]}, "pod set main stands twice"),
        ({"podSets": [pods(name="Main")]}, "pattern"),
        ({"podSets": [pods(count=-1)]}, "greater than or equal to 0"),
        ({"podSets": [pods(count=2, minCount=3)]}, "minCount 3 is above count 2"),
        ({"podSets": [pods(minCount=0)]}, "greater than or equal to 1"),
        ({"podSets": [pods(name="a", count=2, minCount=1), pods(name="b", count=2, minCount=1)]}, "at most one"),
        ({"podSets": [container({"pods": 1})]}, "counted by Kueue"),
        ({"podSets": [container({"cpu": -1})]}, "below 0"),
        ({"podSets": [pods(topologyRequest={"podSetSliceSize": 2})]}, "need each other"),
        ({"podSets": [pods(topologyRequest={"podSetSliceRequiredTopology": "rack"})]}, "need each other"),
        (
            {"podSets": [pods(topologyRequest={"podSetSliceRequiredTopology": "rack", "podSetSliceSize": 0})]},
            "not above 0",
        ),
        ({"podSets": [pods(topologyRequest={"required": "l" * 64})]}, "at most 63"),
        ({"podSets": [pods()], "maximumExecutionTimeSeconds": 0}, "greater than or equal to 1"),
        ({"podSets": [pods()], "priority": 2**31}, "less than or equal"),
        ({"podSets": [pods()], "priority": "5"}, "valid integer"),
        ({"podSets": [pods()], "preemptionGates": [{"name": f"g{index}"} for index in range(9)]}, "at most 8"),
        ({"podSets": [pods()], "preemptionGates": [{"name": "g"}, {"name": "g"}]}, "stands twice"),
        (
            {
                "podSets": [pods()],
                "priorityClassRef": {"group": "kueue.x-k8s.io", "kind": "WorkloadPriorityClass", "name": "a"},
            },
            "needs priority",
        ),
        (
            {
                "podSets": [pods()],
                "priority": 1,
                "priorityClassRef": {"group": "kueue.x-k8s.io", "kind": "PriorityClass", "name": "a"},
            },
            "kind of group kueue.x-k8s.io is WorkloadPriorityClass",
        ),
    ],
)
def test_workloads_that_are_refused(spec: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        WorkloadSpec.model_validate(spec)


def test_the_smallest_workload() -> None:
    spec = WorkloadSpec.model_validate({"podSets": [pods()]})
    assert (spec.pod_sets[0].name, spec.pod_sets[0].count, spec.active) == ("main", 1, True)


@pytest.mark.parametrize(
    ("source", "group"),
    [
        ("kueue.x-k8s.io/workloadpriorityclass", "kueue.x-k8s.io"),
        ("scheduling.k8s.io/priorityclass", "scheduling.k8s.io"),
    ],
)
def test_an_old_workload_names_its_class_and_where_it_is_from(source: str, group: str) -> None:
    old = {"podSets": [pods()], "priority": 5, "priorityClassName": "high", "priorityClassSource": source}
    spec = WorkloadSpec.model_validate(dict(converted(old)))
    assert spec.priority_class_ref
    assert (spec.priority_class_ref.group, spec.priority_class_ref.name) == (group, "high")


def test_an_old_workload_with_a_class_from_nowhere_has_none() -> None:
    assert "priorityClassRef" not in dict(converted({"podSets": [pods()], "priorityClassName": "high"}))
