"""The Pulumi program under mocks: what it registers, with which options, and what it says to a bad stack."""

import asyncio
import contextvars
import logging.handlers
import queue
import runpy
import shutil
from functools import cache
from importlib.metadata import version
from pathlib import Path

import pulumi
import pytest
import yaml
from google.protobuf.json_format import MessageToDict
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.stack import run_pulumi_func

from scheduling.declare import declare
from tenancy.load import load
from tenancy.manifests import TEAM_LABEL, Key, group_of

ROOT = Path(__file__).parent.parent
PROGRAM = ROOT / "__main__.py"
STACKS = ("dev", "prod", "azure-team")
TEAM = "muster:tenancy:Team"
CLUSTER = "muster:tenancy:Cluster"
PROTECTION = "muster:tenancy:Protection"
STACK = "pulumi:pulumi:Stack"


class Recorder(MockMonitor):
    """Keeps every request, options included, and answers with what it was asked for."""

    def __init__(self):
        super().__init__(mocks=None)
        self.requests = {}

    def RegisterResource(self, request):  # noqa: N802 - the name of the call
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type != STACK:
            assert urn not in self.requests
            self.requests[urn] = request
        return resource_pb2.RegisterResourceResponse(urn=urn, id=request.name, object=request.object)


class Registered:
    """What one run of the program registered, and what it said."""

    def __init__(self, requests, said):
        self.requests = requests
        self.said = said
        self.urns = {_key(request): urn for urn, request in requests.items() if request.custom}

    def of(self, name):
        (found,) = (request for request in self.requests.values() if request.name == name)
        return found

    def components(self, token):
        return {request.name: request for request in self.requests.values() if request.type == token}


def _body(request):
    return MessageToDict(request.object)


def _key(request):
    body = _body(request)
    metadata = body["metadata"]
    return Key(group_of(body["apiVersion"]), body["kind"], metadata.get("namespace", ""), metadata["name"])


def run_program(stack):
    """Run the program in the working directory; settings of Pulumi and the event loop end with the run."""
    recorder, said = Recorder(), queue.SimpleQueue()
    logger = logging.Logger("program", logging.INFO)
    logger.addHandler(logging.handlers.QueueHandler(said))

    async def program():
        pulumi.runtime.set_mocks(None, project="muster", stack=stack, monitor=recorder, logger=logger)
        await run_pulumi_func(lambda: runpy.run_path(str(PROGRAM)) and None)

    contextvars.copy_context().run(asyncio.run, program())
    return Registered(recorder.requests, [said.get().getMessage() for _ in range(said.qsize())])


@cache
def registered(stack):
    return run_program(stack)


@pytest.fixture(autouse=True)
def _in_project(monkeypatch):
    monkeypatch.chdir(ROOT)


@pytest.fixture
def changed(tmp_path, monkeypatch):
    """Copy the stacks, so that a test may change them, and work there."""
    shutil.copytree(ROOT / "stacks", tmp_path / "stacks")
    monkeypatch.chdir(tmp_path)

    def change(file, before, after, called=None):
        path = tmp_path / "stacks" / file
        text = path.read_text()
        assert before in text
        path.write_text(text.replace(before, after))
        path.rename(path.with_stem(called or path.stem))

    return change


def test_program_is_short():
    assert len(PROGRAM.read_text().splitlines()) <= 30


def test_every_environment_has_a_stack_file_where_pulumi_looks():
    folder = ROOT / yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["stackConfigDir"]
    environments = {path.parent.name for path in folder.glob("*/environment.yaml")}
    assert {path.name for path in folder.glob("Pulumi.*.yaml")} == {f"Pulumi.{name}.yaml" for name in environments}


@pytest.mark.parametrize("stack", STACKS)
def test_registered_resources_equal_the_declared_manifests(stack):
    manifests = declare(load(Path("stacks", stack)))
    found = {_key(request): _body(request) for request in registered(stack).requests.values() if request.custom}
    assert found == {key: manifest.body for key, manifest in manifests.items()}


