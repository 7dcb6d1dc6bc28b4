"""The nodes of a flavor as a tree of domains: racks, blocks, hosts; what is free in them, and who may use them.

A leaf is a domain of the lowest level: one node where that is the hostname, several nodes together otherwise. Usage is
kept by leaf; flavors that share hosts share it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from scheduling.kueue.api_flavors import HOSTNAME, ResourceFlavorSpec, Taint, Toleration
from scheduling.kueue.flavors import HARD_EFFECTS, selects, tolerates
from scheduling.kueue.workload import PodSet
from tenancy import quantity

PODS = "pods"
Values = tuple[str, ...]
Amounts = dict[str, int]


@dataclass(frozen=True, slots=True)
class NodeView:
    """What placement needs to know of a node that is ready and schedulable."""

    name: str
    labels: Mapping[str, str]
    taints: tuple[Taint, ...]
    allocatable: Mapping[str, int]


def node_view(body: Mapping[str, Any]) -> NodeView | None:
    """Return the view of a core/v1 Node; None where it is not Ready or takes no pods."""
    spec, status = body.get("spec") or {}, body.get("status") or {}
    ready = any(c.get("type") == "Ready" and c.get("status") == "True" for c in status.get("conditions") or ())
    if not ready or spec.get("unschedulable"):
        return None
    metadata = body["metadata"]
    return NodeView(
        metadata["name"],
        metadata.get("labels") or {},
        tuple(Taint.model_validate(taint) for taint in spec.get("taints") or ()),
        {name: quantity.amount(name, value) for name, value in (status.get("allocatable") or {}).items()},
    )


class Domain:
    """One domain of the tree, and what the current placement counts in it.

    *pods* and *slices* fit, *pods_with_leader* and *slices_with_leader* beside a leader; *leaders* is 1 where one fits.
    """

    __slots__ = (
        "children",
        "leaders",
        "nodes",
        "parent",
        "pods",
        "pods_with_leader",
        "slices",
        "slices_with_leader",
        "values",
    )

    def __init__(self, values: Values, parent: Domain | None) -> None:
        """Make a domain without children."""
        self.values = values
        self.parent = parent
        self.children: list[Domain] = []
        self.nodes: list[NodeView] = []
        self.clear()

    def clear(self) -> None:
        """Forget what was counted."""
        self.pods = self.pods_with_leader = self.slices = self.slices_with_leader = self.leaders = 0

    def __repr__(self) -> str:
        return f"Domain({'/'.join(self.values)})"


@dataclass(slots=True)
class Topology:
    """The domains of one flavor by level, highest first; *used* is what workloads hold, by leaf."""

    levels: tuple[str, ...]
    by_level: list[list[Domain]]
    tolerations: tuple[Toleration, ...]
    used: dict[Values, Amounts]
    free: dict[Values, Amounts] = field(default_factory=dict)
    leaf_of: dict[Values, Domain] = field(default_factory=dict)
    usable: dict[int, tuple[PodSet, list[Domain]]] = field(default_factory=dict)

    @property
    def by_host(self) -> bool:
        """Tell whether the lowest level is the host."""
        return self.levels[-1] == HOSTNAME

    @property
    def leaves(self) -> list[Domain]:
        """Return the domains of the lowest level."""
        return self.by_level[-1]

    def identity(self, values: Values) -> Values:
        """Return what names the leaf at *values* in assignments: the hostname alone where that is the lowest level."""
        return values[-1:] if self.by_host else values

    def level(self, name: str) -> int | None:
        """Return the place of the level *name*, None where there is no such."""
        return self.levels.index(name) if name in self.levels else None

    def remaining(self, leaf: Domain, empty: bool, assumed: Mapping[Values, Amounts]) -> Amounts:
        """Return what is free in *leaf*; *empty* as if no workload held anything; *assumed* is taken besides."""
        identity = self.identity(leaf.values)
        left = dict(self.free[identity])
        for taken in (None if empty else self.used.get(identity), assumed.get(identity)):
            for resource, amount in (taken or {}).items():
                left[resource] = left.get(resource, 0) - amount
        return left

    def leaves_for(self, pod_set: PodSet) -> list[Domain]:
        """Return the leaves whose nodes pods of *pod_set* may use; judged by node only where a leaf is one node."""
        if not self.by_host:
            return self.leaves
        found = self.usable.get(id(pod_set))
        if found is None or found[0] is not pod_set:
            found = self.usable[id(pod_set)] = pod_set, [leaf for leaf in self.leaves if self._admits(leaf, pod_set)]
        return found[1]

    def _admits(self, leaf: Domain, pod_set: PodSet) -> bool:
        own = [Toleration.model_validate(t) for t in pod_set.template.get("tolerations") or ()]
        tolerations = [*own, *self.tolerations]
        node = leaf.nodes[0]
        return selects(node.labels, node.name, pod_set.template) and all(
            taint.effect not in HARD_EFFECTS or any(tolerates(toleration, taint) for toleration in tolerations)
            for taint in node.taints
        )


def build(
    levels: Sequence[str], flavor: ResourceFlavorSpec, nodes: Iterable[NodeView], shared: dict[Values, Amounts]
) -> Topology:
    """Return the topology of *flavor*: the nodes with its labels and all labels of *levels*.

    *shared* is the usage of all flavors by host.
    """
    topology = Topology(tuple(levels), [[] for _ in levels], flavor.tolerations, shared)
    if not topology.by_host:
        topology.used = {}
    known: dict[Values, Domain] = {}
    for node in nodes:
        values = tuple(node.labels[level] for level in levels if level in node.labels)
        if len(values) == len(levels) and flavor.node_labels.items() <= node.labels.items():
            leaf = _grow(topology, known, values)
            leaf.nodes.append(node)
            free = topology.free.setdefault(topology.identity(values), {})
            for resource, amount in node.allocatable.items():
                free[resource] = free.get(resource, 0) + amount
    for domains in topology.by_level:
        domains.sort(key=lambda domain: domain.values)
    topology.leaf_of = {topology.identity(leaf.values): leaf for leaf in topology.leaves}
    return topology


def _grow(topology: Topology, known: dict[Values, Domain], values: Values) -> Domain:
    """Return the leaf at *values*, made with all domains around it where it is new."""
    parent: Domain | None = None
    for level in range(len(values)):
        path = values[: level + 1]
        domain = known.get(path)
        if domain is None:
            domain = known[path] = Domain(path, parent)
            topology.by_level[level].append(domain)
            if parent is not None:
                parent.children.append(domain)
        parent = domain
    assert parent is not None  # noqa: S101 - a topology has at least one level
    return parent


@dataclass(frozen=True, slots=True)
class TopologyUsage:
    """*count* pods in the leaf *identity* of *topology*, each with *requests* (`pods` not among them)."""

    topology: Topology
    identity: Values
    requests: tuple[tuple[str, int], ...]
    count: int

    def fits(self) -> bool:
        """Tell whether the leaf has room for the pods, each entry judged on its own and `pods` not counted."""
        leaf = self.topology.leaf_of.get(self.identity)
        if leaf is None:
            return False
        left = self.topology.remaining(leaf, False, {})
        return pods_in(left, self.requests) >= self.count

    def charge(self, sign: int = 1) -> None:
        """Add the pods to the usage of the leaf, or with *sign* -1 take them out."""
        used = self.topology.used.setdefault(self.identity, {})
        for resource, amount in (*self.requests, (PODS, 1)):
            used[resource] = used.get(resource, 0) + sign * amount * self.count


def pods_in(left: Mapping[str, int], requests: Iterable[tuple[str, int]]) -> int:
    """Return how many pods with *requests* fit into *left*; what is not there counts as 0."""
    counts = [max(0, left.get(resource, 0)) // amount for resource, amount in requests if amount > 0]
    return min(counts, default=2**31 - 1)


def usages(
    topology: Topology, requests: Sequence[tuple[str, int]], domains: Mapping[Values, int]
) -> Iterator[TopologyUsage]:
    """Yield what an assignment of pods to *domains* uses."""
    for identity, count in domains.items():
        yield TopologyUsage(topology, identity, tuple(requests), count)
