"""What the API server refuses of quotas, limits, priorities and network policies.

Seeded mutants of these objects are put before a real API server in tests/e2e/test_accepted.py.
"""

from typing import Any

import pytest

from tenancy.core_api import LimitRangeSpec, PriorityClassBody, ResourceQuotaSpec
from tenancy.core_objects import refusals, typed
from tenancy.finding import Place
from tenancy.manifests import Manifests, Origin, declared
from tenancy.network_api import NetworkPolicySpec

GROUPS = {
    "ResourceQuota": "v1",
    "LimitRange": "v1",
    "PriorityClass": "scheduling.k8s.io/v1",
    "NetworkPolicy": "networking.k8s.io/v1",
}


def world(kind: str, **parts: Any) -> Manifests:
    body = {"apiVersion": GROUPS[kind], "kind": kind, "metadata": {"name": "a", "namespace": "n"}, **parts}
    return Manifests([declared(body, Origin(Place("a.yaml", 1, 1)))])


def said(kind: str, **parts: Any) -> list[str]:
    return [f"{finding.path}: {finding.message}" for finding in refusals(world(kind, **parts))]


def limits(**item: Any) -> list[str]:
    return said("LimitRange", spec={"limits": [{"type": "Container", **item}]})


def peer(**peer: Any) -> list[str]:
    return said("NetworkPolicy", spec={"ingress": [{"from": [peer]}]})


def port(**port: Any) -> list[str]:
    return said("NetworkPolicy", spec={"egress": [{"ports": [port]}]})


@pytest.mark.parametrize(
    "spec",
    [
        {},
        None,
        {"hard": {"limits.nvidia.com/gpu": 8, "count/jobs.batch": 5, "hugepages-2Mi": "1Gi", "services": None}},
        {"hard": {"requests.nvidia.com/gpu": "2500m"}},
        {"hard": {"requests.nvidia.com/gpu": 8}, "scopes": ["BestEffort"]},
        {"hard": {"requests.storage": "1Ti"}, "scopes": ["VolumeAttributesClass"]},
    ],
)
def test_quotas_that_are_accepted(spec: Any) -> None:
    assert said("ResourceQuota", spec=spec) == []


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"hard": {"gpu": 1}}, "spec: hard.gpu is nothing that can be limited; devices are requests.<device>"),
        ({"hard": {"pods": "1.5"}}, "spec: hard.pods: 1.5 is no whole number"),
        ({"hard": {"nvidia.com/gpu": "2500m"}}, "spec: hard.nvidia.com/gpu: 2500m is no whole number"),
        ({"hard": {"cpu": -1}}, "spec.hard.cpu: -1 is below 0"),
        (
            {"hard": {"ephemeral-storage": 1}, "scopes": ["PriorityClass"]},
            "spec: hard.ephemeral-storage cannot be limited under scope PriorityClass; take it out of this quota",
        ),
        ({"scopes": ["Terminating", "NotTerminating"]}, "scopes Terminating and NotTerminating exclude each other"),
        (
            {"scopeSelector": {"matchExpressions": [{"scopeName": "BestEffort", "operator": "In", "values": ["a"]}]}},
            "scope BestEffort takes operator Exists alone",
        ),
        (
            {"scopeSelector": {"matchExpressions": [{"scopeName": "PriorityClass", "operator": "In"}]}},
            "operator In needs values",
        ),
        ({"scopes": ["Forever"]}, "Forever"),
    ],
)
def test_quotas_that_are_refused(spec: Any, message: str) -> None:
    (found,) = said("ResourceQuota", spec=spec)
    assert message in found


