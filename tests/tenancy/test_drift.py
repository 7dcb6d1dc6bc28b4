"""What counts as drift of a live cluster."""

import copy
from typing import Any

from support.manifests import manifests
from tenancy.difference import Verb
from tenancy.drift import drift

QUOTA: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "ResourceQuota",
    "metadata": {"name": "team", "namespace": "vision", "labels": {"app.kubernetes.io/managed-by": "muster"}},
    "spec": {"hard": {"requests.nvidia.com/gpu": 8, "requests.cpu": "8000m"}},
}
POLICY: dict[str, Any] = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "dns", "namespace": "vision"},
    "spec": {"podSelector": {}, "ingress": [], "egress": [{"ports": [{"port": 53}]}]},
}
JOB: dict[str, Any] = {
    "apiVersion": "batch/v1",
    "kind": "Job",
    "metadata": {"name": "gang", "namespace": "vision"},
    "spec": {"suspend": True, "template": {"spec": {"containers": [{"name": "main", "image": "a:1"}]}}},
}


def changed(body: dict[str, Any], *path: Any, to: Any) -> dict[str, Any]:
    body = copy.deepcopy(body)
    at: Any = body
    for key in path[:-1]:
        at = at.setdefault(key, {}) if isinstance(at, dict) else at[key]
    if to is None:
        del at[path[-1]]
    else:
        at[path[-1]] = to
    return body


def fields(wanted: dict[str, Any], live: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    return [(f.path, f.before, f.after) for change in drift(manifests(wanted), manifests(live)) for f in change.fields]


def test_what_the_server_and_controllers_fill_in_is_no_drift() -> None:
    live = changed(QUOTA, "metadata", "uid", to="x")
    live["spec"]["hard"]["requests.cpu"] = "8"
    live["metadata"]["annotations"] = {"somebody.example.org/was": "here"}
    assert fields(QUOTA, live) == []
    filled = changed(POLICY, "spec", "egress", 0, "ports", 0, "protocol", to="UDP")
    del filled["spec"]["ingress"]
    assert fields(POLICY, filled) == []
    running = changed(JOB, "spec", "suspend", to=False)
    running["spec"]["template"]["spec"]["dnsPolicy"] = "ClusterFirst"
    assert fields(JOB, running) == []


def test_another_value_is_drift_and_so_is_a_key_more_where_all_keys_count() -> None:
    live = changed(QUOTA, "spec", "hard", "requests.nvidia.com/gpu", to=16)
    live["spec"]["hard"]["pods"] = "5"
    assert fields(QUOTA, live) == [
        ("spec.hard.pods", None, "5"),
        ("spec.hard[requests.nvidia.com/gpu]", 8, 16),
    ]
    assert fields(POLICY, changed(POLICY, "spec", "egress", to=[])) == [("spec.egress", POLICY["spec"]["egress"], [])]
    image = changed(JOB, "spec", "template", "spec", "containers", 0, "image", to="a:2")
    assert fields(JOB, image) == [("spec.template.spec.containers[main].image", "a:1", "a:2")]


def test_a_value_that_is_gone_is_drift() -> None:
    live = changed(QUOTA, "spec", "hard", "requests.cpu", to=None)
    assert fields(QUOTA, live) == [("spec.hard[requests.cpu]", "8000m", None)]


def test_objects_that_are_missing_or_more_than_declared() -> None:
    more = changed(QUOTA, "metadata", "name", to="more")
    foreign = changed(more, "metadata", "labels", to={})
    foreign["metadata"]["name"] = "foreign"
    found = drift(manifests(QUOTA, POLICY), manifests(QUOTA, more, foreign))
    assert {(change.verb, change.key.name) for change in found} == {(Verb.REMOVED, "dns"), (Verb.ADDED, "more")}
