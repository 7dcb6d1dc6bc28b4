"""Where in a world jobs can go: teams, ClusterQueues and LocalQueues, with the nodes that stand behind them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from scheduling.kueue import objects
from scheduling.kueue.objects import LocalQueueKey
from scheduling.world import World
from simulator.traces.mapping import TraceMapping
from tenancy import quantity
from tenancy.environment import Environment
from tenancy.kinds import KUEUE
from tenancy.manifests import Key, Manifest
from tenancy.namespaces import namespace_name
from tenancy.pool import Node
from tenancy.priorities import priority_of
from tenancy.team import Team

USUAL_DEVICE = "nvidia.com/gpu"
USUAL_NODE = 8
"""GPUs of a node where the world says nothing of nodes."""


class NodeShape(NamedTuple):
    """A node with GPUs, and the milli-CPU and bytes of memory beside them; 0 where they are unknown."""

    gpus: int
    cpu: int = 0
    memory: int = 0


@dataclass(frozen=True, slots=True)
class Destination:
    """A LocalQueue as the goal of jobs: *name* is what the mapping calls it, *nominal* the GPUs promised there.

    *nodes* are the shapes of the nodes with GPUs that its jobs may get, *device* the resource that they ask for.
    """

    name: str
    team: str
    namespace: str
    queue: str
    device: str
    nominal: int
    nodes: tuple[NodeShape, ...]
    priority: int = 0

    @property
    def owner(self) -> str:
        """Return the team whose quota this is; where no team is known, the destination's name."""
        return self.team or self.name


