"""What is to be known of each kind of object: scope, order, immutable fields, references, protection.

`diff`, the change rules and the Pulumi options all read this table. Immutable fields are those that the API server,
a CEL rule or a webhook refuses to change (Kubernetes 1.35, Kueue 0.19.2, JobSet, Volcano 1.14): a change there is a
replacement.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tenancy.quantity import quantity

KUEUE = "kueue.x-k8s.io"
VOLCANO_QUEUES = "scheduling.volcano.sh"
VOLCANO_JOBS = "batch.volcano.sh"
JOBSET = "jobset.x-k8s.io"
RBAC = "rbac.authorization.k8s.io"


class Reference(NamedTuple):
    """A field that names another object, of *kind* in *group*; in *path*, `*` stands for every item of a list.

    Where that kind is namespaced, the object is in the same namespace.
    """

    path: tuple[str, ...]
    group: str
    kind: str


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind: *order* says when it is made (lower first), *immutable* which fields a change replaces the object for.

    *quantities* are the fields (or parents of fields) that compare by value; *written* are fields that a controller
    goes on to write, whose value in the cluster is no drift.
    """

    group: str
    name: str
    namespaced: bool
    order: int
    immutable: tuple[str, ...] = ()
    quantities: frozenset[str] = field(default_factory=frozenset)
    protected: bool = False
    written: tuple[str, ...] = ()

    @property
    def references(self) -> tuple[Reference, ...]:
        """Return the fields by which an object of this kind names what it needs."""
        return REFERENCES.get((self.group, self.name), ())


QUOTAS = frozenset({"nominalQuota", "borrowingLimit", "lendingLimit", "weight"})
LIMITS = frozenset({"default", "defaultRequest", "min", "max", "maxLimitRequestRatio"})
REQUESTS = frozenset({"requests", "limits", "minResources", "overhead"})
VOLCANO = frozenset({"capability", "deserved", "resource"})
SUSPEND = ("spec.suspend",)
POD_TEMPLATE = ("spec.template", "spec.completions", "spec.completionMode", "spec.selector", "spec.podFailurePolicy")

_ALL = (
    Kind("", "Namespace", False, 0, protected=True),
    Kind("scheduling.k8s.io", "PriorityClass", False, 1, ("value", "preemptionPolicy")),
    Kind(KUEUE, "WorkloadPriorityClass", False, 1),
    Kind(KUEUE, "Topology", False, 2, ("spec.levels",)),
    Kind(KUEUE, "ProvisioningRequestConfig", False, 2),
    Kind(KUEUE, "AdmissionCheck", False, 3, ("spec.controllerName",)),
    Kind(KUEUE, "ResourceFlavor", False, 3, ("spec.topologyName",)),
    Kind(KUEUE, "Cohort", False, 4, (), QUOTAS),
    Kind(KUEUE, "ClusterQueue", False, 5, ("spec.concurrentAdmissionPolicy",), QUOTAS, protected=True),
    Kind(VOLCANO_QUEUES, "Queue", False, 5, (), VOLCANO, protected=True),
    Kind("", "ConfigMap", True, 6),
    Kind("", "ServiceAccount", True, 6),
    Kind(RBAC, "ClusterRole", False, 6),
    Kind(RBAC, "ClusterRoleBinding", False, 7, ("roleRef",)),
    Kind(RBAC, "Role", True, 7),
    Kind(RBAC, "RoleBinding", True, 8, ("roleRef",)),
    Kind("", "LimitRange", True, 8, (), LIMITS),
    Kind("", "ResourceQuota", True, 9, ("spec.scopes",), frozenset({"hard"})),
    Kind("networking.k8s.io", "NetworkPolicy", True, 9),
    Kind(KUEUE, "LocalQueue", True, 10, ("spec.clusterQueue",), QUOTAS, protected=True),
    Kind("", "Pod", True, 11, ("spec",), REQUESTS),
    Kind("batch", "Job", True, 11, POD_TEMPLATE, REQUESTS, written=SUSPEND),
    Kind(JOBSET, "JobSet", True, 11, ("spec.replicatedJobs", "spec.network"), REQUESTS, written=SUSPEND),
    Kind(VOLCANO_JOBS, "Job", True, 11, ("spec.tasks", "spec.schedulerName", "spec.queue"), REQUESTS),
    Kind(KUEUE, "Workload", True, 12, (), REQUESTS),
    Kind("", "Node", False, 13, (), frozenset({"allocatable", "capacity"})),
)
KINDS: Mapping[tuple[str, str], Kind] = {(kind.group, kind.name): kind for kind in _ALL}


