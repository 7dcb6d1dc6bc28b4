"""The specs of Kueue's objects (kueue.x-k8s.io/v1beta2): fields, defaults and what the server refuses.

They follow Kueue v0.19.2: CRD schemas, CEL rules and webhooks. Fields that we do not know are ignored.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from scheduling.kueue.api_fields import FairSharing, LocalFairSharing, Name, OptionalName, StopPolicy
from tenancy import quantity
from tenancy.api import Amount, Api, Int32, once
from tenancy.names import LabelKey
from tenancy.selectors import LabelSelector

MOST_FLAVORS = 256
MOST_RESOURCES = 256
MOST_PAIRS = 512
"""Of flavors and resources in one resource group."""


class ResourceQuota(Api):
    """Quota of one resource in one flavor."""

    name: LabelKey
    nominal_quota: Amount
    borrowing_limit: Amount | None = None
    lending_limit: Amount | None = None


class FlavorQuotas(Api):
    """Quota of one flavor."""

    name: Name
    resources: tuple[ResourceQuota, ...] = Field(min_length=1, max_length=64)


class ResourceGroup(Api):
    """Flavors that a job may use for a set of resources, in order of preference."""

    covered_resources: tuple[LabelKey, ...] = Field(min_length=1, max_length=64)
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


class BorrowWithinCohort(Api):
    """Preemption while borrowing."""

    policy: Literal["Never", "LowerPriority"] = "Never"
    max_priority_threshold: Int32 | None = None


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

    admission_checks: tuple[CheckRule, ...] = Field(min_length=1, max_length=64)

    @model_validator(mode="after")
    def _accepted(self) -> Self:
        once("admission check", [rule.name for rule in self.admission_checks])
        for rule in self.admission_checks:
            once(f"admission check {rule.name}: flavor", rule.on_flavors)
        return self


class MigrationConstraints(Api):
    """Where a workload stops moving to better flavors."""

    last_acceptable_flavor_name: Name | None = None


class Migration(Api):
    """Whether a workload that runs may move to a flavor it prefers."""

    mode: Literal["TryPreferredFlavors", "RetainFirstAdmission"]
    constraints: MigrationConstraints | None = None


class ConcurrentAdmissionPolicy(Api):
    """How variants of a workload race; judged and read by the manager only with the alpha gate ConcurrentAdmission."""

    migration: Migration


class ClusterQueueSpec(WithResourceGroups):
    """The spec of a ClusterQueue."""

    cohort_name: OptionalName = None
    queueing_strategy: Literal["StrictFIFO", "BestEffortFIFO"] = "BestEffortFIFO"
    namespace_selector: LabelSelector | None = None
    flavor_fungibility: Fungibility = Fungibility()
    preemption: Preemption = Preemption()
    stop_policy: StopPolicy = "None"
    fair_sharing: FairSharing = FairSharing()
    admission_scope: AdmissionScope | None = None
    admission_checks_strategy: ChecksStrategy | None = None
    concurrent_admission_policy: ConcurrentAdmissionPolicy | None = None

    @model_validator(mode="after")
    def _accepted(self) -> Self:
        _unique(self.resource_groups)
        _few_enough(self.resource_groups)
        flavors = {flavor.name for group in self.resource_groups for flavor in group.flavors}
        for rule in self.check_rules:
            for name in rule.on_flavors:
                if name not in flavors:
                    raise ValueError(f"admission check {rule.name}: {name} is no flavor of this queue")
        for flavor, resource in _resources(self.resource_groups):
            where = f"{resource.name} in flavor {flavor.name}"
            if not self.cohort_name and (resource.borrowing_limit is not None or resource.lending_limit is not None):
                raise ValueError(f"{where}: borrowingLimit and lendingLimit need a cohort")
            lend = resource.lending_limit
            if lend is not None and quantity.quantity(lend) > quantity.quantity(resource.nominal_quota):
                raise ValueError(f"{where}: lendingLimit {lend} is above nominalQuota {resource.nominal_quota}")
        return self

    @property
    def check_rules(self) -> tuple[CheckRule, ...]:
        """Return the admission checks, each with the flavors it is for."""
        return self.admission_checks_strategy.admission_checks if self.admission_checks_strategy else ()


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


def _few_enough(groups: Sequence[ResourceGroup]) -> None:
    for what, most, count in (
        ("flavors", MOST_FLAVORS, sum(len(group.flavors) for group in groups)),
        ("covered resources", MOST_RESOURCES, sum(len(group.covered_resources) for group in groups)),
        *(
            ("pairs of flavor and resource in a group", MOST_PAIRS, len(group.flavors) * len(group.covered_resources))
            for group in groups
        ),
    ):
        if count > most:
            raise ValueError(f"{count} {what}; a ClusterQueue has at most {most}")


class LocalQueueSpec(Api):
    """The spec of a LocalQueue."""

    cluster_queue: Name | Literal[""] = ""
    stop_policy: StopPolicy = "None"
    fair_sharing: LocalFairSharing = LocalFairSharing()


class WorkloadPriorityClass(Api):
    """A WorkloadPriorityClass, whose value stands beside its metadata.

    The API server accepts a value beyond int32, and Kueue can then list no class at all; here it is refused.
    """

    value: Int32
    description: Annotated[str, Field(max_length=2048)] = ""
