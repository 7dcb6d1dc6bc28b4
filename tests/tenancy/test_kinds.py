import pytest

from tenancy.kinds import KINDS, kind_of, same_value

QUOTA = KINDS["", "ResourceQuota"]
QUEUE = KINDS["kueue.x-k8s.io", "ClusterQueue"]


@pytest.mark.parametrize(
    ("kind", "path", "before", "after", "same"),
    [
        (QUOTA, ("spec", "hard", "cpu"), 8, "8000m", True),
        (QUOTA, ("spec", "hard", "memory"), "1Gi", "1024Mi", True),
        (QUOTA, ("spec", "hard", "memory"), "1G", "1Gi", False),
        (QUOTA, ("spec", "hard", "cpu"), "8", "eight", False),
        (QUOTA, ("spec", "hard", "cpu"), None, "0", False),
        (QUOTA, ("spec", "hard", "cpu"), None, None, True),
        (QUOTA, ("spec", "scopes", "[8]"), "8", 8, False),
        (QUEUE, ("spec", "fairSharing", "weight"), "1", 1, True),
        (QUEUE, ("spec", "fairSharing", "weight"), "1", True, False),
        (QUEUE, ("spec", "queueingStrategy"), "StrictFIFO", "StrictFIFO", True),
        (QUEUE, ("spec", "x"), 1, True, False),
        (QUEUE, ("spec", "x"), 1, 1.0, True),
        (QUEUE, ("spec", "x"), 0, False, False),
        (QUEUE, ("spec", "x"), "1", 1, False),
    ],
)
def test_quantities_compare_by_value_and_all_else_exactly(kind, path, before, after, same):
    assert same_value(kind, path, before, after) is same
    assert same_value(kind, path, after, before) is same


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (("", "Namespace"), ("", "ServiceAccount")),
        (("kueue.x-k8s.io", "ResourceFlavor"), ("kueue.x-k8s.io", "ClusterQueue")),
        (("kueue.x-k8s.io", "Cohort"), ("kueue.x-k8s.io", "ClusterQueue")),
        (("kueue.x-k8s.io", "ClusterQueue"), ("kueue.x-k8s.io", "LocalQueue")),
        (("scheduling.k8s.io", "PriorityClass"), ("batch", "Job")),
        (("rbac.authorization.k8s.io", "Role"), ("rbac.authorization.k8s.io", "RoleBinding")),
        (("", "LimitRange"), ("", "Pod")),
        (("kueue.x-k8s.io", "LocalQueue"), ("batch", "Job")),
    ],
)
def test_what_others_need_is_made_first(first, then):
    assert KINDS[first].order < KINDS[then].order


def test_of_an_unknown_kind_nothing_is_known():
    kind = kind_of("example.org", "Thing", namespaced=True)
    assert (kind.namespaced, kind.immutable, kind.protected) == (True, (), False)
    assert kind.order > max(known.order for known in KINDS.values())


@pytest.mark.parametrize(
    ("key", "field"),
    [
        (("scheduling.k8s.io", "PriorityClass"), "value"),
        (("scheduling.k8s.io", "PriorityClass"), "preemptionPolicy"),
        (("kueue.x-k8s.io", "LocalQueue"), "spec.clusterQueue"),
        (("kueue.x-k8s.io", "ResourceFlavor"), "spec.topologyName"),
        (("kueue.x-k8s.io", "AdmissionCheck"), "spec.controllerName"),
        (("", "ResourceQuota"), "spec.scopes"),
        (("rbac.authorization.k8s.io", "RoleBinding"), "roleRef"),
    ],
)
def test_what_the_server_refuses_to_change_is_known(key, field):
    assert field in KINDS[key].immutable


def test_namespaces_and_queues_are_protected():
    protected = {kind.name for kind in KINDS.values() if kind.protected}
    assert protected == {"Namespace", "ClusterQueue", "LocalQueue", "Queue"}
