"""Whose jobs go where: every tenant of a history gets a destination, or a reason why not."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import cycle
from typing import NamedTuple

from simulator.traces.destinations import Destination, Destinations
from simulator.traces.mapping import API_VERSION, KIND, SKIP, SPREAD, TraceMapping
from tenancy.errors import TraceError
from tenancy.finding import quoted
from tenancy.mistakes import did_you_mean

SHOWN = 10


class Tenant(NamedTuple):
    """A tenant of a history: how many jobs it has and what they use, in GPU-milliseconds."""

    name: str
    jobs: int
    work: int


def tenants(works: Iterable[tuple[str, int]]) -> list[Tenant]:
    """Return the tenants of jobs given as tenant and work: the one with most work first, ties by name.

    >>> tenants([("b", 5), ("a", 1), ("b", 2)])
    [Tenant(name='b', jobs=2, work=7), Tenant(name='a', jobs=1, work=1)]
    """
    found: dict[str, list[int]] = {}
    for name, work in works:
        sums = found.setdefault(name, [0, 0])
        sums[0] += 1
        sums[1] += work
    listed = [Tenant(name, jobs, work) for name, (jobs, work) in found.items()]
    return sorted(listed, key=lambda tenant: (-tenant.work, -tenant.jobs, tenant.name))


@dataclass(slots=True)
class Allotment:
    """Gives *everyone* in a history a destination, the largest first; *notes* say who was dealt where or left out.

    A tenant goes where the mapping lists it, else to what is called like it, else where `others` says. ConfigError
    where the mapping names no destination, TraceError with the lines to add where tenants have none.
    """

    everyone: Sequence[Tenant]
    mapping: TraceMapping
    destinations: Destinations
    field_name: str
    source: str
    found: dict[str, Destination] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def settle(self) -> None:
        """Fill in *found* and *notes*."""
        listed = {name: self._named(["teams", name], goal) for name, goal in self.mapping.teams.items()}
        unlisted = []
        for tenant in self.everyone:
            if destination := listed.get(tenant.name) or self.destinations.find(tenant.name):
                self._take(tenant, destination)
            elif tenant.name in self.destinations.queues_of_team:
                self.notes.append(f"{tenant.jobs:,} jobs left out: their team {tenant.name} has no LocalQueue")
            else:
                unlisted.append(tenant)
        self._note_absent()
        if unlisted and self.mapping.others is None:
            raise TraceError("\n".join(self._refusal(unlisted)), self.source)
        if unlisted:
            self._settle_others(unlisted)

    def _take(self, tenant: Tenant, destination: Destination) -> None:
        pool = self.mapping.pool
        if pool is None or destination.nodes:
            self.found[tenant.name] = destination
        else:
            self.notes.append(f"{tenant.jobs:,} jobs left out: their team {destination.name} has no quota of {pool}")

    def _named(self, path: list[str], goal: str) -> Destination:
        destination, pool = self.destinations.find(goal), self.mapping.pool
        if destination is None and goal in self.destinations.queues_of_team:
            raise self.mapping.error(path, f"the team {goal} has no LocalQueue; name another team")
        if destination is None:
            near = did_you_mean(goal, self.destinations.names())
            raise self.mapping.error(path, f"{quoted(goal)} is no team or queue here{near}")
        if pool is not None and not destination.nodes:
            raise self.mapping.error(path, f"the team {goal} has no quota of {pool}; name another team or pool")
        return destination

    def _note_absent(self) -> None:
        known = {tenant.name for tenant in self.everyone}
        if absent := [name for name in self.mapping.teams if name not in known]:
            self.notes.append(f"the mapping lists {', '.join(absent)}, but no job has that as its {self.field_name}")

    def _settle_others(self, unlisted: Sequence[Tenant]) -> None:
        count = f"{sum(tenant.jobs for tenant in unlisted):,} jobs of tenants that are not listed"
        if self.mapping.others == SKIP:
            self.notes.append(f"{count} left out: {_largest(unlisted)}")
        elif self.mapping.others == SPREAD:
            self.notes += self._deal(unlisted)
        else:
            goal = self._named(["others"], str(self.mapping.others))
            self.found |= dict.fromkeys((tenant.name for tenant in unlisted), goal)
            self.notes.append(f"{count} go to {goal.name}: {_largest(unlisted)}")

    def _deal(self, unlisted: Sequence[Tenant]) -> Iterator[str]:
        """Deal whole tenants: each goes to whoever has the least work so far for its nominal quota."""
        goals = {goal.owner: goal for goal in self.destinations.all()}
        if not goals:
            raise self.mapping.error(["others"], "nobody here is promised GPUs; list the tenants under teams")
        sums = dict.fromkeys(goals, 0)
        for tenant in self.everyone:
            goal = self.found.get(tenant.name)
            if goal and goal.owner in sums:
                sums[goal.owner] += tenant.work
        dealt: dict[str, list[Tenant]] = {name: [] for name in goals}
        for tenant in unlisted:
            name = min(goals, key=lambda goal: (Fraction(sums[goal], goals[goal].nominal), -goals[goal].nominal, goal))
            self.found[tenant.name] = goals[name]
            sums[name] += tenant.work
            dealt[name].append(tenant)
        for name, theirs in dealt.items():
            if theirs:
                yield f"{name} was dealt {_largest(theirs)}"

    def _refusal(self, unlisted: Sequence[Tenant]) -> Iterator[str]:
        """Name the largest tenants without a team, and show the mapping that would give them one."""
        goals = [goal.name for goal in self.destinations.all()] or self.destinations.names() or ["TEAM"]
        count = f"{len(unlisted)} of {len(self.everyone)} tenants (field {self.field_name})"
        yield f"{count} have no team; list them in a mapping file such as"
        yield f"  apiVersion: {API_VERSION}"
        yield f"  kind: {KIND}"
        yield f"  team: {self.field_name}"
        yield "  teams:"
        whole = sum(tenant.work for tenant in self.everyone) or 1
        for tenant, goal in zip(unlisted[:SHOWN], cycle(goals), strict=False):
            share = f"{tenant.jobs:,} jobs, {100 * tenant.work / whole:.1f} % of the GPU time"
            yield f"    {json.dumps(tenant.name)}: {goal}  # {share}"
        rest = len(unlisted) - SHOWN
        whom = f"the other {rest} tenants" if rest > 0 else "tenants that are not listed"
        yield f"  others: {SPREAD}  # {whom}: {SPREAD} them over all teams, {SKIP} them, or name a team"


def _largest(listed: Sequence[Tenant]) -> str:
    names = [f"{tenant.name or '(none)'} ({tenant.jobs:,} jobs)" for tenant in listed[:SHOWN]]
    more = [f"{len(listed) - SHOWN} more"] if len(listed) > SHOWN else []
    return ", ".join(names + more)
