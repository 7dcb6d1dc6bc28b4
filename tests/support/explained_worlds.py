"""A small world with two teams for tests that look at one job at one instant."""

from pathlib import Path

from scheduling.world import World
from simulator.workload import PodSet, Workload
from tenancy.manifests import read

GPU = "nvidia.com/gpu"
WORLD = """
apiVersion: kueue.x-k8s.io/v1beta2
kind: ResourceFlavor
metadata: {name: h100}
---
apiVersion: kueue.x-k8s.io/v1beta2
kind: ResourceFlavor
metadata: {name: spot}
spec:
  nodeLabels: {tier: spot}
  nodeTaints: [{key: spot, value: "true", effect: NoSchedule}]
---
apiVersion: kueue.x-k8s.io/v1beta2
kind: WorkloadPriorityClass
metadata: {name: urgent}
value: 1000
---
apiVersion: kueue.x-k8s.io/v1beta2
kind: ClusterQueue
metadata: {name: a}
spec:
  cohortName: all
  queueingStrategy: %(strategy)s
  namespaceSelector: {}
  preemption: {withinClusterQueue: LowerPriority}
  stopPolicy: %(stop)s
  resourceGroups:
  - coveredResources: [nvidia.com/gpu]
    flavors:
    - {name: h100, resources: [{name: nvidia.com/gpu, nominalQuota: 2, borrowingLimit: 1}]}
    - {name: spot, resources: [{name: nvidia.com/gpu, nominalQuota: 8}]}
---
apiVersion: kueue.x-k8s.io/v1beta2
kind: ClusterQueue
metadata: {name: b}
spec:
  cohortName: all
  namespaceSelector: {}
  resourceGroups:
  - coveredResources: [nvidia.com/gpu]
    flavors:
    - {name: h100, resources: [{name: nvidia.com/gpu, nominalQuota: 4}]}
---
apiVersion: kueue.x-k8s.io/v1beta2
kind: LocalQueue
metadata: {name: default, namespace: a}
spec: {clusterQueue: a}
---
apiVersion: kueue.x-k8s.io/v1beta2
kind: LocalQueue
metadata: {name: default, namespace: b}
spec: {clusterQueue: b}
"""


def world(folder: Path, strategy: str = "BestEffortFIFO", stop: str = "None") -> World:
    """Return queue a (2 GPUs of h100, 1 more to borrow, and 8 of spot, which is tainted) beside b (4 GPUs of h100)."""
    file = folder / "world.yaml"
    file.write_text(WORLD % {"strategy": strategy, "stop": f'"{stop}"'})
    return World(read([str(file)]))


def job(name: str, arrival: int, gpus: int, duration: int = 1000, team: str = "a", priority: int = 0) -> Workload:
    """Return a job of one pod."""
    return Workload(name, team, "default", arrival, duration, (PodSet({GPU: gpus * 1000}),), priority, team)