def _names(path: str, group: str, kind: str) -> Reference:
    return Reference(tuple(path.split()), group, kind)


def _pods(template: str) -> tuple[Reference, ...]:
    """Return what the pod template at *template* names."""
    return (
        _names(f"{template} spec serviceAccountName", "", "ServiceAccount"),
        _names(f"{template} spec priorityClassName", "scheduling.k8s.io", "PriorityClass"),
    )


_QUEUED = (
    _names(f"metadata labels {KUEUE}/queue-name", KUEUE, "LocalQueue"),
    _names(f"metadata labels {KUEUE}/priority-class", KUEUE, "WorkloadPriorityClass"),
)
REFERENCES: Mapping[tuple[str, str], tuple[Reference, ...]] = {
    (KUEUE, "ResourceFlavor"): (_names("spec topologyName", KUEUE, "Topology"),),
    (KUEUE, "AdmissionCheck"): (_names("spec parameters name", KUEUE, "ProvisioningRequestConfig"),),
    (KUEUE, "Cohort"): (
        _names("spec parentName", KUEUE, "Cohort"),
        _names("spec resourceGroups * flavors * name", KUEUE, "ResourceFlavor"),
    ),
    (KUEUE, "ClusterQueue"): (
        _names("spec cohortName", KUEUE, "Cohort"),
        _names("spec resourceGroups * flavors * name", KUEUE, "ResourceFlavor"),
        _names("spec admissionChecksStrategy admissionChecks * name", KUEUE, "AdmissionCheck"),
    ),
    (KUEUE, "LocalQueue"): (_names("spec clusterQueue", KUEUE, "ClusterQueue"),),
    (RBAC, "ClusterRoleBinding"): (_names("roleRef name", RBAC, "ClusterRole"),),
    (RBAC, "RoleBinding"): (_names("roleRef name", RBAC, "Role"),),
    ("batch", "Job"): (*_QUEUED, *_pods("spec template")),
    (JOBSET, "JobSet"): (*_QUEUED, *_pods("spec replicatedJobs * template spec template")),
    (VOLCANO_JOBS, "Job"): (
        _names("spec queue", VOLCANO_QUEUES, "Queue"),
        _names("spec priorityClassName", "scheduling.k8s.io", "PriorityClass"),
        *_pods("spec tasks * template"),
    ),
}
LAST = max(kind.order for kind in _ALL) + 1


def kind_of(group: str, name: str, namespaced: bool = False) -> Kind:
    """Return the kind; one we know nothing about comes last and has nothing immutable."""
    return KINDS.get((group, name)) or Kind(group, name, namespaced, LAST)


def same_value(kind: Kind, path: tuple[str, ...], before: Any, after: Any) -> bool:
    """Tell whether two scalars at *path* are equal: quantities by value, all else exactly.

    >>> same_value(KINDS["", "ResourceQuota"], ("spec", "hard", "cpu"), 8, "8000m")
    True
    """
    if before == after and type(before) is type(after):
        return True
    if not kind.quantities.intersection(path):
        return bool(before == after) and not isinstance(before, bool) and not isinstance(after, bool)
    try:
        return quantity(before) == quantity(after)
    except ValueError:
        return False
