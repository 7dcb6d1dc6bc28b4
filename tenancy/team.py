"""A team: who it is, what it is promised, where its jobs run and what they may be."""

import ipaddress
from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from tenancy import quantity
from tenancy.finding import quoted
from tenancy.job_kinds import JobKind
from tenancy.names import (
    Counted,
    GangName,
    Group,
    Image,
    LabelValue,
    PriorityName,
    SubdomainName,
    TaskName,
    TeamName,
)
from tenancy.pool import Amount
from tenancy.schema import Count, CountByName, Distinct, Flag, Int32, Model, Removable, Shorthand

LEAST_WEIGHT = Fraction(1, 10**9)
Isolation = Literal["namespace", "node-pool", "cluster"]
PodSecurity = Literal["restricted", "baseline", "privileged"]


def _is_network(text: str) -> str:
    try:
        around = ipaddress.ip_network(text.replace("%", " "), strict=False)
    except ValueError:
        raise ValueError(f"{quoted(text)} is no block of addresses; write one such as 10.0.0.0/16") from None
    try:
        ipaddress.ip_network(text)
    except ValueError:
        raise ValueError(f"{quoted(text)} is an address inside a block; did you mean {around}?") from None
    return text


def _is_weight(value: object) -> object:
    weight = quantity.quantity(value)
    if weight < 0 or 0 < weight <= LEAST_WEIGHT:
        raise ValueError(f"{value} is no weight; write 0, or a number above 1e-9")
    return value


Cidr = Annotated[str, AfterValidator(_is_network)]
Port = Annotated[Count, Field(ge=1, le=65535)]
Weight = Annotated[str | int | float, BeforeValidator(_is_weight)]
"""A share in fair sharing; 0 is served last."""


class BorrowWithinCohort(Model):
    """Preemption by a workload that borrows; with fair sharing it has no effect on who is preempted."""

    policy: Literal["Never", "LowerPriority"] = "Never"
    max_priority_threshold: Int32 | None = None


class Fungibility(Model):
    """When the search over tiers stops (Kueue's flavorFungibility)."""

    when_can_borrow: Literal["MayStopSearch", "TryNextFlavor"] = "MayStopSearch"
    when_can_preempt: Literal["MayStopSearch", "TryNextFlavor"] = "TryNextFlavor"
    preference: Literal["BorrowingOverPreemption", "PreemptionOverBorrowing"] | None = None

    @model_validator(mode="after")
    def _accepted(self) -> Self:
        both = {self.when_can_borrow, self.when_can_preempt}
        if self.preference and both != {"TryNextFlavor"}:
            raise ValueError("preference needs whenCanBorrow and whenCanPreempt to be TryNextFlavor")
        return self


class QueueSettings(Model):
    """How a team's ClusterQueue orders, borrows back and preempts."""

    queueing_strategy: Literal["BestEffortFIFO", "StrictFIFO"] = "BestEffortFIFO"
    reclaim_within_cohort: Literal["Never", "LowerPriority", "Any"] = "Any"
    within_cluster_queue: Literal["Never", "LowerPriority", "LowerOrNewerEqualPriority"] = "LowerPriority"
    borrow_within_cohort: BorrowWithinCohort | None = None
    flavor_fungibility: Fungibility = Fungibility()
    weight: Weight | None = None
    """Weight in fair sharing; null: 1."""

    @model_validator(mode="after")
    def _accepted(self) -> Self:
        borrowing = self.borrow_within_cohort
        if self.reclaim_within_cohort == "Never" and borrowing and borrowing.policy != "Never":
            raise ValueError("borrowWithinCohort needs reclaimWithinCohort LowerPriority or Any")
        return self


class ContainerDefaults(Model):
    """What a container that says nothing requests, where CPU and memory are under quota."""

    cpu: Amount = "1"
    memory: Amount = "4Gi"


class Egress(Model):
    """Addresses outside the cluster that pods may reach."""

    cidr: Cidr
    ports: tuple[Port, ...] = Field((443,), min_length=1)
    protocol: Literal["TCP", "UDP"] = "TCP"


class Ingress(Model):
    """Pods of another team that may reach this one's."""

    team: TeamName
    namespace: TeamName | None = None
    """One of that team's namespaces, by its key; null: all."""
    ports: tuple[Port, ...] = Field((443,), min_length=1)


class TeamNetwork(Model):
    """What is open beside the namespace itself, DNS and the API server; all else is denied both ways."""

    egress: Annotated[Mapping[TeamName, Egress], Removable()] = {}
    """By name; null closes what the environment's defaults open under that name."""
    ingress: Annotated[Mapping[TeamName, Ingress], Removable()] = {}


COUNTS: Mapping[str, int] = {
    "jobs.batch": 1000,
    "configmaps": 500,
    "secrets": 500,
    "persistentvolumeclaims": 100,
    "services.loadbalancers": 0,
    "services.nodeports": 0,
}


