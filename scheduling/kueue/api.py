"""The specs of Kueue's objects (kueue.x-k8s.io/v1beta2): fields, defaults and what the server refuses.

They follow Kueue v0.19.2: CRD schemas, CEL rules and webhooks. Fields that we do not know are ignored.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator

from tenancy import quantity
from tenancy.names import SubdomainName
from tenancy.schema import Model

HOSTNAME = "kubernetes.io/hostname"
StopPolicy = Literal["None", "Hold", "HoldAndDrain"]
Name = SubdomainName
OptionalName = Annotated[SubdomainName | None, BeforeValidator(lambda value: value or None)]
"""The name of an object; none may be written as an empty text."""


def _amount(value: str | int | float) -> str | int | float:
    if quantity.quantity(value) < 0:
        raise ValueError(f"{value} is below 0")
    return value


Amount = Annotated[str | int | float, AfterValidator(_amount)]


class Api(Model):
    """A part of an object; fields that we do not know are ignored."""

    model_config = ConfigDict(extra="ignore")


class Toleration(Api):
    """What a pod or a flavor tolerates."""

    key: str = ""
    operator: Literal["Equal", "Exists", "Lt", "Gt"] = "Equal"
    value: str = ""
    effect: Literal["", "NoSchedule", "PreferNoSchedule", "NoExecute"] = ""
    toleration_seconds: int | None = None


class Taint(Api):
    """What keeps pods off a node."""

    key: str
    value: str = ""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"]


class ResourceQuota(Api):
    """Quota of one resource in one flavor."""

    name: str
    nominal_quota: Amount
    borrowing_limit: Amount | None = None
    lending_limit: Amount | None = None


class FlavorQuotas(Api):
    """Quota of one flavor."""

    name: Name
    resources: tuple[ResourceQuota, ...] = Field(min_length=1, max_length=64)


class ResourceGroup(Api):
    """Flavors that a job may use for a set of resources, in order of preference."""

    covered_resources: tuple[str, ...] = Field(min_length=1, max_length=64)
    flavors: tuple[FlavorQuotas, ...] = Field(min_length=1, max_length=64)

    @model_validator(mode="after")
    def _resources_match(self) -> Self:
        for flavor in self.flavors:
            named = tuple(resource.name for resource in flavor.resources)
            if named != self.covered_resources:
                covered = ", ".join(self.covered_resources)
                raise ValueError(f"flavor {flavor.name} must list the resources {covered}, in this order")
        return self


class WithResourceGroups(Api):
    """What holds quota: a ClusterQueue or a Cohort."""

    resource_groups: tuple[ResourceGroup, ...] = Field((), max_length=16)

    def nominal_quotas(self) -> Iterator[tuple[str, str, int]]:
        """Yield flavor, resource and nominal quota in Kueue's units."""
        for flavor, resource in _resources(self.resource_groups):
            yield flavor.name, resource.name, quantity.amount(resource.name, resource.nominal_quota)


class FairSharing(Api):
    """Weight in fair sharing."""

    weight: Amount = 1

    @property
    def value(self) -> float:
        """Return the weight as a number."""
        return float(quantity.quantity(self.weight))


class BorrowWithinCohort(Api):
    """Preemption while borrowing."""

    policy: Literal["Never", "LowerPriority"] = "Never"
    max_priority_threshold: int | None = None


class Preemption(Api):
    """Whom the queue's workloads may preempt."""

    reclaim_within_cohort: Literal["Never", "LowerPriority", "Any"] = "Never"
    borrow_within_cohort: BorrowWithinCohort | None = None
    within_cluster_queue: Literal["Never", "LowerPriority", "LowerOrNewerEqualPriority"] = "Never"

    @model_validator(mode="after")
    def _accepted(self) -> Self:
        borrowing = self.borrow_within_cohort
        if self.reclaim_within_cohort == "Never" and borrowing and borrowing.policy != "Never":
            raise ValueError("reclaimWithinCohort=Never and borrowWithinCohort.policy!=Never exclude each other")
        return self


class Fungibility(Api):
    """When the search over flavors stops; v1beta1's `Borrow` and `Preempt` mean MayStopSearch."""

    when_can_borrow: Literal["MayStopSearch", "TryNextFlavor", "Borrow"] = "MayStopSearch"
    when_can_preempt: Literal["MayStopSearch", "TryNextFlavor", "Preempt"] = "TryNextFlavor"
    preference: Literal["BorrowingOverPreemption", "PreemptionOverBorrowing"] | None = None

    @model_validator(mode="after")
    def _accepted(self) -> Self:
        if self.preference and {self.when_can_borrow, self.when_can_preempt} != {"TryNextFlavor"}:
            raise ValueError("preference needs whenCanBorrow and whenCanPreempt to be TryNextFlavor")
        return self


