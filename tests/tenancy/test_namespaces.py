import pytest

from support.stacks import H100, loaded
from tenancy import namespaces
from tenancy.namespaces import capped, hard_limits, namespace_name
from tenancy.quantity import quantity

GPU = "requests.nvidia.com/gpu"
AMD = {
    "node": {"gpu": "amd-mi300x", "gpus": 8, "cpu": 64, "memory": "512Gi"},
    "tiers": [{"name": "owned", "nodes": 1, "purchase": "owned", "price": 1}],
}


def declared(environment):
    return {(m.key.kind, m.key.namespace or m.key.name): m.body for m in namespaces.declare(environment)}


def test_namespaces_carry_owner_cost_and_pod_security(tmp_path):
    team = {
        "metadata": {"name": "a", "title": "Team A"},
        "owners": ["oidc:x", "oidc:y"],
        "contact": "a@example.org",
        "costCenter": "CC-1",
        "quota": {"h100": 8},
        "namespaces": {"train": {}, "notebooks": {"podSecurity": "baseline"}},
    }
    found = declared(loaded(tmp_path, {"kubernetes": "1.34"}, a=team))
    metadata = found["Namespace", "a-train"]["metadata"]
    assert metadata["labels"] == {
        "app.kubernetes.io/managed-by": "muster",
        "muster/team": "a",
        "muster/environment": "test",
        "muster/cost-center": "CC-1",
        "pod-security.kubernetes.io/enforce": "restricted",
        "pod-security.kubernetes.io/enforce-version": "v1.34",
        "pod-security.kubernetes.io/audit": "restricted",
        "pod-security.kubernetes.io/audit-version": "v1.34",
        "pod-security.kubernetes.io/warn": "restricted",
        "pod-security.kubernetes.io/warn-version": "v1.34",
    }
    assert metadata["annotations"] == {
        "muster/owners": "oidc:x,oidc:y",
        "muster/contact": "a@example.org",
        "muster/title": "Team A",
    }
    labels = found["Namespace", "a-notebooks"]["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "baseline"


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({}, "a-x1"),
        ({"namespaces": {"x1": {"name": "legacy", "adopt": True}}}, "legacy"),
        ({"metadata": {"name": "a", "renamedFrom": ["old", "older"]}}, "old-x1"),
    ],
)
def test_names_of_namespaces(tmp_path, fields, name):
    team = loaded(tmp_path, a={"quota": {"h100": 8}, "namespaces": {"x1": {}}, **fields}).teams["a"]
    assert namespace_name(team, "x1") == name


def test_accounts_of_jobs_hold_no_token(tmp_path):
    account = declared(loaded(tmp_path, a={"quota": {"h100": 8}}))["ServiceAccount", "a-jobs"]
    assert account["automountServiceAccountToken"] is False


@pytest.mark.parametrize(
    ("quota", "cap", "expected"),
    [
        ({"h100": 8}, {}, {}),
        ({"cpu": 8}, {}, {"nvidia.com/gpu": 0}),
        ({}, {}, {"nvidia.com/gpu": 0}),
        ({"h100": 8}, {"h100": 2}, {"nvidia.com/gpu": 2, "cpu": 16_000, "memory": 128 * 2**30}),
        ({"h100": 8}, {"h100": 0}, {"nvidia.com/gpu": 0, "cpu": 0, "memory": 0}),
        ({"h100": 8, "cpu": 8}, {"h100": 2}, {"nvidia.com/gpu": 2}),
        ({"h100": 8, "cpu": 8}, {"cpu": 4}, {}),
        ({"h100": 8, "cpu": 8}, {"h100": 2, "cpu": 4}, {"nvidia.com/gpu": 2, "cpu": 20_000, "memory": 144 * 2**30}),
    ],
)
def test_only_what_the_queue_can_never_exceed_is_limited(tmp_path, quota, cap, expected):
    environment = loaded(tmp_path, a={"quota": quota, "namespaces": {"x1": {"cap": cap}}})
    team = environment.teams["a"]
    assert capped(environment, team, team.namespaces["x1"]) == expected


def test_devices_of_pools_without_quota_are_limited_to_none(tmp_path):
    team = {"quota": {"amd": 8}, "namespaces": {"x1": {"cap": {"amd": 1}}, "x2": {}}}
    environment = loaded(tmp_path, {"pools": {"amd": AMD, "h100": H100}}, a=team)
    team = environment.teams["a"]
    found = {key: capped(environment, team, namespace) for key, namespace in team.namespaces.items()}
    assert found["x1"] == {"amd.com/gpu": 1, "nvidia.com/gpu": 0, "cpu": 8000, "memory": 64 * 2**30}
    assert found["x2"] == {"nvidia.com/gpu": 0}


def test_hard_limits_are_keys_that_the_api_server_counts(tmp_path):
    counts = {"pods": 50, "jobs.batch": None}
    team = {"quota": {"h100": 8}, "counts": counts, "namespaces": {"x1": {"cap": {"h100": 2}}}}
    environment = loaded(tmp_path, a=team)
    found = hard_limits(environment, environment.teams["a"], environment.teams["a"].namespaces["x1"])
    assert found == {
        "count/pods": "50",
        "count/configmaps": "500",
        "count/secrets": "500",
        "count/persistentvolumeclaims": "100",
        "services.loadbalancers": "0",
        "services.nodeports": "0",
        "requests.cpu": "16",
        "requests.memory": "128Gi",
        GPU: "2",
    }


def test_where_cpu_is_limited_containers_get_requests_and_no_limits(tmp_path):
    team = {
        "quota": {"h100": 8},
        "container": {"cpu": "500m"},
        "namespaces": {"x1": {"cap": {"h100": 2}}, "x2": {}},
    }
    found = declared(loaded(tmp_path, a=team))
    (limit,) = found["LimitRange", "a-x1"]["spec"]["limits"]
    assert limit == {"type": "Container", "defaultRequest": {"cpu": "500m", "memory": "4Gi"}}
    assert ("LimitRange", "a-x2") not in found
    assert "requests.cpu" not in found["ResourceQuota", "a-x2"]["spec"]["hard"]


def test_gpus_are_limited_in_whole_gpus(tmp_path):
    team = {"quota": {"h100": 8}, "namespaces": {"x1": {"cap": {"h100": 3}}}}
    hard = declared(loaded(tmp_path, a=team))["ResourceQuota", "a-x1"]["spec"]["hard"]
    assert quantity(hard[GPU]).denominator == 1