@pytest.mark.parametrize("stack", STACKS)
def test_names_say_what_an_object_is_and_not_whose(stack):
    for key, urn in registered(stack).urns.items():
        assert urn.endswith(f"::{key}")


@pytest.mark.parametrize("stack", STACKS)
def test_provider_is_that_of_the_installed_package(stack):
    versions = {request.version for request in registered(stack).requests.values() if request.custom}
    assert versions == {version("pulumi-kubernetes")}


@pytest.mark.parametrize("stack", STACKS)
def test_parent_is_the_team_of_the_label_or_the_cluster(stack):
    program = registered(stack)
    for request in program.requests.values():
        if request.custom:
            parent = program.requests[request.parent]
            team = _body(request)["metadata"].get("labels", {}).get(TEAM_LABEL)
            assert (parent.type, parent.name) == ((TEAM, team) if team else (CLUSTER, "cluster"))


@pytest.mark.parametrize("stack", STACKS)
def test_every_team_is_a_component(stack):
    assert set(registered(stack).components(TEAM)) == set(load(Path("stacks", stack)).teams)


def test_prod_protects_namespaces_and_queues_and_nothing_else():
    kinds = {"Namespace", "ClusterQueue", "LocalQueue", "Queue"}
    for request in registered("prod").requests.values():
        if request.custom:
            assert request.protect == (_key(request).kind in kinds)


@pytest.mark.parametrize("stack", ["dev", "azure-team"])
def test_other_environments_protect_nothing(stack):
    assert not [urn for urn, request in registered(stack).requests.items() if request.protect]


def test_prod_says_how_a_protected_object_is_removed():
    (said,) = registered("prod").said
    assert "`protect: false` in stacks/prod/environment.yaml" in said
    assert registered("dev").said == []


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("PriorityClass/production", ["value", "preemptionPolicy"]),
        ("LocalQueue/speech-train/default", ["spec.clusterQueue"]),
        ("ResourceFlavor/h100-spot", ["spec.topologyName"]),
        ("Namespace/speech-train", []),
    ],
)
def test_immutable_fields_replace_after_deletion(name, fields):
    request = registered("prod").of(name)
    assert list(request.replaceOnChanges) == fields
    assert request.deleteBeforeReplace == request.deleteBeforeReplaceDefined == bool(fields)


@pytest.mark.parametrize("stack", STACKS)
def test_what_is_in_a_namespace_is_made_after_it_and_deleted_with_it(stack):
    program = registered(stack)
    for urn, request in program.requests.items():
        namespace = program.urns.get(Key("", "Namespace", "", _key(request).namespace)) if request.custom else None
        assert request.deletedWith == (namespace or ""), urn
        assert namespace is None or namespace in request.dependencies


@pytest.mark.parametrize(
    ("stack", "name", "needed"),
    [
        ("prod", "Cohort/research", "Cohort/all"),
        ("prod", "ClusterQueue/genomics", "ResourceFlavor/a100-owned-genomics"),
        ("dev", "ClusterQueue/speech-notebooks", "Cohort/speech ResourceFlavor/t4-owned"),
        ("prod", "LocalQueue/speech-train/default", "ClusterQueue/speech Namespace/speech-train"),
        ("dev", "RoleBinding/vision-jobs/lead", "Namespace/vision-jobs Role/vision-jobs/lead"),
        ("dev", "Namespace/speech-train", "ClusterQueue/speech"),
        ("prod", "Job/robotics-simulate/rollout", "Queue/robotics PriorityClass/exploratory"),
        ("dev", "Job/speech-train/finetune", "LocalQueue/speech-train/default PriorityClass/normal"),
        ("dev", "Job/speech-train/finetune", "ServiceAccount/speech-train/jobs WorkloadPriorityClass/normal"),
    ],
)
def test_objects_are_made_after_what_they_name(stack, name, needed):
    program = registered(stack)
    assert set(needed.split()) <= {program.requests[urn].name for urn in program.of(name).dependencies}


