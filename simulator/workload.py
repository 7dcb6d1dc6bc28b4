"""One job that wants resources: what engines replay.

Amounts are integers: thousandths for cpu and devices (1500 is one CPU and a half, 1000 is one GPU), bytes for
memory. Times are milliseconds since the start of the run.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

BYTES = frozenset({"memory", "ephemeral-storage"})
SCALE = 1000


@dataclass(frozen=True, slots=True)
class PodSet:
    """*count* pods of one shape; *requests* is what one of them asks for.

    With *min_count* the workload may start with fewer. What stands under *template* (nodeSelector, tolerations,
    affinity) and *topology* (a podSet's topologyRequest) has the form of the Kubernetes API.
    """

    requests: Mapping[str, int]
    count: int = 1
    name: str = "main"
    min_count: int | None = None
    template: Mapping[str, Any] = field(default_factory=dict)
    topology: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Workload:
    """One job: *queue* is its LocalQueue in *namespace*; *duration* is how long it runs once it has started.

    With a *time_limit* (Kueue's maximumExecutionTimeSeconds, here in milliseconds) it is given up when it has run for
    that long, attempts before included.
    """

    name: str
    namespace: str
    queue: str
    arrival: int
    duration: int
    pod_sets: tuple[PodSet, ...]
    priority: int = 0
    team: str = ""
    user: str = ""
    time_limit: int | None = None

    def total(self, resource: str) -> int:
        """Return what all its pods together ask of *resource*."""
        return sum(pod_set.requests.get(resource, 0) * pod_set.count for pod_set in self.pod_sets)
