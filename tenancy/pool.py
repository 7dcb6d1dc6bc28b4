"""Pools: one node shape each, in ordered tiers that differ in how they are bought."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, Strict, field_validator, model_validator

from tenancy import quantity
from tenancy.duration import Duration
from tenancy.names import DEVICE, LabelKey, LabelValue, TeamName
from tenancy.schema import Count, Model, Shorthand

Purchase = Literal["owned", "reserved", "on-demand", "spot"]
PROMISED: frozenset[str] = frozenset({"owned", "reserved"})
VENDORS = {"nvidia": "nvidia.com/gpu", "amd": "amd.com/gpu", "intel": "gpu.intel.com/xe"}


MOST_LABELS = 8
"""Of labels, and of taints, that a ResourceFlavor may name."""
LARGEST_AMOUNT = quantity.MAX_INT64 // 1000


def _positive(value: object) -> str:
    size = quantity.quantity(value)
    if not 0 < size <= LARGEST_AMOUNT:
        limit = "not above 0" if size <= 0 else "more than a cluster can hold"
        raise ValueError(f"{value} is {limit}; {quantity.EXAMPLES}")
    return str(value)


Amount = Annotated[str | int | float, BeforeValidator(_positive)]
"""A Kubernetes quantity above 0 that 64 bits hold in thousandths."""


class Node(Model):
    """What one node of a pool offers to pods (its allocatable amounts)."""

    gpu: TeamName | None = None
    """The GPU model, vendor first, such as nvidia-h100-80gb; without it the pool is one of CPUs."""
    gpus: Count = 0
    """GPUs on each node."""
    cpu: Amount
    memory: Amount
    pods: Count = 110
    resource: Annotated[str, Field(pattern=DEVICE, max_length=253)] | None = None
    """The extended resource of the GPU; null: that of the vendor (nvidia.com/gpu for nvidia-...)."""

    @model_validator(mode="after")
    def _gpu_is_known(self) -> Self:
        if (self.gpu is None) != (self.gpus == 0):
            raise ValueError("gpu and gpus go together: name the model and how many of it a node has")
        if self.gpu is None and quantity.quantity(self.cpu) < 1:
            raise ValueError(f"cpu {self.cpu}: a pool of CPUs needs nodes with at least 1 CPU")
        if self.gpu and not self.resource and self.gpu.split("-")[0] not in VENDORS:
            raise ValueError(f"gpu {self.gpu}: the vendor is none of {', '.join(VENDORS)}; say its resource")
        return self

    @property
    def device(self) -> str | None:
        """Return the resource by which pods ask for the GPU; None in a pool of CPUs."""
        return (self.resource or VENDORS[self.gpu.split("-")[0]]) if self.gpu else None

    @property
    def size(self) -> int:
        """Return what quota counts on one node: GPUs, or whole CPUs where there is none."""
        return self.gpus or int(quantity.quantity(self.cpu))

    def resources(self, size: int) -> dict[str, int]:
        """Return what *size* GPUs (or CPUs) of this shape carry with them, in the units of Kueue's quota.

        CPU and memory follow the GPUs in the proportion of the node, so that a quota of whole nodes is exactly
        those nodes and CPU never strands a GPU. A CPU is 1000 milli-CPU also where nodes have a fraction more.

        >>> Node(gpu="nvidia-t4", gpus=2, cpu=15, memory="60Gi").resources(3)
        {'cpu': 22500, 'memory': 96636764160, 'nvidia.com/gpu': 3}
        """
        share = Fraction(size, self.size)
        carried = {
            "cpu": int(quantity.milli(self.cpu) * share) if self.gpus else size * 1000,
            "memory": int(quantity.units(self.memory) * share),
        }
        return {**carried, self.device: size} if self.device else carried


class NodeRange(Shorthand):
    """A number of nodes; or, where an autoscaler decides, at least *min* (0) and at most *max*."""

    shorthand: ClassVar[str] = "max"

    min: Count = 0
    max: Count

    @classmethod
    def written_out(cls, value: Any) -> dict[str, Any]:
        """Return the range of exactly *value* nodes."""
        return {"min": value, "max": value}

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min > self.max:
            raise ValueError(f"min {self.min} is above max {self.max}")
        return self


class Taint(Model):
    """A taint of the tier's nodes; jobs admitted to the tier tolerate it."""

    key: LabelKey
    value: LabelValue = ""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] = "NoSchedule"


class CloudQuota(Model):
    """The cloud provider's quota that bounds a tier."""

    family: str
    vcpu: Annotated[Count, Field(alias="vCPU")]


class Provisioning(Model):
    """What an autoscaler does before a job may run on the tier: Kueue makes a ProvisioningRequest and waits for it."""

    provisioning_class: Annotated[str, Field(alias="class", min_length=1, max_length=253)]
    """The provisioningClassName, as the autoscaler knows it."""
    takes: Duration = "0s"
    """How long it takes; only simulations look at it."""
    fails: Annotated[float, Strict(), Field(ge=0, le=1)] = 0.0
    """How often it fails (0 never, 1 always); only simulations look at it."""


class Tier(Model):
    """Nodes of one pool that are bought in one way."""

    name: TeamName
    nodes: NodeRange
    purchase: Purchase
    price: Annotated[Decimal, Field(ge=0)]
    """Price of one node for one hour, in the environment's currency."""
    labels: Mapping[LabelKey, LabelValue] = Field({}, max_length=MOST_LABELS)
    """Labels that the tier's nodes carry already; without any, muster/pool and muster/tier are expected on them."""
    taints: tuple[Taint, ...] = Field((), max_length=MOST_LABELS)
    cloud_quota: CloudQuota | None = None
    capacity_reservation: str | None = None
    provisioning: Provisioning | None = None
    """Null: the nodes are there, or come unasked when pods are pending."""
    pods_ready: Duration = "0s"
    """How long pods take from admission until they are ready; only simulations look at it."""

    @field_validator("price", mode="before")
    @classmethod
    def _exact(cls, value: Any) -> Any:
        return Decimal(repr(value)) if isinstance(value, float) else value

    @model_validator(mode="after")
    def _taints_differ(self) -> Self:
        named = [(taint.key, taint.effect) for taint in self.taints]
        for key, effect in named:
            if named.count((key, effect)) > 1:
                raise ValueError(f"taints: {key} with {effect} stands twice; keep one")
        return self


def node_labels(pool: str, tier: Tier) -> dict[str, str]:
    """Return the labels by which the nodes of a tier are known."""
    return dict(tier.labels) or {"muster/pool": pool, "muster/tier": tier.name}


class Pool(Model):
    """One node shape in ordered tiers; each tier becomes the ResourceFlavor `<pool>-<tier>`."""

    node: Node
    tiers: tuple[Tier, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _tiers_differ(self) -> Self:
        names = [tier.name for tier in self.tiers]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"tiers: {name} stands twice; give each tier its own name")
        return self

    def tier(self, name: str) -> Tier:
        """Return the tier *name*; KeyError where there is none."""
        return {tier.name: tier for tier in self.tiers}[name]

    def size(self, tier: Tier) -> int:
        """Return the largest number of GPUs (or CPUs) that *tier* can have."""
        return tier.nodes.max * self.node.size

    @property
    def promised(self) -> tuple[Tier, ...]:
        """Return the tiers on which nominal quota lies: owned and reserved ones, or else the first."""
        return tuple(tier for tier in self.tiers if tier.purchase in PROMISED) or self.tiers[:1]
