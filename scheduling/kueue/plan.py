"""What a workload asks of a ClusterQueue, worked out once for each shape and count of pods.

Requests are added up by pod set (pod sets of one podSetGroup together), sorted into the queue's resource groups, and
turned into amounts of flavor-resources for every flavor that the pods may use.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from scheduling.kueue.api import ResourceGroup
from scheduling.kueue.api_flavors import ResourceFlavorSpec
from scheduling.kueue.flavors import ineligible
from scheduling.kueue.quota import Index
from scheduling.kueue.topology import Topology
from scheduling.kueue.topology_request import PodRequest, has_levels, is_explicit
from scheduling.kueue.workload import PodSet

PODS = "pods"


@dataclass(frozen=True, slots=True)
class Option:
    """One flavor for one resource group of a request: what it would take of each flavor-resource.

    *asked* is the part of it that the pods ask for themselves: without the implicit `pods`, and without zeros.
    *unusable* says why the pods cannot use the flavor whatever its quota.
    """

    flavor: str
    needs: tuple[tuple[Index, int], ...]
    asked: tuple[tuple[Index, int], ...]
    unusable: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """The resources that a group of pod sets wants of one resource group, and the flavors in order of preference."""

    resource_group: int
    resources: tuple[str, ...]
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Pod sets that get the same flavors: *wanted* by resource group, or the resource that the queue lacks."""

    pod_sets: tuple[int, ...]
    wanted: tuple[Wanted, ...]
    unavailable: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a workload with these *counts* asks; *requests* by pod set, with `pods` where the queue covers it.

    *placed* are the pod sets that topology-aware scheduling has to find a place for, *outcomes* what evaluations have
    come to so far.
    """

    counts: tuple[int, ...]
    groups: tuple[Group, ...]
    requests: tuple[Mapping[str, int], ...]
    placed: tuple[PodRequest, ...] = ()
    outcomes: dict[object, Any] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Offer:
    """What a ClusterQueue offers: its resource groups, the flavors there are, their indices and topologies."""

    resource_groups: Sequence[ResourceGroup]
    flavors: Mapping[str, ResourceFlavorSpec]
    indices: Mapping[tuple[str, str], Index]
    ignore_undeclared: bool = False
    topologies: Mapping[str, Topology] = field(default_factory=dict)

    @property
    def resources(self) -> Mapping[Index, str]:
        """Return the resource of each index."""
        return {index: resource for (_, resource), index in self.indices.items()}

    @property
    def topology_only(self) -> bool:
        """Tell whether all flavors have a topology: then every pod set asks for a place, said or not."""
        return all(flavor.name in self.topologies for group in self.resource_groups for flavor in group.flavors)

    def covering(self, resource: str) -> int | None:
        """Return which resource group covers *resource*, None where none does."""
        for number, group in enumerate(self.resource_groups):
            if resource in group.covered_resources:
                return number
        return None


def make_plan(offer: Offer, pod_sets: Sequence[PodSet], counts: Sequence[int]) -> Plan:
    """Work out what *pod_sets* with *counts* pods each ask of *offer*."""
    counted_pods = offer.covering(PODS) is not None
    requests = tuple(
        {
            **{resource: amount * count for resource, amount in pod_set.requests},
            **({PODS: count} if counted_pods else {}),
        }
        for pod_set, count in zip(pod_sets, counts, strict=True)
    )
    groups = tuple(_group(offer, pod_sets, requests, members) for members in _grouped(pod_sets))
    return Plan(tuple(counts), groups, requests, tuple(_placed(offer, pod_sets, counts)))


def _placed(offer: Offer, pod_sets: Sequence[PodSet], counts: Sequence[int]) -> Iterator[PodRequest]:
    for number, (pod_set, count) in enumerate(zip(pod_sets, counts, strict=True)):
        explicit = is_explicit(pod_set)
        if count and (explicit or offer.topology_only):
            yield PodRequest(number, pod_set, count, implied=not explicit)


def _grouped(pod_sets: Sequence[PodSet]) -> list[tuple[int, ...]]:
    """Return the indices of pod sets that share a podSetGroupName together, all others alone, in order."""
    groups: dict[str | int, list[int]] = {}
    for index, pod_set in enumerate(pod_sets):
        name = (pod_set.topology or {}).get("podSetGroupName")
        groups.setdefault(index if name is None else name, []).append(index)
    return [tuple(members) for members in groups.values()]


def _group(
    offer: Offer, pod_sets: Sequence[PodSet], requests: Sequence[Mapping[str, int]], members: tuple[int, ...]
) -> Group:
    total: dict[str, int] = {}
    for index in members:
        for resource, amount in requests[index].items():
            total[resource] = total.get(resource, 0) + amount
    by_group: dict[int, dict[str, int]] = {}
    for resource, amount in sorted(total.items()):
        number = offer.covering(resource)
        if number is not None:
            by_group.setdefault(number, {})[resource] = amount
        elif amount and not offer.ignore_undeclared:
            return Group(members, (), f"resource {resource} unavailable in ClusterQueue")
    chosen = [pod_sets[index] for index in members]
    wanted = tuple(
        Wanted(number, tuple(needs), tuple(_options(offer, number, needs, chosen)))
        for number, needs in sorted(by_group.items())
    )
    return Group(members, wanted)


def _options(offer: Offer, number: int, needs: Mapping[str, int], pod_sets: Sequence[PodSet]) -> Iterator[Option]:
    for flavor in offer.resource_groups[number].flavors:
        spec = offer.flavors.get(flavor.name)
        reasons = (
            _mismatch(offer, number, flavor.name, pod_set) or ineligible(flavor.name, spec, pod_set)
            for pod_set in pod_sets
        )
        amounts = {resource: (offer.indices[flavor.name, resource], amount) for resource, amount in needs.items()}
        asked = tuple(need for resource, need in amounts.items() if need[1] and resource != PODS)
        yield Option(flavor.name, tuple(amounts.values()), asked, next((reason for reason in reasons if reason), None))


def _mismatch(offer: Offer, number: int, flavor: str, pod_set: PodSet) -> str | None:
    """Return why topology keeps *pod_set* from a flavor of the resource group; None where it does not."""
    spec, topology = offer.flavors.get(flavor), offer.topologies.get(flavor)
    if spec is None or (offer.topology_only and not is_explicit(pod_set)):
        return None
    if not is_explicit(pod_set):
        return f"Flavor {flavor} supports only TopologyAwareScheduling" if spec.topology_name else None
    if spec.topology_name is None:
        covered = offer.resource_groups[number].covered_resources
        wanted = any(resource in covered for resource, _ in pod_set.requests)
        return f"Flavor {flavor} does not support TopologyAwareScheduling" if wanted else None
    if topology is None:
        return f"Flavor {flavor} information missing in TAS cache"
    if not has_levels(topology, pod_set.topology or {}):
        return f"Flavor {flavor} does not contain the requested level"
    return None
