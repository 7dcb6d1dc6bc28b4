"""The queues and cohort trees of a world, as the scheduler holds them."""

from typing import Any

from scheduling.kueue.admission_fair_sharing import memories
from scheduling.kueue.api import ResourceGroup
from scheduling.kueue.api_flavors import ResourceFlavorSpec
from scheduling.kueue.fair_sharing import Shares
from scheduling.kueue.objects import Objects
from scheduling.kueue.plan import Offer
from scheduling.kueue.queues import Queue
from scheduling.kueue.quota import Index, Limits, Node, grow, queues_below
from scheduling.kueue.topology import Amounts, Topology, Values, build
from scheduling.kueue.tree import Tree
from tenancy import quantity
from tenancy.errors import ConfigError

QUEUE, COHORT = "queue/", "cohort/"


class Cluster:
    """All ClusterQueues of a world in their trees; *indices* says where a (flavor, resource) stands in the lists."""

    def __init__(self, objects: Objects) -> None:
        """Build the trees; ConfigError where cohorts stand in a circle."""
        self.objects = objects
        self.indices = {pair: index for index, pair in enumerate(_pairs(objects))}
        resources = objects.configuration.resources if objects.configuration else None
        ignore = resources is not None and resources.quota_check_strategy == "IgnoreUndeclared"
        nodes = self._nodes(objects)
        self.topologies = _topologies(objects)
        flavors = objects.flavors or {flavor: ResourceFlavorSpec() for flavor, _ in self.indices}
        offers = {
            name: Offer(spec.resource_groups, flavors, self.indices, ignore, self.topologies)
            for name, spec in objects.cluster_queues.items()
        }
        self.queues = {
            name: Queue(name, spec, nodes[QUEUE + name], offers[name], memories(objects, name, spec))
            for name, spec in sorted(objects.cluster_queues.items())
        }
        self.sharing = objects.configuration.fair_sharing if objects.configuration else None
        self.trees = [self._tree(*numbered) for numbered in enumerate(grow(nodes, _parents(objects)))]

    def _nodes(self, objects: Objects) -> dict[str, Node]:
        nodes = {
            QUEUE + name: Node(name, self._limits(spec.resource_groups), True, spec.fair_sharing.value)
            for name, spec in objects.cluster_queues.items()
        }
        for name, cohort in objects.cohorts.items():
            nodes[COHORT + name] = Node(name, self._limits(cohort.resource_groups), False, cohort.fair_sharing.value)
        for parent in _parents(objects).values():
            if parent not in nodes:
                nodes[parent] = Node(parent.removeprefix(COHORT), self._limits(()), False)
        return nodes

    def _limits(self, groups: tuple[ResourceGroup, ...]) -> list[Limits]:
        limits = [Limits()] * len(self.indices)
        for group in groups:
            for flavor in group.flavors:
                for resource in flavor.resources:
                    limits[self.indices[flavor.name, resource.name]] = Limits(
                        quantity.amount(resource.name, resource.nominal_quota),
                        _amount(resource.name, resource.borrowing_limit),
                        _amount(resource.name, resource.lending_limit),
                    )
        return limits

    def _tree(self, number: int, root: Node) -> Tree:
        queues = {node.name: self.queues[node.name] for node in queues_below(root)}
        by_resource: dict[str, list[Index]] = {}
        for (_, resource), index in self.indices.items():
            by_resource.setdefault(resource, []).append(index)
        return Tree(number, root, dict(sorted(queues.items())), Shares(by_resource), self.sharing is not None)


def _topologies(objects: Objects) -> dict[str, Topology]:
    """Return the topology of every flavor that names one; flavors share the usage of the hosts they share."""
    hosts: dict[Values, Amounts] = {}
    return {
        name: build(objects.topologies[flavor.topology_name].labels, flavor, objects.nodes, hosts)
        for name, flavor in objects.flavors.items()
        if flavor.topology_name is not None and flavor.topology_name in objects.topologies
    }


def _amount(resource: str, value: str | int | float | None) -> int | None:
    return None if value is None else quantity.amount(resource, value)


def _pairs(objects: Objects) -> list[tuple[str, str]]:
    specs: list[Any] = [*objects.cluster_queues.values(), *objects.cohorts.values()]
    return sorted(
        {
            (flavor.name, resource.name)
            for spec in specs
            for group in spec.resource_groups
            for flavor in group.flavors
            for resource in flavor.resources
        }
    )


def _parents(objects: Objects) -> dict[str, str]:
    """Return the parent of every node that has one; ConfigError where following them leads back."""
    parents = objects.parents()
    for start in parents:
        seen = [start]
        while (parent := parents.get(seen[-1])) is not None:
            if parent in seen:
                circle = " -> ".join(name.removeprefix(COHORT) for name in [*seen[seen.index(parent) :], parent])
                raise ConfigError.at("", f"the cohorts {circle} stand in a circle; Kueue's manager would crash")
            seen.append(parent)
    return parents
