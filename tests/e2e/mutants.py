"""Valid Kueue objects, and seeded damage to them."""

import copy
import json
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any

Body = dict[str, Any]
VALUES: tuple[Any, ...] = (
    0,
    1,
    -1,
    8,
    2**31 - 1,
    2**31,
    -(2**31),
    "",
    "0",
    "1",
    "-1",
    "500m",
    "1n",
    "2n",
    "1e3",
    "8Gi",
    "8 GPUs",
    "a",
    "A",
    "a b",
    "a.b",
    "a..b",
    "a_b",
    "-a",
    "a/b",
    "example.org/a",
    "Example.org/a",
    "/a",
    "x" * 63,
    "x" * 64,
    "x" * 253,
    "x" * 254,
    "None",
    "Never",
    "Any",
    "Hold",
    "LowerPriority",
    "LowerOrNewerEqualPriority",
    "StrictFIFO",
    "BestEffortFIFO",
    "TryNextFlavor",
    "MayStopSearch",
    "PreemptionOverBorrowing",
    "NoSchedule",
    "NoExecute",
    "Exists",
    "Equal",
    "Gt",
    "In",
    "NotIn",
    "kubernetes.io/hostname",
    "kueue.x-k8s.io",
    "scheduling.k8s.io",
    True,
    False,
    [],
    ["a"],
    ["a", "a"],
    {},
    {"a": "b"},
    {"a b": "c"},
)


def _quota(name: str, **more: Any) -> Body:
    return {"name": name, "nominalQuota": 8, **more}


