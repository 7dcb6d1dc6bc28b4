import pytest
import yaml

from scheduling.declare import declare as everything
from scheduling.kueue.declare import configuration, declare
from scheduling.kueue.objects import read, refusals
from support.stacks import EXAMPLES, H100, NAMES, loaded
from tenancy.load import load
from tenancy.manifests import Manifests

KUEUE = "kueue.x-k8s.io"
GPU = "nvidia.com/gpu"


def world(tmp_path, environment=None, **teams):
    return Manifests(declare(loaded(tmp_path, environment, **teams)))


def specs(manifests, kind):
    return {manifest.key.name: manifest.spec for manifest in manifests.of_kind(KUEUE, kind)}


def quotas(spec, resource=GPU):
    """Return nominal, borrowing and lending limit of *resource* by flavor, in the order of the spec."""
    names = ("nominalQuota", "borrowingLimit", "lendingLimit")
    return {
        flavor["name"]: tuple(held.get(name) for name in names)
        for group in spec.get("resourceGroups", [])
        for flavor in group["flavors"]
        for held in flavor["resources"]
        if held["name"] == resource
    }


@pytest.mark.parametrize("name", NAMES)
def test_kueue_accepts_the_examples(name):
    manifests = everything(load(EXAMPLES / name))
    assert refusals(manifests) == []
    objects = read(manifests)
    assert set(objects.parents().values()) <= {f"cohort/{cohort}" for cohort in objects.cohorts}
    assert {queue.cluster_queue for queue in objects.local_queues.values()} <= objects.cluster_queues.keys()
    assert {key.namespace for key in objects.local_queues} <= objects.namespaces.keys()


def test_each_tier_is_a_flavor_known_by_its_labels(tmp_path):
    tiers = [
        {**H100["tiers"][0], "labels": {"pool": "gold"}, "taints": [{"key": "gpu", "value": "yes"}]},
        H100["tiers"][2],
    ]
    flavors = specs(world(tmp_path, {"pools": {"h100": {**H100, "tiers": tiers}}}), "ResourceFlavor")
    taint = {"key": "gpu", "value": "yes", "effect": "NoSchedule"}
    assert flavors == {
        "h100-owned": {
            "nodeLabels": {"pool": "gold"},
            "nodeTaints": [taint],
            "tolerations": [{**taint, "operator": "Equal"}],
        },
        "h100-spot": {"nodeLabels": {"muster/pool": "h100", "muster/tier": "spot"}},
    }


def test_a_queue_lists_every_tier_and_the_cohort_holds_the_rest(tmp_path):
    found = world(tmp_path, a={"quota": {"h100": 12}}, b={"quota": {"h100": 6}})
    queues = specs(found, "ClusterQueue")
    zero = ("0", None, None)
    assert quotas(queues["a"]) == {
        "h100-owned": ("4", None, None),
        "h100-reserved": ("8", None, None),
        "h100-spot": zero,
    }
    assert quotas(queues["b"]) == {
        "h100-owned": ("2", None, None),
        "h100-reserved": ("4", None, None),
        "h100-spot": zero,
    }
    cohort = specs(found, "Cohort")["all"]
    assert quotas(cohort) == {
        "h100-owned": ("2", None, None),
        "h100-reserved": ("4", None, None),
        "h100-spot": ("32", None, None),
    }
    assert quotas(cohort, "cpu")["h100-spot"] == ("256", None, None)
    assert queues["a"]["cohortName"] == "all"


def test_of_every_tier_exactly_what_there_is_is_handed_out(tmp_path):
    found = world(tmp_path, a={"quota": {"h100": 12}}, b={"quota": {"h100": 6, "cpu": 10}})
    for resource, sizes in [
        (GPU, {"h100-owned": 8, "h100-reserved": 16, "h100-spot": 32}),
        ("cpu", {"h100-owned": 64, "h100-reserved": 128, "h100-spot": 256, "cpu-owned": 64}),
    ]:
        total = dict.fromkeys(sizes, 0)
        for spec in [*specs(found, "ClusterQueue").values(), *specs(found, "Cohort").values()]:
            for flavor, (nominal, *_) in quotas(spec, resource).items():
                total[flavor] = total.get(flavor, 0) + int(nominal)
        assert {flavor: held for flavor, held in total.items() if held} == sizes


def test_defaults_of_a_queue_are_the_safe_ones(tmp_path):
    queue = specs(world(tmp_path, a={"quota": {"h100": 8}}), "ClusterQueue")["a"]
    assert queue["queueingStrategy"] == "BestEffortFIFO"
    assert queue["preemption"] == {"reclaimWithinCohort": "Any", "withinClusterQueue": "LowerPriority"}
    assert queue["flavorFungibility"] == {"whenCanBorrow": "MayStopSearch", "whenCanPreempt": "TryNextFlavor"}
    assert queue["namespaceSelector"] == {
        "matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["a-jobs"]}]
    }
    assert "fairSharing" not in queue


