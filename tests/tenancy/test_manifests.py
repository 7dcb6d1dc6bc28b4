import io
import sys

import pytest
import yaml

from tenancy.errors import ConfigError
from tenancy.finding import Place, Severity
from tenancy.manifests import Key, Manifests, Origin, declared, group_of, read, to_yaml

CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: x}\ndata: {k: v}\n"


@pytest.fixture
def file(tmp_path):
    """Write a file of manifests, return its path."""

    def write(text, name="f.yaml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return str(path)

    return write


def refused(*paths):
    with pytest.raises(ConfigError) as caught:
        read(paths)
    return [f"{f.place.line}:{f.place.column}: {f.message}" for f in caught.value.findings]


def test_objects_are_keyed_and_know_where_they_stand(file):
    path = file(f"# first\n---\n{CONFIG_MAP}---\nkind: Namespace\napiVersion: v1\nmetadata: {{name: x}}\n")
    found = read([path])
    assert list(found) == [Key("", "Namespace", "", "x"), Key("", "ConfigMap", "x", "a")]
    origin = found[Key("", "ConfigMap", "x", "a")].origin
    assert origin.place == Place(path, 3, 1)
    assert origin.of(["data", "k"]) == Place(path, 6, 8)
    assert origin.of(["data", "missing"]) == Place(path, 6, 1)


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}, ("", "ConfigMap", "default", "a")),
        (
            {"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "Cohort", "metadata": {"name": "a", "namespace": "x"}},
            ("kueue.x-k8s.io", "Cohort", "", "a"),
        ),
        (
            {"apiVersion": "example.org/v1", "kind": "Thing", "metadata": {"name": "a", "namespace": "x"}},
            ("example.org", "Thing", "x", "a"),
        ),
        (
            {"apiVersion": "example.org/v1", "kind": "Thing", "metadata": {"name": "a"}},
            ("example.org", "Thing", "", "a"),
        ),
        (
            {"apiVersion": "config.kueue.x-k8s.io/v1beta2", "kind": "Configuration"},
            ("config.kueue.x-k8s.io", "Configuration", "", ""),
        ),
    ],
)
def test_keys(file, body, key):
    assert list(read([file(yaml.safe_dump(body))])) == [Key(*key)]


def test_lists_are_opened_and_their_items_know_where_they_stand(file):
    text = (
        "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: a}\n"
        "- apiVersion: v1\n  kind: List\n  items:\n  - apiVersion: v1\n    kind: ConfigMap\n    metadata: {name: b}\n"
    )
    found = read([file(text)])
    assert [(key.name, manifest.origin.place.line) for key, manifest in found.items()] == [("a", 4), ("b", 10)]


def test_items_of_a_typed_list_have_its_kind(file):
    text = '{"apiVersion": "batch/v1", "kind": "JobList", "items": [{"metadata": {"name": "a", "namespace": "x"}}]}'
    (manifest,) = read([file(text, "f.json")]).values()
    assert manifest.key == Key("batch", "Job", "x", "a")
    assert manifest.body["apiVersion"] == "batch/v1"


def test_an_empty_list_holds_nothing(file):
    assert len(read([file("apiVersion: v1\nkind: List\nitems: []\n")])) == 0


def test_exports_of_a_live_cluster_are_read(file):
    text = (
        CONFIG_MAP.replace("name: a,", "name: a, managedFields: [{manager: m}], uid: u,") + "status: {x: 1}\nnew: 1\n"
    )
    (manifest,) = read([file(text)]).values()
    assert manifest.body["status"] == {"x": 1}
    assert manifest.spec == {}


def test_folders_are_read_to_the_bottom_and_only_yaml_and_json(file, tmp_path):
    file(CONFIG_MAP)
    file(CONFIG_MAP.replace("name: a", "name: b"), "deep/er/f.yml")
    file('{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}', "deep/f.json")
    file("not read", "notes.txt")
    assert sorted(key.name for key in read([str(tmp_path)])) == ["a", "b", "c"]