class Settings(Model):
    """What an environment sets for all teams under `defaults` and a team may set for itself."""

    isolation: Isolation = "namespace"
    scheduler: Literal["kueue", "volcano"] = "kueue"
    cohort: SubdomainName | None = "all"
    """The cohort to share with; null: shares with nobody."""
    pod_security: PodSecurity = "restricted"
    priority: PriorityName | None = None
    """The priority of the team's jobs where they do not say theirs; null: that of the environment's default."""
    queue: QueueSettings = QueueSettings()
    container: ContainerDefaults = ContainerDefaults()
    counts: Annotated[Mapping[Counted, Count], Removable()] = COUNTS
    """How many objects of a resource each namespace may hold; null: any number. What is not named keeps its default."""
    network: TeamNetwork = TeamNetwork()

    @field_validator("counts", mode="before")
    @classmethod
    def _beside_defaults(cls, value: Any) -> Any:
        return {**COUNTS, **value} if isinstance(value, dict) else value


class Quota(Shorthand):
    """What a team is promised of one pool, in GPUs (in CPUs where the pool has no GPU)."""

    shorthand: ClassVar[str] = "nominal"

    nominal: CountByName = 0
    """On the owned and reserved tiers in proportion to their size, or by tier."""
    borrow: CountByName | None = None
    """How much more it may use of each tier while others leave it idle; null: all there is in the cohort."""
    lend: CountByName | None = None
    """How much of its nominal quota others may use while it is idle; null: all."""
    tiers: Annotated[tuple[TeamName, ...], Field(min_length=1), Distinct] | None = None
    """The tiers its jobs may use, in the order in which they are tried; null: all, in the pool's order."""

    @property
    def total(self) -> int:
        """Return the nominal quota over all tiers."""
        return self.nominal if isinstance(self.nominal, int) else sum(self.nominal.values())


class Namespace(Model):
    """One namespace of a team; it is called `<team>-<key>`."""

    accepts: Annotated[tuple[JobKind, ...], Field(min_length=1), Distinct] = (JobKind.JOB,)
    """The kinds of jobs that members may submit."""
    pod_security: PodSecurity | None = None
    """Null: that of the team."""
    cap: Mapping[TeamName, Count] = {}
    """The most its jobs may use of a pool at any time, taken out of what the team may use."""
    adopt: Flag = False
    """The namespace exists already: take it over instead of creating it."""
    name: TeamName | None = None
    """Its name in the cluster where it is not `<team>-<key>`, such as that of an adopted namespace."""


class GangTask(Model):
    """Pods of one kind in a gang."""

    name: TaskName
    replicas: Annotated[Count, Field(ge=1)] = 1
    gpus: Count = 0
    """GPUs of each pod."""
    cpu: Amount | None = None
    """CPU of each pod; null: the share that its GPUs have of a node, or the container default without GPUs."""
    memory: Amount | None = None
    image: Image | None = None
    command: tuple[str, ...] = ()


class Gang(Model):
    """Pods that start together or not at all."""

    namespace: TeamName
    image: Image
    pool: TeamName | None = None
    """The pool it runs in; null: whichever the queue gives."""
    priority: PriorityName | None = None
    tasks: tuple[GangTask, ...] = Field(min_length=1, max_length=18)

    @model_validator(mode="after")
    def _tasks_differ(self) -> Self:
        names = [task.name for task in self.tasks]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"tasks: {name} stands twice; give each task its own name")
        return self


class TeamMetadata(Model):
    """What the team is called."""

    name: TeamName
    """The team's key and the beginning of its objects' names. It never changes."""
    title: str | None = None
    """Free text for people."""
    renamed_from: Annotated[tuple[TeamName, ...], Distinct] = ()
    """Earlier names, oldest first: objects keep the names that began with the oldest, and Pulumi keeps its state."""


class Team(Settings):
    """One team of an environment: a file of its own, so that ownership and review are per file."""

    api_version: Literal["muster/v1alpha1"]
    kind: Literal["Team"]
    metadata: TeamMetadata
    owners: tuple[Group, ...] = Field(min_length=1)
    """Groups that lead the team: they approve its changes and may manage its secrets and service accounts."""
    members: tuple[Group, ...] = ()
    """Groups that submit jobs."""
    viewers: tuple[Group, ...] = ()
    """Groups that look on."""
    contact: str | None = None
    cost_center: LabelValue | None = None
    quota: Mapping[TeamName, Quota] = {}
    namespaces: Mapping[TeamName, Namespace] = Field(default={"jobs": Namespace()}, min_length=1)
    gangs: Mapping[GangName, Gang] = {}

    @property
    def name(self) -> str:
        """Return the team's key."""
        return self.metadata.name

    @property
    def prefix(self) -> str:
        """Return what the names of its objects begin with: the oldest name it had."""
        return self.metadata.renamed_from[0] if self.metadata.renamed_from else self.metadata.name