class AdmissionScope(Api):
    """Whether LocalQueues of the queue share by usage."""

    admission_mode: Literal["UsageBasedAdmissionFairSharing", "NoAdmissionFairSharing"]


class CheckRule(Api):
    """An admission check, for all flavors or for those named."""

    name: Annotated[str, Field(min_length=1, max_length=316)]
    on_flavors: Annotated[tuple[Name, ...], Field(max_length=64)] = ()


class ChecksStrategy(Api):
    """The admission checks that workloads must pass."""

    admission_checks: tuple[CheckRule, ...] = Field((), max_length=64)


class ClusterQueueSpec(WithResourceGroups):
    """The spec of a ClusterQueue."""

    cohort_name: OptionalName = None
    queueing_strategy: Literal["StrictFIFO", "BestEffortFIFO"] = "BestEffortFIFO"
    namespace_selector: Mapping[str, Any] | None = None
    flavor_fungibility: Fungibility = Fungibility()
    preemption: Preemption = Preemption()
    stop_policy: StopPolicy = "None"
    fair_sharing: FairSharing = FairSharing()
    admission_scope: AdmissionScope | None = None
    admission_checks_strategy: ChecksStrategy = ChecksStrategy()

    @model_validator(mode="after")
    def _accepted(self) -> Self:
        _unique(self.resource_groups)
        for flavor, resource in _resources(self.resource_groups):
            where = f"{resource.name} in flavor {flavor.name}"
            if not self.cohort_name and (resource.borrowing_limit is not None or resource.lending_limit is not None):
                raise ValueError(f"{where}: borrowingLimit and lendingLimit need a cohort")
            lend = resource.lending_limit
            if lend is not None and quantity.quantity(lend) > quantity.quantity(resource.nominal_quota):
                raise ValueError(f"{where}: lendingLimit {lend} is above nominalQuota {resource.nominal_quota}")
        return self


class CohortSpec(WithResourceGroups):
    """The spec of a Cohort."""

    parent_name: OptionalName = None
    fair_sharing: FairSharing = FairSharing()

    @model_validator(mode="after")
    def _accepted(self) -> Self:
        _unique(self.resource_groups)
        for flavor, resource in _resources(self.resource_groups):
            if not self.parent_name and (resource.borrowing_limit is not None or resource.lending_limit is not None):
                where = f"{resource.name} in flavor {flavor.name}"
                raise ValueError(f"{where}: borrowingLimit and lendingLimit need a parent")
        return self


def _resources(groups: Sequence[ResourceGroup]) -> Iterator[tuple[FlavorQuotas, ResourceQuota]]:
    for group in groups:
        for flavor in group.flavors:
            for resource in flavor.resources:
                yield flavor, resource


def _unique(groups: Sequence[ResourceGroup]) -> None:
    for what, names in (
        ("flavor", [flavor.name for group in groups for flavor in group.flavors]),
        ("resource", [resource for group in groups for resource in group.covered_resources]),
    ):
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"{what} {name} stands in two places; a {what} belongs to one resource group")


class LocalQueueSpec(Api):
    """The spec of a LocalQueue."""

    cluster_queue: Name
    stop_policy: StopPolicy = "None"
    fair_sharing: FairSharing = FairSharing()


class ResourceFlavorSpec(Api):
    """The spec of a ResourceFlavor."""

    node_labels: Mapping[str, str] = Field({}, max_length=8)
    node_taints: tuple[Taint, ...] = Field((), max_length=8)
    tolerations: tuple[Toleration, ...] = Field((), max_length=8)
    topology_name: Name | None = None

    @model_validator(mode="after")
    def _accepted(self) -> Self:
        if self.topology_name and not self.node_labels:
            raise ValueError("topologyName needs at least one of nodeLabels")
        return self


class TopologyLevel(Api):
    """One level of a topology: nodes with equal values of the label are one domain."""

    node_label: Annotated[str, Field(min_length=1, max_length=316)]


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


class WorkloadPriorityClass(Api):
    """A WorkloadPriorityClass, whose value stands beside its metadata.

    The API server accepts a value beyond int32, and Kueue can then list no class at all; here it is refused.
    """

    value: Annotated[int, Field(strict=True, ge=-(2**31), le=2**31 - 1)]