def test_a_folder_without_manifests_is_said(tmp_path):
    assert refused(str(tmp_path)) == ["0:0: holds no file that ends in .yaml, .yml, .json"]


def test_links_out_of_a_folder_are_left_out_and_said(file, tmp_path):
    outside = file(CONFIG_MAP.replace("name: a", "name: secret"), "outside.yaml")
    file(CONFIG_MAP, "in/f.yaml")
    (tmp_path / "in/link.yaml").symlink_to(outside)
    (tmp_path / "in/dangling.yaml").symlink_to("nowhere")
    (tmp_path / "in/inside.yaml").symlink_to(tmp_path / "in/f.yaml")
    found = read([str(tmp_path / "in")])
    assert [key.name for key in found] == ["a"]
    assert [(f.place.file.rpartition("/")[2], f.severity) for f in found.skipped] == [
        ("dangling.yaml", Severity.INFO),
        ("link.yaml", Severity.INFO),
    ]


def test_what_is_no_object_of_the_cluster_is_left_out_and_said(file):
    kustomization = "apiVersion: kustomize.config.k8s.io/v1\nkind: Kustomization\n"
    text = f"{kustomization}---\napiVersion: muster/v1alpha1\nkind: Team\n---\n{CONFIG_MAP}"
    found = read([file(text)])
    assert len(found) == 1
    assert [(finding.place.line, finding.message) for finding in found.skipped] == [
        (1, "Kustomization is no object of the cluster; left out"),
        (4, "Team is no object of the cluster; left out"),
    ]


def test_standard_input_is_read(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(CONFIG_MAP.encode())))
    (manifest,) = read(["-"]).values()
    assert manifest.origin.place == Place("stdin", 1, 1)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("- 1", "1:1: is no Kubernetes object; it begins with apiVersion and kind"),
        ("text", "1:1: is no Kubernetes object; it begins with apiVersion and kind"),
        ("kind: A", "1:1: is no Kubernetes object: the field apiVersion is missing"),
        ("apiVersion: v1", "1:1: is no Kubernetes object: the field kind is missing"),
        ("kind: A\napiVersion: 1", "2:1: is no Kubernetes object: the field apiVersion is no text; quote it"),
        ("kind: A\napiVersion: v1\nmetadata: []", "3:1: metadata of a 'A' is no mapping"),
        ("kind: A\napiVersion: v1\nmetadata:", "3:1: metadata of a 'A' is no mapping"),
        ("kind: A\napiVersion: v1\nspec: 5", "3:1: spec of a 'A' is no mapping"),
        ("kind: A\napiVersion: v1\nmetadata:\n  name: 12", "4:3: metadata.name must be text; quote it"),
        ("kind: A\napiVersion: v1\nmetadata:\n  namespace: no", "4:3: metadata.namespace must be text; quote it"),
        ("kind: A\napiVersion: v1\nmetadata:\n  namespace:", None),
        ("kind: A\napiVersion: v1\nmetadata:\n  namespace: yes", "4:3: metadata.namespace must be text; quote it"),
        (
            "kind: A\napiVersion: v1\nmetadata:\n  labels: {a: 1}",
            "4:3: metadata.labels must map text to text; quote the values",
        ),
        (
            "kind: A\napiVersion: v1\nmetadata:\n  annotations: [a]",
            "4:3: metadata.annotations must map text to text; quote the values",
        ),
        ("kind: List\napiVersion: v1\nitems:", "3:1: the items of a List must be a list"),
        ("kind: List\napiVersion: v1", "1:1: the items of a List must be a list"),
        ("kind: List\napiVersion: v1\nitems: [1]", "3:9: is no Kubernetes object; it begins with apiVersion and kind"),
    ],
)
def test_what_is_no_object_is_refused_where_it_stands(file, text, line):
    if line:
        assert refused(file(text)) == [line]
    else:
        assert len(read([file(text)])) == 1


