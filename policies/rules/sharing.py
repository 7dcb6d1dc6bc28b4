"""K010 to K019: what cohorts, preemption and fair sharing of Kueue really do."""

from collections import Counter
from collections.abc import Iterator

from policies.rule import NotApplicable, Problem, rule
from policies.rules.kueue import QUEUE, kueue_objects
from scheduling.kueue.api import ClusterQueueSpec
from scheduling.world import World
from tenancy import quantity
from tenancy.finding import PathKey, Severity
from tenancy.kinds import KUEUE
from tenancy.manifests import Manifest

COHORT = """
apiVersion: kueue.x-k8s.io/v1beta2
kind: Cohort
metadata: {name: all}
spec: {parentName: company}
"""
IN_COHORT = QUEUE.replace("spec:\n", "spec:\n  cohortName: all\n")
RECLAIMS = IN_COHORT.replace("  cohortName: all\n", "  cohortName: all\n  preemption: {reclaimWithinCohort: Any}\n")
OTHER = RECLAIMS.replace("name: vision", "name: speech")
FAIR = """
apiVersion: config.kueue.x-k8s.io/v1beta2
kind: Configuration
fairSharing: {preemptionStrategies: [LessThanOrEqualToFinalShare]}
"""
PRIORITIES = """
apiVersion: kueue.x-k8s.io/v1beta2
kind: WorkloadPriorityClass
metadata: {name: low}
value: 100
---
apiVersion: kueue.x-k8s.io/v1beta2
kind: WorkloadPriorityClass
metadata: {name: high}
value: 1000
"""


def queues(world: World) -> Iterator[tuple[Manifest, ClusterQueueSpec]]:
    """Yield the ClusterQueues with their specs; NotApplicable where there are none."""
    specs = kueue_objects(world).cluster_queues
    for manifest in world.manifests.of_kind(KUEUE, "ClusterQueue"):
        if manifest.key.name in specs:
            yield manifest, specs[manifest.key.name]


def cohorts(world: World) -> Counter[str]:
    """Return how many queues and cohorts name each cohort as theirs."""
    objects = kueue_objects(world)
    return Counter(parent.partition("/")[2] for parent in objects.parents().values())


@rule(
    "K010",
    Severity.CRITICAL,
    bad=f"{IN_COHORT}\n---{COHORT.replace('company', 'all')}",
    good=f"{IN_COHORT}\n---{COHORT}",
)
def cohorts_stand_in_no_circle(world: World) -> Iterator[Problem]:
    """No cohort is below itself.

    The API server accepts a circle of parents. Every queue in it is inactive, and Kueue's manager then crashes at the
    next change of a namespace's labels: no queue of the cluster has a manager any more. Take one parentName out.
    """
    parents = kueue_objects(world).parents()
    for cohort in world.manifests.of_kind(KUEUE, "Cohort"):
        start = at = f"cohort/{cohort.key.name}"
        seen = set()
        while (at := parents.get(at, "")) and at not in seen:
            seen.add(at)
            if at == start:
                chain = " -> ".join(name.partition("/")[2] for name in sorted(seen))
                yield Problem(f"Cohort {cohort.key.name} is below itself: {chain}", cohort, ("spec", "parentName"))


@rule("K011", Severity.MEDIUM, bad=f"{IN_COHORT}\n---\n{OTHER}", good=f"{RECLAIMS}\n---\n{OTHER}")
def what_is_lent_can_be_taken_back(world: World) -> Iterator[Problem]:
    """A queue that lends may take back what is its own: reclaimWithinCohort is not Never.

    Never is the default. With it the queue's own jobs wait until borrowers end by themselves, and while its first job
    waits it keeps free capacity of the cohort from all others in every cycle. Write `reclaimWithinCohort: Any`, or
    `lendingLimit: 0` where nothing shall be lent.
    """
    shared = cohorts(world)
    for queue, spec in queues(world):
        if spec.cohort_name and shared[spec.cohort_name] > 1 and spec.preemption.reclaim_within_cohort == "Never":
            lent = [resource for resource, limit in _lent(spec) if limit]
            if lent:
                names = ", ".join(sorted(set(lent)))
                message = f"{queue.key} lends {names} to cohort {spec.cohort_name} and cannot take it back"
                yield Problem(message, queue, ("spec", "preemption", "reclaimWithinCohort"))


def _lent(spec: ClusterQueueSpec) -> Iterator[tuple[str, bool]]:
    """Yield each resource of a queue, and whether any of it may be lent."""
    for group in spec.resource_groups:
        for flavor in group.flavors:
            for resource in flavor.resources:
                nominal = quantity.quantity(resource.nominal_quota)
                limit = resource.lending_limit
                yield resource.name, nominal > 0 and (limit is None or quantity.quantity(limit) > 0)


