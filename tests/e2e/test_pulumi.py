"""The Pulumi program with the real engine against a real API server, run as a user runs it."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from e2e.client import RefusedError
from e2e.cluster import Cluster, running
from e2e.pulumi_project import Project
from support.stacks import NAMES

pytestmark = pytest.mark.e2e
QUEUE = "kueue.x-k8s.io/v1beta2", "ClusterQueue"


@pytest.fixture
def project(cluster: Cluster, tmp_path: Path) -> Iterator[Project]:
    """Yield a project; what it deployed is destroyed at the end."""
    found = Project(tmp_path, cluster.kubeconfig)
    print(f"\n{found.verified}")  # noqa: T201
    yield found
    for stack in sorted(path.name for path in (found.folder / "stacks").iterdir() if path.is_dir()):
        if found.run("stack", "select", stack).returncode == 0:
            found.run("cancel", "--yes", "--stack", stack)
            found.run("state", "unprotect", "--all", "--yes", "--stack", stack)
            found.run("destroy", "--yes", "--skip-preview", "--stack", stack)


def deployed(project: Project, stack: str) -> str:
    """Create a stack and deploy it; return what was printed."""
    project.do("stack", "init", stack)
    project.do("config", "set", "kubernetes:upsertExistingObjects", "true", "--stack", stack)
    return project.do("up", "--yes", "--stack", stack)


def uid(cluster: Cluster, api_version: str, kind: str, name: str, namespace: str = "") -> str:
    return str(cluster.client.get(api_version, kind, namespace, name)["metadata"]["uid"])


@pytest.mark.parametrize("stack", NAMES)
def test_a_stack_from_preview_to_destroy(project: Project, cluster: Cluster, stack: str) -> None:
    project.do("stack", "init", stack)
    project.do("config", "set", "kubernetes:upsertExistingObjects", "true", "--stack", stack)
    assert "to create" in project.do("preview", "--stack", stack)
    before = len(cluster.client.items(*QUEUE))
    project.do("up", "--yes", "--stack", stack)
    assert len(cluster.client.items(*QUEUE)) > before
    project.do("preview", "--expect-no-changes", "--stack", stack)
    project.do("refresh", "--yes", "--stack", stack)
    project.do("preview", "--expect-no-changes", "--stack", stack)

    team = sorted((project.folder / "stacks" / stack / "teams").glob("*.yaml"))[0].stem
    project.edit(f"{stack}/teams/{team}.yaml", lambda body: body.update(contact="changed@example.org"))
    printed = project.do("up", "--yes", "--stack", stack)
    assert "updated" in printed
    assert "created" not in printed.split("Resources:")[-1]

    if stack == "prod":
        assert "set `protect: false`" in project.do("preview", "--stack", stack)
        refused = project.refused("destroy", "--yes", "--stack", stack)
        assert "protect" in refused
        project.edit(f"{stack}/environment.yaml", lambda body: body.update(protect=False))
        project.do("up", "--yes", "--stack", stack)
    project.do("destroy", "--yes", "--stack", stack)
    assert len(cluster.client.items(*QUEUE)) == before


def test_another_priority_is_replaced_and_nothing_is_left_dangling(project: Project, cluster: Cluster) -> None:
    deployed(project, "dev")
    classes = cluster.client.items("scheduling.k8s.io/v1", "PriorityClass")
    name = next(body["metadata"]["name"] for body in classes if "muster" in str(body["metadata"].get("labels")))
    before = uid(cluster, "scheduling.k8s.io/v1", "PriorityClass", name)

    def raised(body: Any) -> None:
        value = body["priorities"][name]
        body["priorities"][name] = {**value, "value": value["value"] + 1} if isinstance(value, dict) else value + 1

    project.edit("dev/environment.yaml", raised)
    printed = project.do("up", "--yes", "--stack", "dev")
    assert "replaced" in printed
    assert uid(cluster, "scheduling.k8s.io/v1", "PriorityClass", name) != before
    for job in cluster.client.items("batch/v1", "Job"):
        used = job["spec"]["template"]["spec"].get("priorityClassName")
        assert used is None or uid(cluster, "scheduling.k8s.io/v1", "PriorityClass", used)
    project.do("preview", "--expect-no-changes", "--stack", "dev")


def test_a_renamed_team_keeps_its_objects(project: Project, cluster: Cluster) -> None:
    deployed(project, "dev")
    namespaces = {body["metadata"]["name"]: body["metadata"]["uid"] for body in cluster.client.items("v1", "Namespace")}
    (project.folder / "stacks/dev/teams/speech.yaml").rename(project.folder / "stacks/dev/teams/voice.yaml")
    project.edit(
        "dev/teams/voice.yaml", lambda body: body.update(metadata={"name": "voice", "renamedFrom": ["speech"]})
    )
    printed = project.do("up", "--yes", "--stack", "dev")
    assert "deleted" not in printed.split("Resources:")[-1]
    after = {body["metadata"]["name"]: body["metadata"]["uid"] for body in cluster.client.items("v1", "Namespace")}
    assert after == namespaces


def test_a_namespace_that_exists_is_adopted(project: Project, cluster: Cluster) -> None:
    legacy = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "speech-legacy"}}
    cluster.client.create(legacy)
    before = uid(cluster, "v1", "Namespace", "speech-legacy")
    project.edit(
        "dev/teams/speech.yaml",
        lambda body: body["namespaces"]["train"].update(name="speech-legacy", adopt=True),
    )
    deployed(project, "dev")
    found = cluster.client.get("v1", "Namespace", name="speech-legacy")["metadata"]
    assert found["uid"] == before
    assert found["labels"]["app.kubernetes.io/managed-by"] == "muster"


def test_two_environments_side_by_side(project: Project, cluster: Cluster) -> None:
    """Each stack has a cluster of its own, by the context in its configuration."""
    with running() as other:
        merged = yaml.safe_load(cluster.kubeconfig.read_text())
        second = yaml.safe_load(
            other.plane.admin.kubeconfig(Path(project.environment["HOME"]) / "other", "other").read_text()
        )
        for part in ("clusters", "users", "contexts"):
            merged[part] += second[part]
        config = Path(project.environment["HOME"]) / "both"
        config.write_text(yaml.safe_dump(merged))
        project.environment["KUBECONFIG"] = str(config)
        for stack, context in (("dev", "e2e"), ("azure-team", "other")):
            project.do("stack", "init", stack)
            project.do("config", "set", "kubernetes:context", context, "--stack", stack)
            project.do("config", "set", "kubernetes:upsertExistingObjects", "true", "--stack", stack)
            project.do("up", "--yes", "--stack", stack)
        assert "speech-train" in namespaces(cluster)
        assert "speech-train" not in namespaces(other)
        project.do("preview", "--expect-no-changes", "--stack", "dev")
        project.do("destroy", "--yes", "--stack", "azure-team")


def namespaces(cluster: Cluster) -> set[str]:
    return {body["metadata"]["name"] for body in cluster.client.items("v1", "Namespace")}


def test_a_mistake_in_the_files_is_one_line(project: Project) -> None:
    project.do("stack", "init", "dev")
    project.edit("dev/teams/speech.yaml", lambda body: body["quota"].update(t5=1))
    printed = project.refused("preview", "--stack", "dev")
    assert "stacks/dev/teams/speech.yaml:10:3: quota.t5: there is no pool t5; there are t4" in printed


def test_an_update_that_is_killed_is_picked_up(project: Project, cluster: Cluster) -> None:
    project.do("stack", "init", "dev")
    project.do("config", "set", "kubernetes:upsertExistingObjects", "true", "--stack", "dev")
    up = project.begin("up", "--yes", "--skip-preview", "--stack", "dev")
    deadline = time.monotonic() + 60
    while not made(cluster) and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(up.pid, signal.SIGKILL)
    up.wait()
    assert made(cluster)
    locked = project.refused("up", "--yes", "--stack", "dev")
    assert "locked" in locked
    assert f"pid {up.pid}" in locked
    project.do("cancel", "--yes", "--stack", "dev")
    project.do("refresh", "--yes", "--clear-pending-creates", "--stack", "dev")
    project.do("up", "--yes", "--stack", "dev")
    project.do("preview", "--expect-no-changes", "--stack", "dev")


def made(cluster: Cluster) -> bool:
    """Tell whether the first namespace of the stack is there."""
    try:
        return bool(uid(cluster, "v1", "Namespace", "speech-train"))
    except RefusedError:
        return False
