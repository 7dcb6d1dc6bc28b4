"""Small worlds for job histories: an environment, and the same kind of thing as plain manifests."""

from pathlib import Path

import pytest

from scheduling.world import World, open_world
from tenancy.manifests import read

ENVIRONMENT = """
apiVersion: muster/v1alpha1
kind: Environment
metadata: {name: small}
pools:
  h100:
    node: {gpu: nvidia-h100-80gb, gpus: 8, cpu: 192, memory: 2Ti}
    tiers:
      - {name: owned, nodes: 4, purchase: owned, price: 1, labels: {gpu: h100, bought: owned}}
      - {name: spot, nodes: 2, purchase: spot, price: 1, labels: {gpu: h100, bought: spot}}
  a100:
    node: {gpu: nvidia-a100-80gb, gpus: 4, cpu: 32, memory: 512Gi}
    tiers: [{name: owned, nodes: 4, purchase: owned, price: 1}]
  cpu:
    node: {cpu: 32, memory: 128Gi}
    tiers: [{name: owned, nodes: 2, purchase: owned, price: 1}]
priorities:
  production: {value: 1000}
  exploratory: {value: 10, default: true}
"""
TEAM = """
apiVersion: muster/v1alpha1
kind: Team
metadata: {name: %s}
owners: ["group:leads"]
"""
TEAMS = {
    "vision": "quota: {h100: 16, a100: 8}\npriority: production\nnamespaces: {train: {}, evaluate: {}}",
    "speech": "quota: {a100: 8, cpu: 32}\nnamespaces: {second: {}, first: {}}",
    "tools": "quota: {cpu: 32}",
    "robots": "scheduler: volcano\nquota: {h100: 8}\nnamespaces: {jobs: {accepts: [VolcanoJob]}}",
}
QUEUES = """
apiVersion: kueue.x-k8s.io/v1beta2
kind: ClusterQueue
metadata: {name: %(name)s}
spec:
  namespaceSelector: {}
  resourceGroups:
  - coveredResources: [cpu, amd.com/gpu]
    flavors:
    - {name: f, resources: [{name: cpu, nominalQuota: 8}, {name: amd.com/gpu, nominalQuota: %(gpus)s}]}
---
apiVersion: kueue.x-k8s.io/v1beta2
kind: LocalQueue
metadata: {name: main, namespace: ns-%(name)s}
spec: {clusterQueue: %(name)s}
---
"""
FLAVOR = """
apiVersion: kueue.x-k8s.io/v1beta2
kind: ResourceFlavor
metadata: {name: f}
"""
NODE = """
---
apiVersion: v1
kind: Node
metadata: {name: node-a}
status: {allocatable: {cpu: 64, memory: 256Gi, amd.com/gpu: "4"}}
"""


@pytest.fixture
def data() -> Path:
    return Path(__file__).parent / "data"


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Return an environment: vision has 24 GPUs and two namespaces, speech 8, tools none, robots is on Volcano."""
    (tmp_path / "stack" / "teams").mkdir(parents=True)
    (tmp_path / "stack" / "environment.yaml").write_text(ENVIRONMENT)
    for name, settings in TEAMS.items():
        (tmp_path / "stack" / "teams" / f"{name}.yaml").write_text(TEAM % name + settings)
    return open_world([str(tmp_path / "stack")])


@pytest.fixture
def plain_world(tmp_path: Path) -> World:
    """Return manifests without teams: the queues big (12 GPUs) and small (4), and a node with 4 GPUs."""
    file = tmp_path / "world.yaml"
    file.write_text(QUEUES % {"name": "big", "gpus": 12} + QUEUES % {"name": "small", "gpus": 4} + FLAVOR + NODE)
    return World(read([str(file)]))
