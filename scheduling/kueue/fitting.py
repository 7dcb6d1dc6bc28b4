"""Fitting pods into the domains of one topology.

First it is counted, from the leaves up, how many pods (and slices of pods that must stay together) fit in each domain.
Then a level is found whose domains hold all of them, and walking down the tree each level takes as few domains as it
can: the fullest that still suffices (best fit), or, where no level was asked for, those with the least free capacity.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from scheduling.kueue.topology import Amounts, Domain, Topology, Values, pods_in
from scheduling.kueue.topology_request import Found, PodRequest, level_name, slice_layers


class NoRoomError(Exception):
    """The pods do not fit, or what is asked for is not there."""


@dataclass(slots=True)
class Fitting:
    """One run: what is asked for, worked out from the request of the workers."""

    topology: Topology
    workers: PodRequest
    leader: PodRequest | None
    required: bool = False
    unconstrained: bool = False
    level: int = 0
    slice_level: int = 0
    slice_size: int = 1
    inner_sizes: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        asked = self.workers.topology
        layers = slice_layers(asked)
        only_slices = bool(layers) and not asked.get("required") and not asked.get("preferred")
        self.required = bool(asked.get("required"))
        self.unconstrained = bool(asked.get("unconstrained")) or self.workers.implied or only_slices
        self.level = self._level(level_name(self.topology, asked, self.workers.implied))
        self.slice_level = self._level(layers[0][0] if layers else self.topology.levels[-1])
        self.slice_size = layers[0][1] if layers else 1
        if self.level > self.slice_level:
            raise NoRoomError("podset slice topology is above the podset topology")
        self._inner(layers[1:])

    def _level(self, name: str | None) -> int:
        found = self.topology.level(name) if name is not None else None
        if found is None:
            raise NoRoomError(f"no requested topology level: {name}")
        return found

    def _inner(self, layers: Sequence[tuple[str, int]]) -> None:
        size, level = self.slice_size, self.slice_level
        for name, inner_size in layers:
            inner_level = self._level(name)
            if inner_level <= level or size % inner_size:
                raise NoRoomError("slice layers must go down the levels and divide each other")
            self.inner_sizes |= dict.fromkeys(range(level + 1, inner_level + 1), inner_size)
            size, level = inner_size, inner_level

    @property
    def leaders(self) -> int:
        """Return how many leaders there are to place."""
        return 1 if self.leader else 0

    def run(self, assumed: Mapping[Values, Amounts], empty: bool) -> Found:
        """Count, find a level, walk down; return the leaves of workers and leader."""
        self._count(assumed, empty)
        level, domains = self._find_level(self.level)
        domains = self._minimum(domains, self.workers.count, self.leaders, self.slice_size, slices=True)
        lowest = len(self.topology.levels) - 1
        while level < min(lowest, self.slice_level):
            below = self._sorted([child for domain in domains for child in domain.children])
            domains = self._minimum(below, self.workers.count, self.leaders, self.slice_size, slices=True)
            level += 1
        while level < lowest:
            domains = [child for domain in domains for child in self._inside(domain, level)]
            level += 1
        return self._found(domains)

    def _inside(self, domain: Domain, level: int) -> list[Domain]:
        """Distribute what *domain* was given over its children, in units of an inner slice where there is one."""
        size = self.inner_sizes.get(level + 1, 1)
        children = self._sorted(domain.children)
        if size > 1:
            for child in children:
                child.slices, child.slices_with_leader = child.pods // size, child.pods_with_leader // size
        return self._minimum(children, domain.pods, domain.leaders, size, slices=size > 1)

    def _found(self, domains: Sequence[Domain]) -> Found:
        identity = self.topology.identity
        ordered = sorted(domains, key=lambda domain: domain.values)
        workers = {identity(domain.values): domain.pods for domain in ordered if domain.pods > 0}
        found: Found = {self.workers.number: workers}
        if self.leader:
            found[self.leader.number] = {
                identity(domain.values): domain.leaders for domain in ordered if domain.leaders > 0
            }
        return found

    # counting

    def _count(self, assumed: Mapping[Values, Amounts], empty: bool) -> None:
        for level in self.topology.by_level:
            for domain in level:
                domain.clear()
        for leaf in self.topology.leaves_for(self.workers.pod_set):
            self._count_leaf(leaf, self.topology.remaining(leaf, empty, assumed))
        for domain in self.topology.by_level[0]:
            self._add_up(domain, 0)

    def _count_leaf(self, leaf: Domain, left: Amounts) -> None:
        leaf.pods = leaf.pods_with_leader = pods_in(left, self.workers.requests)
        if self.leader and pods_in(left, self.leader.requests) > 0:
            leaf.leaders = 1
            for resource, amount in self.leader.requests:
                left[resource] = left.get(resource, 0) - amount
            leaf.pods_with_leader = pods_in(left, self.workers.requests)

    def _add_up(self, domain: Domain, level: int) -> None:
        if domain.children:
            self._add_children(domain, level)
        if level == self.slice_level:
            domain.slices = domain.pods // self.slice_size
            domain.slices_with_leader = domain.pods_with_leader // self.slice_size

    def _add_children(self, domain: Domain, level: int) -> None:
        """Sum the children up; beside a leader, what the child gives up that gives up least."""
        unit = self.inner_sizes.get(level + 1, 1)
        pods_lost, slices_lost = [], []
        for child in domain.children:
            self._add_up(child, level + 1)
            pods, with_leader = child.pods // unit * unit, child.pods_with_leader // unit * unit
            domain.pods += pods
            domain.slices += child.slices
            domain.leaders = max(domain.leaders, child.leaders)
            if not self.leader or child.leaders:
                pods_lost.append(pods - with_leader)
                slices_lost.append(child.slices - child.slices_with_leader)
        domain.pods_with_leader = domain.pods - min(pods_lost) if pods_lost else 0
        domain.slices_with_leader = domain.slices - min(slices_lost) if slices_lost else 0

    # choosing

    def _sorted(self, domains: Sequence[Domain]) -> list[Domain]:
        sign = 1 if self.unconstrained else -1
        return sorted(domains, key=lambda domain: (sign * domain.slices, domain.pods, domain.values))

    def _sorted_with_leader(self, domains: Sequence[Domain]) -> list[Domain]:
        sign = 1 if self.unconstrained else -1
        return sorted(
            domains,
            key=lambda domain: (
                -domain.leaders,
                sign * domain.slices_with_leader,
                domain.pods_with_leader,
                domain.values,
            ),
        )

    def _find_level(self, level: int) -> tuple[int, list[Domain]]:
        """Return the lowest level, from *level* up, with one domain for all; or else the domains that together do."""
        domains = self._sorted_with_leader(self.topology.by_level[level])
        if not domains:
            raise NoRoomError(f"no topology domains at level: {self.topology.levels[level]}")
        slices = self.workers.count // self.slice_size
        if self.unconstrained:
            for domain in domains:
                if domain.leaders >= self.leaders and _slices(domain, self.leaders) >= slices:
                    return level, [domain]
        top = domains[0]
        if top.slices_with_leader >= slices and top.leaders >= self.leaders:
            return level, [top if self.unconstrained else best(domains, slices, self.leaders, _slices)]
        if self.required:
            raise NoRoomError("topology doesn't allow to fit all pods")
        if level > 0 and not self.unconstrained:
            return self._find_level(level - 1)
        return level, self._greedy(domains, slices)

    def _greedy(self, domains: list[Domain], slices: int) -> list[Domain]:
        """Take domains for the leader, then those with the most room, until all slices are in."""
        found: list[Domain] = []
        domains = prioritized(domains, slices, self.leaders, _slices)
        leaders, index = self.leaders, 0
        while leaders > 0 and index < len(domains) and domains[index].leaders > 0:
            domain = domains[index]
            if not self.unconstrained and domain.slices_with_leader >= slices:
                domain = best(domains[index:], slices, leaders, _slices)
            found.append(domain)
            leaders -= domain.leaders
            slices -= domain.slices_with_leader
            index += 1
        if leaders > 0:
            raise NoRoomError("topology doesn't allow to fit the leader")
        rest = self._sorted(domains[index:])
        for number, domain in enumerate(rest):
            if slices <= 0:
                break
            if not self.unconstrained and domain.slices >= slices:
                domain = best(rest[number:], slices, 0, _slices)  # noqa: PLW2901 - the last one is chosen anew
            found.append(domain)
            slices -= domain.slices
        if slices > 0:
            raise NoRoomError("topology doesn't allow to fit all pods")
        return found

    def _minimum(self, domains: list[Domain], count: int, leaders: int, size: int, slices: bool) -> list[Domain]:
        """Give *count* pods, *size* at a time where *slices*, to as few of *domains* as they need, in order."""
        counted = _slices if slices else _pods
        rest = count // size if slices else count
        unit = size if slices else 1
        domains = prioritized(domains, rest, leaders, counted)
        found = []
        for index, candidate in enumerate(domains):
            domain = candidate
            enough = counted(domain, leaders) >= rest and domain.leaders >= leaders
            if enough and not self.unconstrained:
                domain = best(domains[index:], rest, leaders, counted)
            given = min(counted(domain, leaders), rest)
            domain.leaders = min(domain.leaders, leaders)
            domain.pods = given * unit
            if slices:
                domain.slices = given
            found.append(domain)
            if given == rest and domain.leaders == leaders:
                return found
            rest -= given
            leaders -= domain.leaders
        raise NoRoomError("the domains hold less than was counted")


Counted = Callable[[Domain, int], int]


def _slices(domain: Domain, leaders: int) -> int:
    return domain.slices_with_leader if leaders else domain.slices


def _pods(domain: Domain, leaders: int) -> int:
    return domain.pods_with_leader if leaders else domain.pods


def best(domains: Sequence[Domain], needed: int, leaders: int, counted: Counted) -> Domain:
    """Return the first domain with the least room that suffices; where none does, the first of all."""
    enough = [domain for domain in domains if domain.leaders >= leaders and counted(domain, leaders) >= needed]
    return min(enough, key=lambda domain: counted(domain, leaders)) if enough else domains[0]


def prioritized(domains: list[Domain], needed: int, leaders: int, counted: Counted) -> list[Domain]:
    """Move to the front the first domain for the leader that leaves enough room in all of them for the workers."""
    if leaders:
        total = sum(counted(domain, 0) for domain in domains)
        for domain in domains:
            lost = counted(domain, 0) - counted(domain, 1)
            if domain.leaders >= leaders and total - lost >= needed:
                return [domain, *(other for other in domains if other is not domain)]
    return domains
