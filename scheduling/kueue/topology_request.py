"""What a pod set asks of a topology: a level to stay within, slices that stay together, a leader beside the workers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scheduling.kueue.topology import PODS, Topology, Values
from scheduling.kueue.workload import PodSet

EXPLICIT = frozenset(
    {
        "required",
        "preferred",
        "unconstrained",
        "podSetSliceRequiredTopology",
        "podSetSliceSize",
        "podsetSliceRequiredTopologyConstraints",
    }
)
ONE_POD = (PODS, 1)


@dataclass(frozen=True, slots=True)
class PodRequest:
    """*count* pods of a pod set that asks for a place; *implied* where only its queue wants topology."""

    number: int
    pod_set: PodSet
    count: int
    implied: bool

    @property
    def topology(self) -> Mapping[str, Any]:
        """Return the topologyRequest, empty where there is none."""
        return self.pod_set.topology or {}

    @property
    def requests(self) -> tuple[tuple[str, int], ...]:
        """Return what one pod takes of a leaf, itself counted."""
        return (*self.pod_set.on_node, ONE_POD)


Found = dict[int, dict[Values, int]]
"""For each pod set by number: how many pods go into which leaf."""


def is_explicit(pod_set: PodSet) -> bool:
    """Tell whether the pod set itself asks for topology; a podSetGroupName alone does not."""
    return any(value is not None for key, value in (pod_set.topology or {}).items() if key in EXPLICIT)


def slice_layers(asked: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Return level and size of each layer of slices, the outermost first."""
    layers = asked.get("podsetSliceRequiredTopologyConstraints")
    if layers:
        return [(layer["topology"], layer["size"]) for layer in layers]
    if name := asked.get("podSetSliceRequiredTopology"):
        return [(name, asked.get("podSetSliceSize") or 1)]
    return []


def level_name(topology: Topology, asked: Mapping[str, Any], implied: bool) -> str | None:
    """Return the level at which pods must or should be together; None where nothing is asked for."""
    if name := asked.get("required") or asked.get("preferred"):
        return str(name)
    if slice_layers(asked):
        return topology.levels[0]
    return topology.levels[-1] if asked.get("unconstrained") or implied else None


def has_levels(topology: Topology, asked: Mapping[str, Any]) -> bool:
    """Tell whether *topology* has every level that the request names."""
    names = [level_name(topology, asked, False), *(name for name, _ in slice_layers(asked))]
    return all(name in topology.levels for name in names)