@rule("K012", Severity.LOW, bad=IN_COHORT, good=f"{RECLAIMS}\n---\n{OTHER}")
def cohorts_have_members(world: World) -> Iterator[Problem]:
    """A cohort has more than one member, or quota of its own.

    A name that one queue alone uses is a cohort in which nothing can be borrowed: often a typing mistake, as Kueue
    makes a cohort of every name it reads. Name the cohort of the others, or leave cohortName out.
    """
    objects, shared = kueue_objects(world), cohorts(world)
    for queue, spec in queues(world):
        name = spec.cohort_name
        own = objects.cohorts.get(name) if name else None
        if name and shared[name] == 1 and not (own and (own.parent_name or own.resource_groups)):
            near = sorted(set(shared) - {name})
            hint = f"; there are {', '.join(near)}" if near else ""
            yield Problem(f"{queue.key} is alone in cohort {name}{hint}", queue, ("spec", "cohortName"))


@rule(
    "K013",
    Severity.LOW,
    bad=RECLAIMS.replace("Any}", "Any, borrowWithinCohort: {policy: LowerPriority}}") + f"\n---{FAIR}",
    good=f"{RECLAIMS}\n---\n{OTHER}\n---{FAIR}",
)
def fair_sharing_has_no_thresholds(world: World) -> Iterator[Problem]:
    """Under fair sharing no queue relies on borrowWithinCohort.

    With fair sharing Kueue chooses victims by share and does not look at borrowWithinCohort nor at its
    maxPriorityThreshold: priorities that it seems to protect are preempted. Take it out, and set weights.
    """
    if not _fair(world):
        raise NotApplicable("fair sharing is off, or the manager's Configuration is not among the files")
    for queue, spec in queues(world):
        borrowing = spec.preemption.borrow_within_cohort
        if borrowing and borrowing.policy != "Never":
            message = f"{queue.key} sets borrowWithinCohort, which fair sharing does not look at"
            yield Problem(message, queue, ("spec", "preemption", "borrowWithinCohort"))


@rule(
    "K014",
    Severity.MEDIUM,
    bad=RECLAIMS + f"\n  fairSharing: {{weight: 0}}\n---{FAIR}",
    good=RECLAIMS + f"\n  fairSharing: {{weight: 1}}\n---\n{OTHER}\n---{FAIR}",
)
def weights_are_above_zero(world: World) -> Iterator[Problem]:
    """Under fair sharing no weight is 0.

    A queue of weight 0 that borrows anything has an infinite share: it is served last and preempted first, by everyone.
    Give a small weight such as 100m, or `borrowingLimit: 0`.
    """
    if not _fair(world):
        raise NotApplicable("fair sharing is off, or the manager's Configuration is not among the files")
    for queue, spec in queues(world):
        if spec.cohort_name and not spec.fair_sharing.value:
            yield Problem(f"{queue.key} has weight 0", queue, ("spec", "fairSharing", "weight"))


def _fair(world: World) -> bool:
    configuration = kueue_objects(world).configuration
    return configuration is not None and configuration.fair_sharing is not None


@rule(
    "K015",
    Severity.LOW,
    bad=RECLAIMS.replace("Any}", "Any, borrowWithinCohort: {policy: LowerPriority, maxPriorityThreshold: 1000}}")
    + f"\n---{PRIORITIES}",
    good=RECLAIMS.replace("Any}", "Any, borrowWithinCohort: {policy: LowerPriority, maxPriorityThreshold: 100}}")
    + f"\n---\n{OTHER}\n---{PRIORITIES}",
)
def thresholds_protect_somebody(world: World) -> Iterator[Problem]:
    """A maxPriorityThreshold is below the highest priority.

    Jobs up to the threshold may be preempted by those that borrow. At the highest priority or above it protects nobody;
    without one all of lower priority may be preempted. Lower it, or take it out.
    """
    objects = kueue_objects(world)
    if not objects.priorities:
        raise NotApplicable("there is no WorkloadPriorityClass here; name the files that hold them")
    highest = max(objects.priorities.values())
    for queue, spec in queues(world):
        borrowing = spec.preemption.borrow_within_cohort
        threshold = borrowing.max_priority_threshold if borrowing else None
        if threshold is not None and threshold >= highest:
            path: tuple[PathKey, ...] = ("spec", "preemption", "borrowWithinCohort", "maxPriorityThreshold")
            message = f"{queue.key}: threshold {threshold} protects nobody; the highest priority is {highest}"
            yield Problem(message, queue, path)


@rule(
    "K016",
    Severity.LOW,
    bad=PRIORITIES.replace("1000", "100"),
    good=PRIORITIES,
)
def priorities_differ(world: World) -> Iterator[Problem]:
    """No two WorkloadPriorityClasses have the same value.

    Kueue compares values, not names: jobs of the two never preempt each other under LowerPriority, and wait by time.
    Give them different values, or keep one.
    """
    seen: dict[object, str] = {}
    classes = list(world.manifests.of_kind(KUEUE, "WorkloadPriorityClass"))
    if not classes:
        raise NotApplicable("there is no WorkloadPriorityClass here; name the files that hold them")
    for found in classes:
        value = found.body.get("value")
        other = seen.setdefault(value, found.key.name)
        if other != found.key.name:
            yield Problem(f"{found.key} has the value of {other}, {value}", found, ("value",))
