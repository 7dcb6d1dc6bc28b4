"""The specs of core objects that hold a tenancy together: quotas, limits, priorities; what the server refuses of them.

They follow the validation and the defaults of Kubernetes v1.35 (pkg/apis/core, pkg/apis/scheduling). Fields that we do
not know are ignored.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from tenancy import quantity
from tenancy.api import Amount, Api, Int32, Signed
from tenancy.names import LabelKey
from tenancy.schema import Flag

Written = str | int | float
Resources = Mapping[LabelKey, Signed]
_exact = quantity.quantity
HIGHEST_PRIORITY = 1_000_000_000
"""The highest value that is left to users (scheduling.HighestUserDefinablePriority)."""
SYSTEM_PRIORITIES = {"system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000}
COUNTED_OBJECTS = frozenset(
    {
        *("pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps"),
        *("persistentvolumeclaims", "services.nodeports", "services.loadbalancers"),
    }
)
COMPUTE = frozenset({"cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"})
STORAGE = frozenset({"ephemeral-storage", "requests.ephemeral-storage", "limits.ephemeral-storage", "requests.storage"})
HUGE_PAGES = ("hugepages-", "requests.hugepages-")
OF_CONTAINERS = frozenset({"cpu", "memory", "ephemeral-storage"})
OF_VOLUMES = frozenset({"persistentvolumeclaims", "requests.storage"})
Scope = Literal[
    "Terminating",
    "NotTerminating",
    "BestEffort",
    "NotBestEffort",
    "PriorityClass",
    "CrossNamespacePodAffinity",
    "VolumeAttributesClass",
]
WITHOUT_VALUES = frozenset(
    {"Terminating", "NotTerminating", "BestEffort", "NotBestEffort", "CrossNamespacePodAffinity"}
)
EXCLUSIVE = (("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating"))


def native(resource: str) -> bool:
    """Tell whether a resource is Kubernetes' own: it has no domain, or one of kubernetes.io."""
    return "/" not in resource or "kubernetes.io/" in resource


def extended(resource: str) -> bool:
    """Tell whether a resource counts as a device, of which there are only whole ones."""
    domain, _, _ = resource.partition("/")
    return not native(resource) and not resource.startswith("requests.") and len(f"requests.{domain}") <= 253


def standard_in_quotas(resource: str) -> bool:
    """Tell whether a ResourceQuota knows a name that has no domain."""
    return resource in COUNTED_OBJECTS | COMPUTE | STORAGE or resource.startswith(HUGE_PAGES)


def counted_under(scope: str, resource: str) -> bool:
    """Tell whether the server lets a quota with *scope* limit *resource*, which has no domain."""
    if scope == "BestEffort":
        return resource == "pods"
    if scope == "VolumeAttributesClass":
        return resource in OF_VOLUMES
    return resource == "pods" or resource in COMPUTE


class ScopeRequirement(Api):
    """One expression of a scope selector."""

    scope_name: Scope
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"]
    values: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _accepted(self) -> Self:
        if self.scope_name in WITHOUT_VALUES and self.operator != "Exists":
            raise ValueError(f"scope {self.scope_name} takes operator Exists alone")
        if bool(self.values) != (self.operator in ("In", "NotIn")):
            raise ValueError(f"operator {self.operator} {'takes no' if self.values else 'needs'} values")
        return self


class ScopeSelector(Api):
    """Which pods a quota counts."""

    match_expressions: tuple[ScopeRequirement, ...] = ()


class ResourceQuotaSpec(Api):
    """The spec of a ResourceQuota."""

    hard: Mapping[LabelKey, Amount] = {}
    scopes: tuple[Scope, ...] = ()
    scope_selector: ScopeSelector | None = None

    @model_validator(mode="after")
    def _accepted(self) -> Self:
        for resource, amount in self.hard.items():
            if "/" not in resource and not standard_in_quotas(resource):
                raise ValueError(f"hard.{resource} is nothing that can be limited; devices are requests.<device>")
            if (resource in COUNTED_OBJECTS or extended(resource)) and quantity.milli(amount) % 1000:
                raise ValueError(f"hard.{resource}: {amount} is no whole number")
        selected = self.scope_selector.match_expressions if self.scope_selector else ()
        for scopes in (self.scopes, tuple(requirement.scope_name for requirement in selected)):
            for problem in self._problems(scopes):
                raise ValueError(problem)
        return self

    def _problems(self, scopes: Sequence[str]) -> Iterator[str]:
        for scope in scopes:
            for resource in self.hard:
                if standard_in_quotas(resource) and not counted_under(scope, resource):
                    yield f"hard.{resource} cannot be limited under scope {scope}; take it out of this quota"
        for one, other in EXCLUSIVE:
            if one in scopes and other in scopes:
                yield f"scopes {one} and {other} exclude each other"