def _kueue(kind: str, spec: Body, namespace: str = "", **top: Any) -> Body:
    metadata = {"name": "mutant", **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": kind, "metadata": metadata, "spec": spec, **top}


GROUPS = [
    {
        "coveredResources": ["cpu", "nvidia.com/gpu"],
        "flavors": [
            {
                "name": name,
                "resources": [_quota("cpu", borrowingLimit="4"), _quota("nvidia.com/gpu", lendingLimit=4)],
            }
            for name in ("h100", "spot")
        ],
    },
    {"coveredResources": ["memory"], "flavors": [{"name": "any", "resources": [_quota("memory")]}]},
]
SELECTOR = {
    "matchLabels": {"team": "a"},
    "matchExpressions": [{"key": "tier", "operator": "In", "values": ["gold", "silver"]}],
}
CONTAINER = {"name": "c", "image": "i", "resources": {"requests": {"cpu": "1", "nvidia.com/gpu": 1}}}
TEMPLATE = {"spec": {"containers": [CONTAINER], "restartPolicy": "Never"}}
BASES: tuple[Body, ...] = (
    _kueue(
        "ClusterQueue",
        {
            "resourceGroups": GROUPS,
            "cohortName": "all",
            "queueingStrategy": "BestEffortFIFO",
            "namespaceSelector": SELECTOR,
            "flavorFungibility": {
                "whenCanBorrow": "TryNextFlavor",
                "whenCanPreempt": "TryNextFlavor",
                "preference": "BorrowingOverPreemption",
            },
            "preemption": {
                "reclaimWithinCohort": "Any",
                "borrowWithinCohort": {"policy": "LowerPriority", "maxPriorityThreshold": 100},
                "withinClusterQueue": "LowerPriority",
            },
            "admissionChecksStrategy": {
                "admissionChecks": [{"name": "check", "onFlavors": ["spot"]}, {"name": "other"}]
            },
            "stopPolicy": "None",
            "fairSharing": {"weight": "1"},
            "admissionScope": {"admissionMode": "NoAdmissionFairSharing"},
        },
    ),
    _kueue("Cohort", {"parentName": "root", "resourceGroups": GROUPS, "fairSharing": {"weight": 2}}),
    _kueue("LocalQueue", {"clusterQueue": "a", "stopPolicy": "None", "fairSharing": {"weight": 1}}, "default"),
    _kueue(
        "ResourceFlavor",
        {
            "nodeLabels": {"pool": "h100", "example.org/tier": "spot"},
            "nodeTaints": [
                {"key": "pool", "value": "h100", "effect": "NoSchedule"},
                {"key": "example.org/spot", "effect": "NoExecute"},
            ],
            "tolerations": [
                {"key": "pool", "operator": "Equal", "value": "h100", "effect": "NoSchedule"},
                {"key": "spot", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 60},
            ],
            "topologyName": "racks",
        },
    ),
    _kueue("Topology", {"levels": [{"nodeLabel": "example.org/rack"}, {"nodeLabel": "kubernetes.io/hostname"}]}),
    _kueue(
        "AdmissionCheck",
        {
            "controllerName": "kueue.x-k8s.io/provisioning-request",
            "parameters": {"apiGroup": "kueue.x-k8s.io", "kind": "ProvisioningRequestConfig", "name": "settings"},
        },
    ),
    _kueue(
        "ProvisioningRequestConfig",
        {
            "provisioningClassName": "queued",
            "parameters": {"a": "b"},
            "managedResources": ["nvidia.com/gpu"],
            "retryStrategy": {"backoffLimitCount": 3, "backoffBaseSeconds": 60, "backoffMaxSeconds": 1800},
            "podSetUpdates": {"nodeSelector": [{"key": "pool", "valueFromProvisioningClassDetail": "pool"}]},
            "podSetMergePolicy": "IdenticalPodTemplates",
        },
    ),
    _kueue("MultiKueueConfig", {"clusters": ["one", "two"]}),
    _kueue("MultiKueueCluster", {"clusterSource": {"kubeConfig": {"location": "secret", "locationType": "Secret"}}}),
    {
        "apiVersion": "kueue.x-k8s.io/v1beta2",
        "kind": "WorkloadPriorityClass",
        "metadata": {"name": "mutant"},
        "value": 100,
        "description": "text",
    },
    _kueue(
        "Workload",
        {
            "queueName": "default",
            "priority": 5,
            "priorityClassRef": {"group": "kueue.x-k8s.io", "kind": "WorkloadPriorityClass", "name": "high"},
            "active": True,
            "maximumExecutionTimeSeconds": 60,
            "podSets": [
                {
                    "name": "main",
                    "count": 4,
                    "minCount": 2,
                    "template": TEMPLATE,
                    "topologyRequest": {
                        "required": "example.org/rack",
                        "podSetSliceRequiredTopology": "kubernetes.io/hostname",
                        "podSetSliceSize": 2,
                    },
                },
                {"name": "other", "template": TEMPLATE},
            ],
        },
        "default",
    ),
)
UNREAD = ("template", "apiVersion", "kind", "metadata")
"""Parts that are not damaged: of a pod template Kueue judges amounts alone."""


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value below *value*."""
    members: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in members:
        if key not in UNREAD:
            yield (*path, key)
            yield from places(member, (*path, key))
        elif key == "template":
            yield from _amounts((*path, key))


def _amounts(path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    requests = (*path, "spec", "containers", 0, "resources", "requests")
    yield (*requests, "cpu")
    yield (*requests, "nvidia.com/gpu")


def mutant(random: Random, base: Mapping[str, Any], values: Sequence[Any] = VALUES) -> Body:
    """Return *base* with one or two parts replaced by *values*, removed, doubled or exchanged for another part."""
    body: Body = json.loads(json.dumps(base))  # so that no two parts are one
    for _ in range(random.choice([1, 1, 2])):
        found = list(places(body))
        if not found:
            break
        path = random.choice(found)
        at: Any = body
        for key in path[:-1]:
            at = at[key]
        key, how = path[-1], random.choice(["replace", "replace", "replace", "remove", "double", "swap"])
        if how == "remove":
            del at[key]
        elif how == "double" and isinstance(at, list):
            at.append(copy.deepcopy(at[key]))
        elif how == "swap":
            other = random.choice(found)
            at[key] = copy.deepcopy(_value(body, other)) if other[: len(path)] != path else at[key]
        else:
            at[key] = copy.deepcopy(random.choice(values))
    return body


def _value(body: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        body = body[key]
    return body