def test_settings_of_a_team_reach_its_queue(tmp_path):
    queue = {
        "queueingStrategy": "StrictFIFO",
        "borrowWithinCohort": {"policy": "LowerPriority", "maxPriorityThreshold": 100},
        "flavorFungibility": {
            "whenCanBorrow": "TryNextFlavor",
            "whenCanPreempt": "TryNextFlavor",
            "preference": "PreemptionOverBorrowing",
        },
        "weight": 2.5,
    }
    found = world(tmp_path, a={"quota": {"h100": {"nominal": 8, "borrow": {"spot": 3}, "lend": 1}}, "queue": queue})
    spec = specs(found, "ClusterQueue")["a"]
    assert spec["queueingStrategy"] == "StrictFIFO"
    assert spec["preemption"]["borrowWithinCohort"] == queue["borrowWithinCohort"]
    assert spec["flavorFungibility"] == queue["flavorFungibility"]
    assert spec["fairSharing"] == {"weight": "2.5"}
    assert quotas(spec) == {
        "h100-owned": ("3", None, "0"),
        "h100-reserved": ("5", None, "1"),
        "h100-spot": ("0", "3", None),
    }
    assert refusals(found) == []


def test_a_team_alone_has_its_own_and_no_limits(tmp_path):
    found = world(tmp_path, a={"quota": {"h100": 8}, "cohort": None})
    spec = specs(found, "ClusterQueue")["a"]
    assert "cohortName" not in spec
    assert quotas(spec) == {"h100-owned": ("3", None, None), "h100-reserved": ("5", None, None)}


def test_nodes_of_ones_own_are_marked_and_shared_with_nobody(tmp_path):
    team = {"metadata": {"name": "a", "renamedFrom": ["old"]}, "isolation": "node-pool"}
    found = world(tmp_path, a={**team, "quota": {"h100": {"nominal": {"owned": 8}}}}, b={"quota": {"h100": 8}})
    mark = {"key": "muster/team", "value": "old", "effect": "NoSchedule"}
    assert specs(found, "ResourceFlavor")["h100-owned-old"] == {
        "nodeLabels": {"muster/pool": "h100", "muster/tier": "owned", "muster/team": "old"},
        "nodeTaints": [mark],
        "tolerations": [{**mark, "operator": "Equal"}],
    }
    queue = specs(found, "ClusterQueue")["old"]
    assert "cohortName" not in queue
    assert quotas(queue) == {"h100-owned-old": ("8", None, None)}
    assert "h100-owned" not in quotas(specs(found, "Cohort")["all"])


CAPPED = {
    "quota": {"h100": {"nominal": 12, "borrow": 4, "lend": 6}},
    "queue": {"weight": 3},
    "namespaces": {"open": {}, "small": {"cap": {"h100": 2}}},
}


def test_a_cap_is_a_queue_inside_a_cohort_of_the_team(tmp_path):
    found = world(tmp_path, a=CAPPED)
    cohort = specs(found, "Cohort")["a"]
    assert (cohort["parentName"], cohort["fairSharing"]) == ("all", {"weight": "3"})
    assert quotas(cohort) == {
        "h100-owned": ("0", "4", "2"),
        "h100-reserved": ("0", "4", "4"),
        "h100-spot": ("0", "4", None),
    }
    queues = specs(found, "ClusterQueue")
    assert {queue["cohortName"] for queue in queues.values()} == {"a"}
    assert quotas(queues["a"]) == {
        "h100-owned": ("2", None, None),
        "h100-reserved": ("8", None, None),
        "h100-spot": ("0", None, None),
    }
    assert quotas(queues["a-small"]) == {"h100-owned": ("2", "0", None)}
    assert "fairSharing" not in queues["a"]
    selected = [queue["namespaceSelector"]["matchExpressions"][0]["values"] for queue in queues.values()]
    assert selected == [["a-open"], ["a-small"]]
    local = {manifest.key.namespace: manifest.spec for manifest in found.of_kind(KUEUE, "LocalQueue")}
    assert local == {"a-open": {"clusterQueue": "a"}, "a-small": {"clusterQueue": "a-small"}}
    assert refusals(found) == []


def test_what_caps_leave_over_is_held_by_the_cohort_where_no_namespace_is_open(tmp_path):
    found = world(tmp_path, a={**CAPPED, "namespaces": {"small": {"cap": {"h100": 2}}}})
    assert list(specs(found, "ClusterQueue")) == ["a-small"]
    assert quotas(specs(found, "Cohort")["a"]) == {
        "h100-owned": ("2", "4", "2"),
        "h100-reserved": ("8", "4", "4"),
        "h100-spot": ("0", "4", None),
    }
    assert refusals(found) == []