def _limit_type(value: str) -> str:
    if "/" not in value and value not in ("Pod", "Container", "PersistentVolumeClaim"):
        raise ValueError(f"{value} is none of Container, Pod, PersistentVolumeClaim")
    return value


class LimitRangeItem(Api):
    """The limits of one kind of thing."""

    type: Annotated[LabelKey, AfterValidator(_limit_type)]
    max: Resources = Field({})
    min: Resources = Field({})
    default: Resources = Field({})
    default_request: Resources = Field({})
    max_limit_request_ratio: Resources = Field({})

    @model_validator(mode="after")
    def _accepted(self) -> Self:
        for problem in self._problems():
            raise ValueError(problem)
        return self

    def _problems(self) -> Iterator[str]:
        if self.type == "Pod" and (self.default or self.default_request):
            yield "type Pod takes no default and no defaultRequest; give these to type Container"
        if self.type == "PersistentVolumeClaim" and "storage" not in {**self.min, **self.max}:
            yield "type PersistentVolumeClaim needs min.storage or max.storage"
        named = {**self.max, **self.min, **self.default, **self.default_request, **self.max_limit_request_ratio}
        for resource in named:
            if not self._known(resource):
                yield f"{resource} is no resource that {self.type} can have"
        for resource in named:
            yield from self._contradictions(resource)

    def _known(self, resource: str) -> bool:
        if self.type in ("Pod", "Container"):
            if "/" in resource:
                return native(resource) or extended(resource)
            return resource in OF_CONTAINERS or resource.startswith("hugepages-")
        if "/" in resource:
            return True
        return standard_in_quotas(resource) or resource == "storage"

    def _contradictions(self, resource: str) -> Iterator[str]:
        """Yield what cannot hold together, of the values that the server fills in too."""
        least, most, limit, request = self._filled(resource)
        pairs = (
            ("min", least, "max", most),
            ("min", least, "defaultRequest", request),
            ("defaultRequest", request, "max", most),
            ("defaultRequest", request, "default", limit),
            ("min", least, "default", limit),
            ("default", limit, "max", most),
        )
        for lower, low, higher, high in pairs:
            if low is not None and high is not None and _exact(low) > _exact(high):
                yield f"{resource}: {lower} {low} is above {higher} {high}"
        apart = limit is not None and request is not None and _exact(limit) != _exact(request)
        if apart and not _overcommits(resource):
            yield f"{resource}: default and defaultRequest must be equal, since it is not overcommitted"
        if resource in self.max_limit_request_ratio:
            ratio = _exact(self.max_limit_request_ratio[resource])
            if ratio < 1:
                yield f"{resource}: maxLimitRequestRatio is below 1"
            if least is not None and most is not None and _exact(least) and ratio > _exact(most) / _exact(least):
                yield f"{resource}: maxLimitRequestRatio is above max / min, so that it says nothing"

    def _filled(self, resource: str) -> tuple[Written | None, ...]:
        """Return min, max, default and defaultRequest of a resource as the server fills them in for containers."""
        least, most = self.min.get(resource), self.max.get(resource)
        if self.type == "Pod":
            return least, most, None, None
        limit, request = self.default.get(resource), self.default_request.get(resource)
        if self.type == "Container":
            limit = most if limit is None else limit
            request = next((value for value in (request, limit, least) if value is not None), None)
        return least, most, limit, request


def _overcommits(resource: str) -> bool:
    return native(resource) and not resource.startswith("hugepages-")


class LimitRangeSpec(Api):
    """The spec of a LimitRange."""

    limits: tuple[LimitRangeItem, ...] = ()

    @model_validator(mode="after")
    def _accepted(self) -> Self:
        types = [item.type for item in self.limits]
        for name in types:
            if types.count(name) > 1:
                raise ValueError(f"type {name} stands twice; keep one")
        return self


class PriorityClassBody(Api):
    """A PriorityClass, whose fields stand beside its metadata; *name* is the one there."""

    name: str
    value: Int32 = 0
    global_default: Flag = False
    description: str = ""
    preemption_policy: Literal["PreemptLowerPriority", "Never"] = "PreemptLowerPriority"

    @model_validator(mode="after")
    def _accepted(self) -> Self:
        if self.name.startswith("system-"):
            if SYSTEM_PRIORITIES.get(self.name) != self.value or self.global_default:
                raise ValueError(f"{self.name}: names that begin with system- are for Kubernetes' own priorities")
        elif self.value > HIGHEST_PRIORITY:
            raise ValueError(f"value {self.value} is above {HIGHEST_PRIORITY}, the highest for users")
        return self
