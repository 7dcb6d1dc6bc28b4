"""What quotas are compared with: the same capacity without sharing, and without quotas at all.

Each baseline changes the queues; decisions on them are taken by the same engine.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from scheduling.kueue.api import ClusterQueueSpec, LocalQueueSpec, Preemption, ResourceGroup, WithResourceGroups
from scheduling.kueue.objects import LocalQueueKey, Objects
from tenancy import quantity
from tenancy.promise import apportion

FIFO = "fifo"
Pair = tuple[str, str]


def static(objects: Objects) -> Objects:
    """Cut every cohort tree into isolated partitions.

    Each queue keeps its nominal quota and gets its share of what its cohorts hold: in proportion to its nominal
    quota of the resource, in equal parts where none has any.
    """
    shares = {name: dict[Pair, int]() for name in objects.cluster_queues}
    for cohort, spec in objects.cohorts.items():
        below = _queues_below(objects, cohort)
        for pair, amount in _amounts(spec).items():
            users = [name for name in below if pair in _amounts(objects.cluster_queues[name])]
            weights = [_nominal(objects.cluster_queues[name], pair[1]) for name in users]
            parts = apportion(amount, weights if any(weights) else [1] * len(users))
            for name, part in zip(users, parts, strict=True):
                shares[name][pair] = shares[name].get(pair, 0) + part
    queues = {name: _alone(spec, shares[name]) for name, spec in objects.cluster_queues.items()}
    return _with(objects, queues, objects.local_queues)


def fifo(objects: Objects) -> Objects:
    """Join all quota to one queue in which jobs start in the order of arrival, whoever they belong to."""
    total: dict[Pair, int] = {}
    for spec in [*objects.cluster_queues.values(), *objects.cohorts.values()]:
        for pair, amount in _amounts(spec).items():
            total[pair] = total.get(pair, 0) + amount
    specs = [*objects.cluster_queues.values(), *objects.cohorts.values()]
    flavors = dict.fromkeys(flavor.name for spec in specs for group in spec.resource_groups for flavor in group.flavors)
    covered = sorted({resource for _, resource in total})
    groups = [_group(flavors, covered, lambda pair: total.get(pair, 0))] if total else []
    queue = ClusterQueueSpec.model_validate({"queueingStrategy": "StrictFIFO", "namespaceSelector": {}})
    queue = queue.model_copy(update={"resource_groups": tuple(groups)})
    local_queues = {key: LocalQueueSpec.model_validate({"clusterQueue": FIFO}) for key in objects.local_queues}
    return _with(objects, {FIFO: queue}, local_queues)


def _with(
    objects: Objects, queues: Mapping[str, ClusterQueueSpec], local_queues: Mapping[LocalQueueKey, LocalQueueSpec]
) -> Objects:
    """Return *objects* with other queues, without cohorts and without fair sharing."""
    configuration = objects.configuration
    if configuration is not None:
        configuration = configuration.model_copy(update={"fair_sharing": None, "admission_fair_sharing": None})
    return replace(objects, cluster_queues=queues, cohorts={}, local_queues=local_queues, configuration=configuration)


def _queues_below(objects: Objects, cohort: str) -> list[str]:
    parents = objects.parents()
    found = []
    for name in objects.cluster_queues:
        above = parents.get(f"queue/{name}")
        while above is not None and above != f"cohort/{cohort}":
            above = parents.get(above)
        if above is not None:
            found.append(name)
    return found


def _amounts(spec: WithResourceGroups) -> dict[Pair, int]:
    return {(flavor, resource): nominal for flavor, resource, nominal in spec.nominal_quotas()}


def _nominal(spec: ClusterQueueSpec, resource: str) -> int:
    return sum(amount for (_, name), amount in _amounts(spec).items() if name == resource)


def _alone(spec: ClusterQueueSpec, share: Mapping[Pair, int]) -> ClusterQueueSpec:
    """Return *spec* without cohort, limits and reclaiming, with *share* added to its nominal quotas."""
    own = _amounts(spec)
    groups = [
        _group(
            [flavor.name for flavor in group.flavors],
            group.covered_resources,
            lambda pair: own[pair] + share.get(pair, 0),
        )
        for group in spec.resource_groups
    ]
    preemption = Preemption.model_validate({"withinClusterQueue": spec.preemption.within_cluster_queue})
    return spec.model_copy(update={"cohort_name": None, "resource_groups": tuple(groups), "preemption": preemption})


def _group(flavors: Iterable[str], covered: Sequence[str], amount: Callable[[Pair], int]) -> ResourceGroup:
    return ResourceGroup.model_validate(
        {
            "coveredResources": tuple(covered),
            "flavors": [
                {
                    "name": flavor,
                    "resources": [
                        {"name": resource, "nominalQuota": quantity.written(resource, amount((flavor, resource)))}
                        for resource in covered
                    ],
                }
                for flavor in flavors
            ],
        }
    )