class Destinations:
    """All destinations of a world, as *mapping* wants them."""

    def __init__(self, world: World, mapping: TraceMapping) -> None:
        """Read the queues of *world*; ConfigError where the server would refuse them, or has no such pool."""
        self.environment = world.environment
        self.manifests = world.manifests
        self.mapping = mapping
        self.objects = objects.read(world.manifests)
        self.queues_of_team = self._queues_of_team()
        self._check()

    def _check(self) -> None:
        pool = self.mapping.pool
        if pool is not None and self.environment is None:
            raise self.mapping.error(["pool"], "manifests have no pools; leave it out, or name a stack folder")
        if self.environment and pool is not None and pool not in self.environment.pools:
            known = ", ".join(self.environment.pools)
            raise self.mapping.error(["pool"], f"there is no pool {pool}; there are {known}")

    def _queues_of_team(self) -> dict[str, list[Manifest]]:
        """Return the LocalQueues of every team, in the order of its namespaces; a team may have none."""
        found: dict[str, list[Manifest]] = {name: [] for name in self.environment.teams} if self.environment else {}
        for namespace in self.manifests.of_kind("", "Namespace"):
            if team := self.manifests.team(namespace):
                found.setdefault(team, [])
        for manifest in self.manifests.of_kind(KUEUE, "LocalQueue"):
            if team := self.manifests.team(manifest):
                found.setdefault(team, []).append(manifest)
        for name, queues in found.items():
            if self.environment and name in self.environment.teams:
                team_ = self.environment.teams[name]
                order = [namespace_name(team_, key) for key in team_.namespaces]
                queues.sort(
                    key=lambda queue: order.index(queue.key.namespace) if queue.key.namespace in order else len(order)
                )
        return found

    def names(self) -> list[str]:
        """Return the teams with a LocalQueue; where no queue has a team, the ClusterQueues that have one."""
        if teams := [name for name, queues in self.queues_of_team.items() if queues]:
            return teams
        named = {spec.cluster_queue for spec in self.objects.local_queues.values()}
        return sorted(named & set(self.objects.cluster_queues))

    def all(self) -> Iterator[Destination]:
        """Yield every destination that GPUs are promised to."""
        for name in self.names():
            found = self.find(name)
            if found and found.nominal:
                yield found

    def find(self, name: str) -> Destination | None:
        """Return the destination called *name*: `namespace/localqueue`, a team or a ClusterQueue; None for none."""
        if "/" in name:
            key = LocalQueueKey(*name.split("/", 1))
            return self._at(name, self._manifest(key)) if key in self.objects.local_queues else None
        if name in self.queues_of_team:
            queue = self._of_team(name)
            return self._at(name, queue) if queue else None
        keys = sorted(key for key, spec in self.objects.local_queues.items() if spec.cluster_queue == name)
        return self._at(name, self._manifest(keys[0])) if keys else None

    def _manifest(self, key: LocalQueueKey) -> Manifest:
        return self.manifests[Key(KUEUE, "LocalQueue", key.namespace, key.name)]

    def _of_team(self, name: str) -> Manifest | None:
        """Return the LocalQueue of the team's first namespace, or of the one that the mapping names."""
        queues = self.queues_of_team[name]
        wanted = self.mapping.namespaces.get(name)
        if wanted is None:
            return queues[0] if queues else None
        team = self.environment.teams.get(name) if self.environment else None
        inside = namespace_name(team, wanted) if team and wanted in team.namespaces else wanted
        chosen = [queue for queue in queues if queue.key.namespace == inside]
        if not chosen:
            known = ", ".join(sorted({queue.key.namespace for queue in queues})) or "none"
            message = f"{wanted} is no namespace of {name} with a LocalQueue; there are {known}"
            raise self.mapping.error(["namespaces", name], message)
        return chosen[0]

    def _at(self, name: str, queue: Manifest) -> Destination:
        team_name = self.manifests.team(queue)
        if self.environment and team_name in self.environment.teams:
            return self._declared(name, self.environment, self.environment.teams[team_name], queue)
        spec = self.objects.local_queues[LocalQueueKey(queue.key.namespace, queue.key.name)]
        cluster_queue = self.objects.cluster_queues.get(spec.cluster_queue)
        quotas = list(cluster_queue.nominal_quotas()) if cluster_queue else []
        device = next((resource for _, resource, _ in quotas if is_gpu(resource)), USUAL_DEVICE)
        nominal = sum(amount for _, resource, amount in quotas if resource == device)
        nodes = self._nodes(device)
        return Destination(name, team_name, queue.key.namespace, queue.key.name, device, nominal, nodes)

    def _declared(self, name: str, environment: Environment, team: Team, queue: Manifest) -> Destination:
        """Return the destination *name* as the environment describes it; GPUs are those of the team's first device."""
        wanted = self.mapping.pool
        pools = {pool: spec.node for pool, spec in environment.pools.items() if pool in team.quota and spec.node.gpus}
        pools = {pool: node for pool, node in pools.items() if wanted in {None, pool}}
        device = next((node.device for node in pools.values() if node.device), USUAL_DEVICE)
        nodes = {pool: node for pool, node in pools.items() if node.device == device}
        priority = priority_of(environment, team)
        return Destination(
            name,
            team.name,
            queue.key.namespace,
            queue.key.name,
            device,
            sum(team.quota[pool].total for pool in nodes),
            tuple(_shape(node) for node in nodes.values()),
            environment.priorities[priority].value if priority else 0,
        )

    def _nodes(self, device: str) -> tuple[NodeShape, ...]:
        """Return the shapes of the Node objects that have *device*, each once."""
        shapes = set()
        for node in self.manifests.of_kind("", "Node"):
            amounts = (node.body.get("status") or {}).get("allocatable") or {}
            sizes = [_amount(name, amounts.get(name, 0)) for name in (device, "cpu", "memory")]
            if sizes[0]:
                shapes.add(NodeShape(*sizes))
        return tuple(sorted(shapes))


def _shape(node: Node) -> NodeShape:
    return NodeShape(node.gpus, quantity.milli(node.cpu), quantity.units(node.memory))


def is_gpu(resource: str) -> bool:
    """Tell whether a resource is an extended one that counts GPUs."""
    return "/" in resource and "gpu" in resource


def _amount(resource: str, value: object) -> int:
    try:
        return quantity.amount(resource, value)
    except ValueError:
        return 0
