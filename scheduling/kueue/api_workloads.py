"""The spec of Kueue's Workload (kueue.x-k8s.io/v1beta2): fields, defaults and what the server refuses.

They follow Kueue v0.19.2: CRD schema, CEL rules and webhook. Of the pod templates only what Kueue's webhook judges
is read: the amounts that containers ask for.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StrictBool, StringConstraints, model_validator

from scheduling.kueue.api_fields import Name
from tenancy.api import Amount, Api, Int32, once
from tenancy.names import NAME

MOST_POD_SETS = 18
MOST_GATES = 8
Positive = Annotated[Int32, Field(ge=1)]
LevelLabel = Annotated[str, Field(max_length=63)]
IndexLabel = Annotated[str, Field(max_length=317)]
PRIORITY_KINDS: Mapping[str, str] = {
    "kueue.x-k8s.io": "WorkloadPriorityClass",
    "scheduling.k8s.io": "PriorityClass",
}


class Resources(Api):
    """What a container asks for."""

    requests: Mapping[str, Amount] | None = None
    limits: Mapping[str, Amount] | None = None

    @model_validator(mode="after")
    def _accepted(self) -> Self:
        for amounts in (self.requests, self.limits):
            if amounts and "pods" in amounts:
                raise ValueError("resource pods is counted by Kueue itself; leave it out")
        return self


class Container(Api):
    """A container of a pod template."""

    resources: Resources | None = None


class PodSpec(Api):
    """The spec of a pod template."""

    containers: tuple[Container, ...] = ()
    init_containers: tuple[Container, ...] | None = None
    resources: Resources | None = None


class PodTemplate(Api):
    """What the pods of a pod set look like."""

    spec: PodSpec = PodSpec()


class SliceLayer(Api):
    """One layer of slices: *size* pods each within one domain of *topology*."""

    topology: Annotated[str, Field(min_length=1, max_length=63)]
    size: Positive


class TopologyRequest(Api):
    """Where the pods of a pod set may stand."""

    required: LevelLabel | None = None
    preferred: LevelLabel | None = None
    unconstrained: StrictBool | None = None
    pod_index_label: IndexLabel | None = None
    sub_group_index_label: IndexLabel | None = None
    sub_group_count: Int32 | None = None
    pod_set_group_name: Annotated[str, Field(max_length=256)] | None = None
    pod_set_slice_required_topology: LevelLabel | None = None
    pod_set_slice_size: Int32 | None = None
    podset_slice_required_topology_constraints: tuple[SliceLayer, ...] | None = Field(None, max_length=3)

    @model_validator(mode="after")
    def _accepted(self) -> Self:
        size = self.pod_set_slice_size
        if (self.pod_set_slice_required_topology is None) != (size is None):
            raise ValueError("podSetSliceRequiredTopology and podSetSliceSize need each other")
        if size is not None and size <= 0:
            raise ValueError(f"podSetSliceSize {size} is not above 0")
        return self


class PodSetSpec(Api):
    """A set of equal pods."""

    name: Annotated[str, StringConstraints(pattern=NAME, max_length=63)] = "main"
    template: PodTemplate
    count: Annotated[Int32, Field(ge=0)] = 1
    min_count: Positive | None = None
    topology_request: TopologyRequest | None = None

    @model_validator(mode="after")
    def _accepted(self) -> Self:
        if self.min_count is not None and self.min_count > self.count:
            raise ValueError(f"minCount {self.min_count} is above count {self.count}")
        return self


class PriorityClassRef(Api):
    """The class from which a workload has its priority."""

    group: Literal["kueue.x-k8s.io", "scheduling.k8s.io"]
    kind: Literal["WorkloadPriorityClass", "PriorityClass"]
    name: Annotated[Name, Field(min_length=1)]

    @model_validator(mode="after")
    def _accepted(self) -> Self:
        if self.kind != PRIORITY_KINDS[self.group]:
            raise ValueError(f"kind of group {self.group} is {PRIORITY_KINDS[self.group]}, not {self.kind}")
        return self


class PreemptionGate(Api):
    """What keeps a workload from preempting until it is opened."""

    name: Annotated[str, Field(min_length=1, max_length=63)]


class WorkloadSpec(Api):
    """The spec of a Workload."""

    pod_sets: tuple[PodSetSpec, ...] = Field((), min_length=1, max_length=MOST_POD_SETS)
    queue_name: Name | None = None
    priority_class_ref: PriorityClassRef | None = None
    priority: Int32 | None = None
    active: StrictBool = True
    maximum_execution_time_seconds: Positive | None = None
    preemption_gates: tuple[PreemptionGate, ...] | None = Field(None, max_length=MOST_GATES)

    @model_validator(mode="after")
    def _accepted(self) -> Self:
        once("pod set", [pods.name for pods in self.pod_sets])
        once("preemption gate", [gate.name for gate in self.preemption_gates or ()])
        if sum(pods.min_count is not None for pods in self.pod_sets) > 1:
            raise ValueError("at most one of podSets may have minCount")
        if self.priority_class_ref is not None and self.priority is None:
            raise ValueError("priorityClassRef needs priority")
        return self


def converted(spec: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the fields of a v1beta1 Workload's *spec* in the words of v1beta2."""
    name, source = spec.get("priorityClassName"), spec.get("priorityClassSource")
    for field, value in spec.items():
        if field not in ("priorityClassName", "priorityClassSource"):
            yield field, value
    for group, kind in PRIORITY_KINDS.items():
        if name and source == f"{group}/{kind.lower()}":
            yield "priorityClassRef", {"group": group, "kind": kind, "name": name}