@pytest.mark.parametrize("stack", STACKS)
def test_dependencies_hold_nothing_up_in_a_circle(stack):
    made = set()
    for urn, request in registered(stack).requests.items():
        assert set(request.dependencies) <= made
        made.add(urn)


def test_what_kueue_writes_is_no_drift():
    assert list(registered("dev").of("Job/speech-train/finetune").ignoreChanges) == ["spec.suspend"]
    ignored = {r.type.rpartition("/")[2]: list(r.ignoreChanges) for r in registered("prod").requests.values()}
    assert ignored["v1alpha2:JobSet"] == ["spec.suspend"]
    assert ignored["v1alpha1:Job"] == []


@pytest.mark.parametrize("stack", STACKS)
def test_each_namespace_has_a_protection_that_is_deleted_before_all_in_it(stack):
    """Were it not, a refusal to delete a namespace would come after Pulumi forgot what is in it."""
    program = registered(stack)
    namespaces = {key.name for key in program.urns if key.kind == "Namespace"}
    protections = program.components(PROTECTION)
    assert set(protections) == {*namespaces, "cluster"}
    guarded = set()
    for name, protection in protections.items():
        assert protection.protect == (stack == "prod")
        spaces = {_key(program.requests[urn]).namespace for urn in protection.dependencies}
        assert spaces == {name} or (name == "cluster" and not spaces & namespaces)
        guarded.update(protection.dependencies)
    assert guarded == set(program.urns.values())


def test_a_renamed_team_keeps_its_objects(changed):
    before = registered("prod")
    changed("prod/teams/speech.yaml", "name: speech,", "name: voice, renamedFrom: [speech],", called="voice")
    after = run_program("prod")
    (alias,) = after.components(TEAM)["voice"].aliases
    assert alias.spec.name == "speech"
    assert set(before.urns.values()) == set(after.urns.values())
    namespace = after.of("Namespace/speech-train")
    assert after.requests[namespace.parent].name == "voice"


def test_a_team_renamed_twice_is_known_by_both_earlier_names(changed):
    changed("dev/teams/vision.yaml", "name: vision", "name: sight, renamedFrom: [eyes, vision]", called="sight")
    aliases = run_program("dev").components(TEAM)["sight"].aliases
    assert [alias.spec.name for alias in aliases] == ["eyes", "vision"]


def test_an_adopted_namespace_is_imported(changed):
    changed("dev/teams/vision.yaml", "quota:", "namespaces: {jobs: {name: legacy, adopt: true}}\nquota:")
    program = run_program("dev")
    assert program.of("Namespace/legacy").importId == "legacy"
    imported = [urn for urn, request in program.requests.items() if request.importId]
    assert len(imported) == 1


def test_a_broken_stack_is_refused_in_sentences(changed):
    changed("dev/teams/vision.yaml", "quota: {t4: 2}", "quota: {t5: 2}\npriority: urgnt")
    with pytest.raises(pulumi.RunError) as refusal:
        run_program("dev")
    unknown_pool, unknown_priority = str(refusal.value).splitlines()
    assert unknown_pool.startswith("stacks/dev/teams/vision.yaml:5:")
    assert unknown_priority.startswith("stacks/dev/teams/vision.yaml:6:")
    assert "urgent" in unknown_priority


def test_a_clash_of_names_is_refused_in_sentences(changed):
    changed("dev/teams/vision.yaml", "quota:", "namespaces: {jobs: {name: speech-train}}\nquota:")
    with pytest.raises(pulumi.RunError, match=r"^stacks/dev/teams/.*Namespace/speech-train is declared twice"):
        run_program("dev")


def test_a_stack_without_a_folder_is_refused():
    with pytest.raises(pulumi.RunError, match="stacks/nowhere: there is no such folder"):
        run_program("nowhere")


def test_runs_leave_no_settings_behind():
    before = pulumi.get_stack()
    run_program("dev")
    assert pulumi.get_stack() == before
    assert pulumi.runtime.get_root_resource() is None
