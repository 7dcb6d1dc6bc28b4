"""How a job's GPUs become pods."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from simulator.traces.destinations import USUAL_NODE, Destination, NodeShape
from simulator.workload import SCALE, PodSet


class Size(NamedTuple):
    """What a job asks for: whole *gpus*, and where it asks for none, milli-CPU and bytes; *pods* is 0 where unknown."""

    gpus: int
    pods: int = 0
    cpu: int = 0
    memory: int = 0


@dataclass(slots=True)
class Shaper:
    """Makes pod sets: a pod gets at most *pod_gpus* (by default what the largest node has), equal sizes share theirs.

    With *companions* each pod asks for the CPU and memory that go with its GPUs on every node it may get, so that
    it strands no GPU wherever its queue puts it. *template* is what all pods have in common.
    """

    pod_gpus: int | None = None
    companions: bool = False
    template: Mapping[str, Any] = field(default_factory=dict)
    made: dict[tuple[str, Size], tuple[PodSet, ...]] = field(default_factory=dict)

    def most(self, destination: Destination) -> int:
        """Return the most GPUs that one pod gets at *destination*."""
        return self.pod_gpus or max((node.gpus for node in destination.nodes), default=USUAL_NODE)

    def pod_sets(self, destination: Destination, size: Size) -> tuple[PodSet, ...]:
        """Return the pods of a job of *size*: of its own number where that divides its GPUs, else as few as hold them.

        What does not divide is one smaller pod in a pod set of its own.
        """
        key = destination.name, size
        if key not in self.made:
            self.made[key] = self._pod_sets(destination, size)
        return self.made[key]

    def _pod_sets(self, destination: Destination, size: Size) -> tuple[PodSet, ...]:
        if not size.gpus:
            count = max(1, size.pods)
            requests = {"cpu": -(-size.cpu // count), "memory": -(-size.memory // count)}
            wanted = {name: amount for name, amount in requests.items() if amount}
            return (PodSet(wanted, count, template=self.template),)
        each = self._gpus_of_a_pod(destination, size)
        count, rest = divmod(size.gpus, each)
        whole = PodSet(self._requests(destination, each), count, template=self.template)
        if not rest:
            return (whole,)
        return whole, PodSet(self._requests(destination, rest), 1, "rest", template=self.template)

    def _gpus_of_a_pod(self, destination: Destination, size: Size) -> int:
        most = min(self.most(destination), size.gpus)
        if size.pods and size.gpus % size.pods == 0 and size.gpus // size.pods <= most:
            return size.gpus // size.pods
        return most

    def _requests(self, destination: Destination, gpus: int) -> dict[str, int]:
        requests = {destination.device: gpus * SCALE}
        fitting = [node for node in destination.nodes if node.gpus >= gpus] or list(destination.nodes)
        if self.companions and fitting:
            requests["cpu"] = min(_share(node, node.cpu, gpus) for node in fitting)
            requests["memory"] = min(_share(node, node.memory, gpus) for node in fitting)
        return {name: amount for name, amount in requests.items() if amount}


def _share(node: NodeShape, amount: int, gpus: int) -> int:
    return amount * gpus // node.gpus
