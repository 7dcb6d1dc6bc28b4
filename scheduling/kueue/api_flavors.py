"""The specs of what stands for nodes (kueue.x-k8s.io/v1beta2): ResourceFlavors and Topologies.

They follow Kueue v0.19.2: CRD schemas, CEL rules and webhooks.
"""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from scheduling.kueue.api_fields import Name
from tenancy.api import Api, Int64
from tenancy.names import LABEL_KEY, LabelKey, LabelValue

HOSTNAME = "kubernetes.io/hostname"


class Toleration(Api):
    """What a pod or a flavor tolerates."""

    key: LabelKey | Literal[""] = ""
    operator: Literal["Equal", "Exists", "Lt", "Gt"] = "Equal"
    value: str = ""
    effect: Literal["", "NoSchedule", "PreferNoSchedule", "NoExecute"] = ""
    toleration_seconds: Int64 | None = None

    def problem(self) -> str | None:
        """Return what keeps a ResourceFlavor from having this toleration; None where nothing does.

        The server judges what is written, not what it means: `value: ""` is a value.
        """
        written = self.model_fields_set
        if "key" not in written and self.operator != "Exists":
            return "a toleration without key needs operator Exists, and then tolerates every taint"
        if self.operator in ("Lt", "Gt"):
            return f"operator {self.operator} is none that a flavor may use; write Equal or Exists"
        if self.operator == "Exists" and "value" in written:
            return "operator Exists takes no value; leave it out"
        if "effect" in written and not self.effect:
            return "effect is empty; leave it out to tolerate every effect"
        if "toleration_seconds" in written and self.effect != "NoExecute":
            return "tolerationSeconds needs effect NoExecute"
        return None


class Taint(Api):
    """What keeps pods off a node."""

    key: LabelKey
    value: LabelValue = ""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"]


class ResourceFlavorSpec(Api):
    """The spec of a ResourceFlavor."""

    node_labels: Mapping[LabelKey, LabelValue] = Field({}, max_length=8)
    node_taints: tuple[Taint, ...] = Field((), max_length=8)
    tolerations: tuple[Toleration, ...] = Field((), max_length=8)
    topology_name: Name | None = None

    @model_validator(mode="after")
    def _accepted(self) -> Self:
        if self.topology_name and not self.node_labels:
            raise ValueError("topologyName needs at least one of nodeLabels")
        for index, toleration in enumerate(self.tolerations):
            if problem := toleration.problem():
                raise ValueError(f"tolerations[{index}]: {problem}")
        told = [(taint.key, taint.effect) for taint in self.node_taints]
        for key, effect in told:
            if told.count((key, effect)) > 1:
                raise ValueError(f"taint {key} with effect {effect} stands twice; keep one")
        return self


class TopologyLevel(Api):
    """One level of a topology: nodes with equal values of the label are one domain."""

    node_label: Annotated[str, StringConstraints(pattern=LABEL_KEY, min_length=1, max_length=316)]


class TopologySpec(Api):
    """The spec of a Topology."""

    levels: tuple[TopologyLevel, ...] = Field(min_length=1, max_length=16)

    @model_validator(mode="after")
    def _accepted(self) -> Self:
        labels = self.labels
        for label in labels:
            if labels.count(label) > 1:
                raise ValueError(f"level {label} stands twice; keep one")
        if HOSTNAME in labels[:-1]:
            raise ValueError(f"{HOSTNAME} can only be the lowest level")
        return self

    @property
    def labels(self) -> tuple[str, ...]:
        """Return the node labels of the levels, highest first."""
        return tuple(level.node_label for level in self.levels)
