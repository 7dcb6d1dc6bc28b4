"""Topology-aware placement of a workload: its pod sets, flavor by flavor, each seeing what those before it took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scheduling.kueue.fitting import Fitting, NoRoomError
from scheduling.kueue.topology import Amounts, Topology, Values
from scheduling.kueue.topology_request import Found, PodRequest


class NoPlaceError(Exception):
    """No placement; *number* is the pod set that found none."""

    def __init__(self, number: int, reason: str) -> None:
        """Remember which pod set it is."""
        super().__init__(reason)
        self.number = number


def place(requests: Sequence[tuple[Topology, PodRequest]], empty: bool = False) -> Found:
    """Place all pod sets, flavor by flavor, each seeing what those before it took; NoPlaceError where one finds none.

    With *empty* it is as if no workload ran. Requests come sorted by flavor, and in the order of the workload.
    """
    found: Found = {}
    by_topology: dict[int, tuple[Topology, list[PodRequest]]] = {}
    for topology, request in requests:
        by_topology.setdefault(id(topology), (topology, []))[1].append(request)
    shared: dict[Values, Amounts] = {}
    for topology, members in by_topology.values():
        assumed = shared if topology.by_host else {}
        for group in _grouped(members):
            placed = _place_group(topology, group, assumed, empty)
            for request in group:
                _assume(assumed, request, placed[request.number])
            found |= placed
    return found


def has_place(requests: Sequence[tuple[Topology, PodRequest]]) -> bool:
    """Tell whether all pod sets find a place as things are."""
    try:
        place(requests)
    except NoPlaceError:
        return False
    return True


def _grouped(requests: Sequence[PodRequest]) -> list[list[PodRequest]]:
    groups: dict[object, list[PodRequest]] = {}
    for request in requests:
        groups.setdefault(request.topology.get("podSetGroupName", request.number), []).append(request)
    return list(groups.values())


def _assume(assumed: dict[Values, Amounts], request: PodRequest, domains: Mapping[Values, int]) -> None:
    for identity, count in domains.items():
        taken = assumed.setdefault(identity, {})
        for resource, amount in request.requests:
            taken[resource] = taken.get(resource, 0) + amount * count


def _place_group(topology: Topology, group: list[PodRequest], assumed: dict[Values, Amounts], empty: bool) -> Found:
    leader, workers = _leader_and_workers(group)
    try:
        return Fitting(topology, workers, leader).run(assumed, empty)
    except NoRoomError as error:
        raise NoPlaceError(group[0].number, str(error)) from None


def _leader_and_workers(group: list[PodRequest]) -> tuple[PodRequest | None, PodRequest]:
    """Of two pod sets the one with fewer pods leads; with equal counts the second."""
    if len(group) == 1:
        return None, group[0]
    first, second = group[:2]
    return (first, second) if second.count > first.count else (second, first)