@pytest.mark.parametrize("alone", [{"cohort": None}, {"isolation": "node-pool"}])
def test_a_cap_of_a_team_that_shares_with_nobody_stays_inside(tmp_path, alone):
    found = world(
        tmp_path, a={**alone, "quota": {"h100": 16}, "namespaces": {"open": {}, "small": {"cap": {"h100": 2}}}}
    )
    cohort = specs(found, "Cohort")["a"]
    assert cohort == {}
    assert refusals(found) == []


@pytest.mark.parametrize(
    ("fields", "count"),
    [
        ({}, 1),
        ({"quota": {}}, 0),
        ({"namespaces": {"x1": {"accepts": ["Job"]}, "x2": {"accepts": ["Notebook"]}}}, 2),
        ({"scheduler": "volcano", "namespaces": {"x1": {"accepts": ["VolcanoJob"]}}}, 0),
    ],
)
def test_every_namespace_that_kueue_serves_has_the_default_queue(tmp_path, fields, count):
    found = world(tmp_path, a={"quota": {"h100": 8}, **fields})
    names = [manifest.key.name for manifest in found.of_kind(KUEUE, "LocalQueue")]
    assert names == ["default"] * count
    assert len(found.of_kind(KUEUE, "ClusterQueue")) == min(count, 1)


def test_cohorts_hold_what_they_name_and_their_limits(tmp_path):
    cohorts = {
        "all": {"weight": 1},
        "left": {"parent": "all", "quota": {"h100": {"spot": 8}}, "borrow": {"h100": {"owned": 4}}, "lend": {"cpu": 3}},
    }
    found = specs(world(tmp_path, {"cohorts": cohorts}, a={"quota": {"h100": 8}}), "Cohort")
    assert found["all"] == {"fairSharing": {"weight": "1"}}
    assert found["left"]["parentName"] == "all"
    assert quotas(found["left"]) == {
        "cpu-owned": ("0", None, "0"),
        "h100-owned": ("0", "4", None),
        "h100-spot": ("8", None, None),
    }
    assert quotas(found["left"], "cpu")["cpu-owned"] == ("0", None, "3")


def test_priorities_are_classes_of_workloads_too(tmp_path):
    found = world(tmp_path, {"priorities": {"a": {"value": -5, "description": "d"}, "b": 7}})
    bodies = [manifest.body for manifest in found.of_kind(KUEUE, "WorkloadPriorityClass")]
    assert [(body["metadata"]["name"], body["value"], body.get("description")) for body in bodies] == [
        ("a", -5, "d"),
        ("b", 7, None),
    ]


def test_the_manager_is_told_of_every_framework_that_is_accepted(tmp_path):
    kueue = {"integrations": {"frameworks": ["ray.io/rayjob"], "labelKeysToCopy": ["y"]}, "featureGates": {"A": True}}
    environment = loaded(
        tmp_path,
        {"kueue": {**kueue, "namespace": "kueue", "waitForPodsReady": {"timeout": "5m"}}},
        a={"quota": {"h100": 8}, "namespaces": {"x1": {"accepts": ["Job", "Deployment"]}}},
    )
    expected = {
        "apiVersion": "config.kueue.x-k8s.io/v1beta2",
        "kind": "Configuration",
        "featureGates": {"A": True},
        "integrations": {
            "frameworks": ["batch/job", "deployment", "pod", "ray.io/rayjob"],
            "labelKeysToCopy": ["y"],
        },
        "waitForPodsReady": {"timeout": "5m"},
    }
    assert configuration(environment) == expected
    found = Manifests(declare(environment))
    (config_map,) = found.of_kind("", "ConfigMap")
    assert (config_map.key.namespace, config_map.key.name) == ("kueue", "kueue-manager-config")
    text = config_map.body["data"]["controller_manager_config.yaml"]
    assert yaml.safe_load(text) == expected
    assert "'y'" in text
    assert read(found).configuration.wait_for_pods_ready.timeout == "5m"


def test_every_object_comes_from_the_value_it_was_made_of(tmp_path):
    environment = loaded(tmp_path, a=CAPPED)
    sources = {str(manifest.key): manifest.origin for manifest in declare(environment)}
    for key, path in [
        ("ResourceFlavor/h100-spot", ("pools", "h100", "tiers", 2)),
        ("ClusterQueue/a", ("teams", "a", "quota")),
        ("ClusterQueue/a-small", ("teams", "a", "namespaces", "small", "cap")),
        ("LocalQueue/a-open/default", ("teams", "a", "namespaces", "open")),
        ("WorkloadPriorityClass/normal", ("priorities", "normal")),
    ]:
        assert sources[key].source == path
        assert sources[key].place == environment.place(path)
    place = sources["ClusterQueue/a"].of(("spec", "resourceGroups", 0, "flavors", 1, "resources"))
    assert place == environment.place(("teams", "a", "quota", "h100"))
