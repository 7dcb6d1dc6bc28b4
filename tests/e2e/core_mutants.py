"""Valid core objects, and what may stand in them by mistake."""

from typing import Any

from e2e.mutants import VALUES, Body


def _core(group: str, kind: str, namespace: str = "default", **parts: Any) -> Body:
    metadata = {"name": "mutant", **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": group, "kind": kind, "metadata": metadata, **parts}


SELECTOR = {
    "matchLabels": {"team": "a"},
    "matchExpressions": [{"key": "tier", "operator": "In", "values": ["gold", "silver"]}],
}
PORTS = [{"protocol": "TCP", "port": 443, "endPort": 500}, {"port": "https"}]
PEERS = [
    {"podSelector": SELECTOR, "namespaceSelector": {"matchLabels": {"a": "b"}}},
    {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}},
]
CORE_BASES: tuple[Body, ...] = (
    _core("v1", "ResourceQuota", spec={"hard": {"requests.nvidia.com/gpu": 8, "requests.cpu": "4", "pods": 10}}),
    _core(
        "v1",
        "ResourceQuota",
        spec={
            "hard": {"requests.nvidia.com/gpu": 8, "limits.memory": "64Gi", "pods": 10},
            "scopes": ["NotTerminating"],
            "scopeSelector": {
                "matchExpressions": [
                    {"scopeName": "PriorityClass", "operator": "In", "values": ["high", "low"]},
                    {"scopeName": "NotBestEffort", "operator": "Exists"},
                ]
            },
        },
    ),
    _core(
        "v1",
        "LimitRange",
        spec={
            "limits": [
                {
                    "type": "Container",
                    "min": {"cpu": "100m"},
                    "max": {"cpu": "8", "memory": "64Gi", "nvidia.com/gpu": 8},
                    "default": {"cpu": "2", "memory": "8Gi"},
                    "defaultRequest": {"cpu": "500m", "memory": "4Gi"},
                    "maxLimitRequestRatio": {"cpu": "4"},
                },
                {"type": "Pod", "max": {"cpu": "64"}, "min": {"cpu": 1}},
                {"type": "PersistentVolumeClaim", "max": {"storage": "1Ti"}, "min": {"storage": "1Gi"}},
            ]
        },
    ),
    _core(
        "scheduling.k8s.io/v1",
        "PriorityClass",
        "",
        value=1000,
        globalDefault=False,
        description="text",
        preemptionPolicy="Never",
    ),
    _core(
        "networking.k8s.io/v1",
        "NetworkPolicy",
        spec={
            "podSelector": SELECTOR,
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"from": PEERS, "ports": PORTS}],
            "egress": [{"to": PEERS, "ports": PORTS}],
        },
    ),
)
CORE_VALUES: tuple[Any, ...] = (
    *VALUES,
    *("Container", "Pod", "PersistentVolumeClaim", "PreemptLowerPriority", "BestEffort", "NotBestEffort"),
    *("Terminating", "NotTerminating", "PriorityClass", "CrossNamespacePodAffinity", "VolumeAttributesClass"),
    *("10.0.0.0/8", "10.1.2.3/32", "10.0.0.0", "::/0", "0.0.0.0/0", "10.0.0.0/33", "TCP", "SCTP", "tcp", "Ingress"),
    *(80, 65535, 65536, 1_000_000_000, 1_000_000_001, "https", "443"),
    {"limits.nvidia.com/gpu": 8},
    {"nvidia.com/gpu": "2500m"},
    {"requests.nvidia.com/gpu": "2500m"},
    {"pods": "1.5"},
    {"ephemeral-storage": 1},
    {"storage": 1},
    {"hugepages-2Mi": "1Gi"},
    {"requests.storage": "1Ti", "persistentvolumeclaims": 3},
    {"count/jobs.batch": 5},
    {"gpu": 1},
)