def test_limits_as_the_server_fills_them_in() -> None:
    assert limits(max={"cpu": "2"}, min={"cpu": "1"}) == []
    assert limits(max={"cpu": "2"}, default={"cpu": "4"}) == ["spec.limits[0]: cpu: defaultRequest 4 is above max 2"]
    assert limits(min={"cpu": "2"}, default={"cpu": "1"}) == ["spec.limits[0]: cpu: min 2 is above defaultRequest 1"]
    assert limits(max={"memory": "1Gi"}, maxLimitRequestRatio={"memory": "500m"}) == [
        "spec.limits[0]: memory: maxLimitRequestRatio is below 1"
    ]
    assert limits(min={"cpu": 1}, max={"cpu": 2}, maxLimitRequestRatio={"cpu": 3}) == [
        "spec.limits[0]: cpu: maxLimitRequestRatio is above max / min, so that it says nothing"
    ]
    assert limits(default={"nvidia.com/gpu": 1}, defaultRequest={"nvidia.com/gpu": 0}) == [
        "spec.limits[0]: nvidia.com/gpu: default and defaultRequest must be equal, since it is not overcommitted"
    ]


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"type": "Pod", "default": {"cpu": 1}}, "type Pod takes no default"),
        ({"type": "PersistentVolumeClaim"}, "needs min.storage or max.storage"),
        ({"type": "Container", "max": {"pods": 1}}, "pods is no resource that Container can have"),
        ({"type": "Container", "max": {"requests.nvidia.com/gpu": 1}}, "is no resource that Container can have"),
        ({"type": "PersistentVolumeClaim", "max": {"storage": 1, "gpu": 1}}, "gpu is no resource"),
        ({"type": "Node"}, "Node is none of Container, Pod, PersistentVolumeClaim"),
    ],
)
def test_limits_that_are_refused(item: Any, message: str) -> None:
    (found,) = said("LimitRange", spec={"limits": [item]})
    assert message in found


def test_a_type_of_limits_stands_once() -> None:
    assert said("LimitRange", spec={"limits": [{"type": "Pod"}, {"type": "Pod"}]}) == [
        "spec: type Pod stands twice; keep one"
    ]
    assert said("LimitRange", spec={"limits": [{"type": "example.org/a", "max": {"example.org/b": 1}}]}) == []


def test_priorities_end_at_a_billion() -> None:
    assert said("PriorityClass", value=1_000_000_000, preemptionPolicy="Never") == []
    assert said("PriorityClass", value=1_000_000_001) == [
        ": value 1000000001 is above 1000000000, the highest for users"
    ]
    assert said("PriorityClass", value=1, preemptionPolicy="never")


def test_kubernetes_own_priorities_are_those_it_knows() -> None:
    names = {"name": "system-node-critical", "namespace": "n"}
    assert said("PriorityClass", value=2_000_001_000, metadata=names) == []
    assert said("PriorityClass", value=1, metadata=names)
    assert said("PriorityClass", value=1, metadata={"name": "system-mine", "namespace": "n"})


def test_peers_and_ports() -> None:
    assert peer(podSelector={}, namespaceSelector={}) == []
    assert peer(ipBlock={"cidr": "10.1.2.3/8", "except": ["10.0.0.0/9"]}) == []
    assert "it has none" in peer()[0]
    assert "no selector" in peer(podSelector={}, ipBlock={"cidr": "::/0"})[0]
    assert "is no part of" in peer(ipBlock={"cidr": "10.0.0.0/8", "except": ["10.0.0.0/8"]})[0]
    assert "is no CIDR" in peer(ipBlock={"cidr": "10.0.0.0"})[0]
    assert "is no CIDR" in peer(ipBlock={"cidr": "10.0.0.0/33"})[0]
    assert port(port="https") == port(port=1, endPort=2) == port(protocol="SCTP") == []
    assert "endPort needs port" in port(port="https", endPort=2)[0]
    assert "is not between" in port(port=3, endPort=2)[0]
    assert "is no port" in port(port=0)[0]
    assert "is no name of a port" in port(port="443")[0]


def test_what_a_policy_closes_without_types() -> None:
    assert NetworkPolicySpec().types == ("Ingress",)
    assert NetworkPolicySpec.model_validate({"egress": [{}]}).types == ("Ingress", "Egress")
    assert NetworkPolicySpec.model_validate({"policyTypes": ["Egress"]}).types == ("Egress",)


def test_typed_objects_are_those_that_are_accepted() -> None:
    assert [spec.hard for _, spec in typed(world("ResourceQuota", spec={"hard": {"pods": 1}}), ResourceQuotaSpec)] == [
        {"pods": 1}
    ]
    assert list(typed(world("ResourceQuota", spec={"hard": {"gpu": 1}}), ResourceQuotaSpec)) == []
    assert list(typed(world("ResourceQuota"), LimitRangeSpec)) == []
    assert [spec.value for _, spec in typed(world("PriorityClass", value=3), PriorityClassBody)] == [3]


def test_a_refusal_points_to_its_object() -> None:
    (finding,) = refusals(world("ResourceQuota", spec=5))
    assert (finding.target, finding.path, finding.place) == ("ResourceQuota/n/a", "spec", Place("a.yaml", 1, 1))
