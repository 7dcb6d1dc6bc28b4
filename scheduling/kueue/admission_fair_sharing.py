"""Admission fair sharing: LocalQueues of one ClusterQueue take turns by what they have used lately.

Each LocalQueue has a decaying memory of what its workloads held. It is brought up to date at every sampling interval
and when a workload is admitted, which also costs it an entry penalty at once. Usage is a sum of plain numbers (cores
and bytes), so memory decides unless the manager's `resourceWeights` say otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from scheduling.kueue.api import ClusterQueueSpec
from scheduling.kueue.objects import LocalQueueKey, Objects
from tenancy.duration import milliseconds
from tenancy.kueue_configuration import AdmissionFairSharing

Requests = Sequence[tuple[str, int]]
MILLI = 1000.0


@dataclass(slots=True)
class Memory:
    """What one LocalQueue has used: *consumed* decays, *held* is what its admitted workloads hold now."""

    weight: float
    consumed: dict[str, float] = field(default_factory=dict)
    held: dict[str, float] = field(default_factory=dict)
    penalties: dict[int, dict[str, float]] = field(default_factory=dict)
    updated: int = 0
    sampled: int = 0


class Memories:
    """The memories of the LocalQueues of one ClusterQueue, under the manager's *settings*."""

    def __init__(self, settings: AdmissionFairSharing, weights: Mapping[LocalQueueKey, float]) -> None:
        """Begin at time 0 with nothing used."""
        self.half_life = milliseconds(settings.usage_half_life_time)
        self.interval = milliseconds(settings.usage_sampling_interval)
        self.resource_weights = settings.resource_weights
        self.of = {key: Memory(weight) for key, weight in weights.items()}

    def alpha(self, elapsed: int) -> float:
        """Return how much of the memory the last *elapsed* milliseconds make up; without half-life none."""
        return 1.0 - math.pow(0.5, elapsed / self.half_life) if self.half_life else 0.0

    def usage(self, key: LocalQueueKey, now: int) -> float:
        """Return what sorts LocalQueues: the weighted sum of what was consumed and of penalties, by weight."""
        memory = self.of[key]
        self._sample(memory, now)
        total = dict(memory.consumed)
        for penalty in memory.penalties.values():
            _add(total, penalty)
        if memory.weight <= 0:
            return math.inf
        return sum(self.resource_weights.get(name, 1.0) * total[name] for name in sorted(total)) / memory.weight

    def reserved(self, key: LocalQueueKey, uid: int, requests: Requests, now: int) -> None:
        """Charge the entry penalty of a workload that got quota."""
        memory = self.of[key]
        self._sample(memory, now)
        alpha = self.alpha(self.interval)
        memory.penalties[uid] = {name: amount * alpha for name, amount in _plain(requests).items()}

    def admitted(self, key: LocalQueueKey, uid: int, held: Requests, now: int) -> None:
        """Settle the penalty of a workload that is admitted and now holds *held*."""
        memory = self.of[key]
        self._sample(memory, now)
        _add(memory.held, _plain(held))
        self._decay(memory, now)
        _add(memory.consumed, memory.penalties.pop(uid, {}))

    def lost(self, key: LocalQueueKey, uid: int, held: Requests, now: int) -> None:
        """Take down that a workload holds *held* no more (nothing where it was not admitted yet)."""
        memory = self.of[key]
        self._sample(memory, now)
        if uid in memory.penalties:
            del memory.penalties[uid]
        else:
            _add(memory.held, _plain(held), -1.0)

    def _sample(self, memory: Memory, now: int) -> None:
        """Catch up on the sampling instants up to *now*; what is held did not change in between."""
        last = now // self.interval * self.interval
        if last > memory.sampled:
            self._decay(memory, last)
            memory.sampled = last

    def _decay(self, memory: Memory, now: int) -> None:
        alpha = self.alpha(max(0, now - memory.updated))
        for name in {*memory.consumed, *memory.held}:
            old, new = memory.consumed.get(name, 0.0), memory.held.get(name, 0.0)
            memory.consumed[name] = old * (1.0 - alpha) + new * alpha
        memory.updated = max(memory.updated, now)


def _add(total: dict[str, float], part: Mapping[str, float], factor: float = 1.0) -> None:
    for name, amount in part.items():
        total[name] = total.get(name, 0.0) + factor * amount


def _plain(requests: Requests) -> dict[str, float]:
    """Return amounts in Kueue's units as plain numbers: CPU in cores.

    >>> _plain([("cpu", 1500), ("memory", 1024)])
    {'cpu': 1.5, 'memory': 1024.0}
    """
    return {name: amount / MILLI if name == "cpu" else float(amount) for name, amount in requests}


def memories(objects: Objects, name: str, spec: ClusterQueueSpec) -> Memories | None:
    """Return the memories of a ClusterQueue whose LocalQueues share by usage; None where they do not."""
    settings = objects.configuration.admission_fair_sharing if objects.configuration else None
    scope = spec.admission_scope
    if settings is None or scope is None or scope.admission_mode != "UsageBasedAdmissionFairSharing":
        return None
    weights = {key: lq.fair_sharing.value for key, lq in objects.local_queues.items() if lq.cluster_queue == name}
    return Memories(settings, weights)
