import pytest

from tenancy.difference import Verb, difference, immutable_changes
from tenancy.finding import Place
from tenancy.kinds import KINDS
from tenancy.manifests import Manifests, Origin, declared, read

KUEUE = "kueue.x-k8s.io/v1beta2"


def manifest(api_version, kind, name, namespace=None, team=None, **fields):
    metadata = {"name": name, **({"namespace": namespace} if namespace else {}), **fields.pop("metadata", {})}
    if team:
        metadata["labels"] = {"muster/team": team}
    return declared({"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}, Origin(Place("f")))


def quota(hard, **metadata):
    return manifest("v1", "ResourceQuota", "q", "x", spec={"hard": hard}, metadata=metadata)


def fields(before, after):
    """Return what changes between two objects, as (path, before, after)."""
    (change,) = difference(Manifests([before]), Manifests([after])) or (None,)
    return [(f.path, f.before, f.after) for f in change.fields] if change else []


def test_objects_are_added_and_removed_by_team():
    space = manifest("v1", "Namespace", "a-x", team="a")
    inside = manifest("v1", "ConfigMap", "c", "a-x")
    alone = manifest(KUEUE, "Cohort", "all", spec={})
    found = difference(Manifests([space]), Manifests([space, inside, alone]))
    assert [(change.verb, change.team, str(change.key)) for change in found] == [
        (Verb.ADDED, "", "Cohort/all"),
        (Verb.ADDED, "a", "ConfigMap/a-x/c"),
    ]
    gone = difference(Manifests([space, inside]), Manifests([alone]))
    assert [(change.verb, change.team) for change in gone] == [
        (Verb.ADDED, ""),
        (Verb.REMOVED, "a"),
        (Verb.REMOVED, "a"),
    ]


def test_quantities_compare_by_value():
    assert fields(quota({"requests.cpu": 8}), quota({"requests.cpu": "8000m"})) == []
    changed = fields(quota({"requests.cpu": 8}), quota({"requests.cpu": "9"}))
    assert changed == [("spec.hard.[requests.cpu]".replace(".[", "["), 8, "9")]


def test_what_only_the_server_writes_is_no_change():
    written = {
        "uid": "u",
        "resourceVersion": "7",
        "creationTimestamp": "t",
        "generation": 2,
        "managedFields": [{}],
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"},
    }
    live = manifest("v1", "ConfigMap", "c", "x", metadata=written, status={"x": 1})
    assert fields(manifest("v1", "ConfigMap", "c", "x"), live) == []
    live.body["metadata"]["annotations"]["mine"] = "1"
    assert fields(manifest("v1", "ConfigMap", "c", "x"), live) == [("metadata.annotations", None, {"mine": "1"})]


def test_lists_of_named_things_compare_by_name():
    def queue(*flavors):
        groups = [{"name": name, "resources": [{"name": "cpu", "nominalQuota": n}]} for name, n in flavors]
        return manifest(KUEUE, "ClusterQueue", "q", spec={"resourceGroups": [{"flavors": groups}]})

    path = "spec.resourceGroups[0].flavors"
    assert fields(queue(("a", 1), ("b", 2)), queue(("a", "1000m"), ("b", 3))) == [
        (f"{path}[b].resources[cpu].nominalQuota", 2, 3)
    ]
    assert fields(queue(("a", 1), ("b", 2)), queue(("b", 2), ("a", 1))) == [(f"{path} (order)", ["a", "b"], ["b", "a"])]
    (added,) = fields(queue(("a", 1)), queue(("a", 1), ("b", 2)))
    assert (added[0], added[1], added[2]["name"]) == (f"{path}[b]", None, "b")


def test_other_lists_compare_by_place_or_as_a_whole():
    def policy(*ports):
        rules = [{"ports": [{"port": port} for port in ports]}]
        return manifest("networking.k8s.io/v1", "NetworkPolicy", "p", "x", spec={"egress": rules})

    assert fields(policy(1, 2), policy(1, 3)) == [("spec.egress[0].ports[1].port", 2, 3)]
    assert fields(policy(1), policy(1, 2)) == [("spec.egress[0].ports", [{"port": 1}], [{"port": 1}, {"port": 2}])]


def test_lists_of_text_compare_as_sets_with_an_order():
    def flavor(*verbs):
        return manifest("rbac.authorization.k8s.io/v1", "Role", "r", "x", rules=[{"verbs": list(verbs)}])

    assert fields(flavor("get", "list"), flavor("get", "watch")) == [
        ("rules[0].verbs[list]", "list", None),
        ("rules[0].verbs[watch]", None, "watch"),
    ]
    assert fields(flavor("a", "b"), flavor("b", "a")) == [("rules[0].verbs (order)", ["a", "b"], ["b", "a"])]
    assert fields(flavor("a", "a"), flavor("a", "b")) == [("rules[0].verbs[1]", "a", "b")]


@pytest.mark.parametrize(
    ("kind", "name", "before", "after", "because"),
    [
        ("scheduling.k8s.io/v1", "PriorityClass", {"value": 1}, {"value": 2}, ("value",)),
        ("scheduling.k8s.io/v1", "PriorityClass", {"value": 1}, {"value": 1, "description": "d"}, ()),
        (KUEUE, "LocalQueue", {"spec": {"clusterQueue": "a"}}, {"spec": {"clusterQueue": "b"}}, ("spec.clusterQueue",)),
        ("batch/v1", "Job", {"spec": {"template": {"a": 1}}}, {"spec": {"template": {"a": 2}}}, ("spec.template",)),
        ("batch/v1", "Job", {"spec": {"templateX": 1}}, {"spec": {"templateX": 2}}, ()),
        ("batch/v1", "Job", {"spec": {"parallelism": 1}}, {"spec": {"parallelism": 2}}, ()),
    ],
)
def test_a_change_of_what_cannot_change_is_a_replacement(kind, name, before, after, because):
    old, new = (manifest(kind, name, "o", **body) for body in (before, after))
    (change,) = difference(Manifests([old]), Manifests([new]))
    assert change.verb is (Verb.REPLACED if because else Verb.CHANGED)
    assert change.because == because


def test_immutable_fields_hold_their_members_and_no_neighbours():
    job = KINDS["batch", "Job"]
    assert immutable_changes(job, ["spec.template.spec.x"]) == ("spec.template",)
    assert immutable_changes(job, ["spec.template[a]"]) == ("spec.template",)
    assert immutable_changes(job, ["spec.templates", "spec"]) == ()


def test_a_file_does_not_differ_from_itself_in_another_version_of_the_api(tmp_path):
    text = "apiVersion: kueue.x-k8s.io/{}\nkind: Cohort\nmetadata: {{name: a}}\nspec: {{parentName: b}}\n"
    for version in ("v1beta1", "v1beta2"):
        (tmp_path / f"{version}.yaml").write_text(text.format(version))
    old, new = (read([str(tmp_path / f"{version}.yaml")]) for version in ("v1beta1", "v1beta2"))
    assert difference(old, new) == ()