def test_all_files_are_judged_at_once(file, tmp_path):
    file("a: [", "1.yaml")
    file("{", "2.json")
    (tmp_path / "3.yaml").write_bytes(b"\xff")
    file("kind: A", "4.yaml")
    assert [line.split(": ")[1].split(";")[0] for line in refused(str(tmp_path), str(tmp_path / "no.yaml"))] == [
        "is no YAML",
        "is no JSON",
        "byte 0xff is no UTF-8",
        "is no Kubernetes object",
        "cannot be read",
    ]


def test_what_is_declared_twice_is_refused_with_both_places(file):
    path = file(f"{CONFIG_MAP}---\n{CONFIG_MAP}")
    assert refused(path) == [f"6:1: ConfigMap/x/a is declared twice, also at {path}:1:1; rename or remove one"]


def test_of_a_namespace_declared_twice_its_objects_are_not_counted_up(file):
    space = "apiVersion: v1\nkind: Namespace\nmetadata: {name: x}\n"
    path = file(f"{space}---\n{CONFIG_MAP}---\n{space}---\n{CONFIG_MAP}")
    assert len(refused(path)) == 1


def test_each_use_of_a_generated_name_is_an_object_of_its_own(file):
    job = "apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: a-}\n"
    found = read([file(f"{job}---\n{job}---\n{job.replace('generateName: a-', 'name: a-1')}")])
    assert [key.name for key in found] == ["a-#1", "a-#2", "a-1"]


def test_teams_are_known_by_label_or_namespace():
    def manifest(kind, name, namespace=None, **labels):
        metadata = {"name": name, **({"namespace": namespace} if namespace else {}), "labels": labels}
        return declared({"apiVersion": "v1", "kind": kind, "metadata": metadata}, Origin(Place("f")))

    label = {"muster/team": "a"}
    space, inside = manifest("Namespace", "x", **label), manifest("ConfigMap", "c", "x")
    other, own = manifest("ConfigMap", "c", "y1"), manifest("ConfigMap", "d", "x", **{"muster/team": "b"})
    world = Manifests([space, inside, other, own])
    assert [world.team(manifest) for manifest in (space, inside, other, own)] == ["a", "a", "", "b"]
    assert [manifest.key.name for manifest in world.of_kind("", "ConfigMap")] == ["c", "d", "c"]
    assert list(world.of_kind("", "Secret")) == []


def test_a_declared_object_knows_where_its_parts_come_from():
    parts = {("spec", "groups", 0): Place("f", 7), ("spec",): Place("f", 5)}
    origin = Origin(Place("f", 1), ("teams", "a"), parts=parts)
    assert origin.of(("spec", "groups", 0, "flavors")) == Place("f", 7)
    assert origin.of(("spec", "groups", 1)) == Place("f", 5)
    assert origin.of(("metadata",)) == Place("f", 1)


def test_equal_objects_give_equal_bytes(file):
    shuffled = "kind: ConfigMap\ndata: {k: v}\nmetadata: {namespace: x, name: a}\napiVersion: v1\n"
    first, second = (to_yaml(read([file(text)]).values()) for text in (CONFIG_MAP, shuffled))
    assert first == second == "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  namespace: x\ndata:\n  k: v\n"


def test_a_stream_reads_back_as_the_objects_it_was_written_of(file):
    text = to_yaml(read([file(f"{CONFIG_MAP}---\n{CONFIG_MAP.replace('name: a', 'name: b')}")]).values())
    assert [key.name for key in read([file(text, "again.yaml")])] == ["a", "b"]


@pytest.mark.parametrize(("version", "group"), [("v1", ""), ("batch/v1", "batch"), ("a.b/v1beta1", "a.b")])
def test_groups(version, group):
    assert group_of(version) == group
