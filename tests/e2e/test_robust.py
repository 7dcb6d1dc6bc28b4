"""When the API server goes away in the middle, and when there is a lot; in a cluster of its own."""

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from e2e.client import RefusedError
from e2e.cluster import Cluster, running
from e2e.pulumi_project import Project
from support.stacks import EXAMPLES

pytestmark = pytest.mark.e2e
SERVER = "kube-apiserver"
TEAMS, NAMESPACES = int(os.environ.get("MUSTER_E2E_TEAMS", "10")), 4


@pytest.fixture(scope="module")
def fragile() -> Iterator[Cluster]:
    """Yield a cluster whose API server may be killed."""
    with running() as found:
        yield found


@pytest.fixture
def project(fragile: Cluster, tmp_path: Path) -> Project:
    """Return a project for that cluster."""
    return Project(tmp_path, fragile.kubeconfig)


def made(cluster: Cluster, name: str) -> bool:
    try:
        cluster.client.get("v1", "Namespace", name=name)
    except RefusedError:
        return False
    return True


def test_an_update_during_which_the_server_dies_is_picked_up(project: Project, fragile: Cluster) -> None:
    project.do("stack", "init", "dev")
    project.do("config", "set", "kubernetes:upsertExistingObjects", "true", "--stack", "dev")
    up = project.begin("up", "--yes", "--skip-preview", "--stack", "dev")
    fragile.plane.processes.wait_until("the first namespace is made", lambda: made(fragile, "speech-train"))
    fragile.plane.processes.stop(SERVER, signal.SIGKILL)
    printed, _ = up.communicate(timeout=300)
    assert up.returncode != 0
    assert "errored" in printed
    fragile.plane.start_server()
    project.do("refresh", "--yes", "--clear-pending-creates", "--stack", "dev")
    project.do("up", "--yes", "--stack", "dev")
    project.do("preview", "--expect-no-changes", "--stack", "dev")
    project.do("destroy", "--yes", "--skip-preview", "--stack", "dev")


def muster(cluster: Cluster, *arguments: str, dies: bool = False) -> tuple[int, str]:
    """Run the command, during which the server may die; return its exit code and what it said."""
    process = subprocess.Popen(
        [sys.executable, "-m", "muster", *arguments],
        env={"KUBECONFIG": str(cluster.kubeconfig), "PATH": "", "HOME": str(cluster.plane.folder)},
        cwd=EXAMPLES.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if dies:
        time.sleep(0.6)
        cluster.plane.processes.stop(SERVER, signal.SIGKILL)
    said, _ = process.communicate(timeout=120)
    return process.returncode, said


def test_a_server_that_dies_while_it_is_read_is_one_line(fragile: Cluster, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.parquet"
    for number in range(400):
        fragile.client.create(
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"c{number}", "namespace": "default"}}
        )
    code, said = muster(fragile, "simulate", "--live", "-o", str(ledger), dies=True)
    assert code == 2
    assert "Traceback" not in said
    assert len(said.strip().splitlines()) == 1, said
    assert list(tmp_path.iterdir()) == []
    fragile.plane.start_server()
    code, said = muster(fragile, "check", "--live")
    assert code == 0, said


def large(folder: Path) -> None:
    """Make the dev stack one of TEAMS teams with NAMESPACES namespaces each."""
    teams = folder / "stacks" / "dev" / "teams"
    for file in teams.glob("*.yaml"):
        file.unlink()
    for number in range(TEAMS):
        spaces = "\n".join(f"  n{space}: {{accepts: [Job]}}" for space in range(NAMESPACES))
        (teams / f"team{number}.yaml").write_text(
            f"apiVersion: muster/v1alpha1\nkind: Team\nmetadata: {{name: team{number}}}\n"
            f'owners: ["oidc:leads{number}"]\nmembers: ["oidc:team{number}"]\ncostCenter: CC-{number}\n'
            f"namespaces:\n{spaces}\n"
        )


def test_many_namespaces(project: Project, fragile: Cluster) -> None:
    large(project.folder)
    project.do("stack", "init", "dev")
    started = time.monotonic()
    printed = project.do("up", "--yes", "--skip-preview", "--stack", "dev")
    took = time.monotonic() - started
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    created = next(line.strip() for line in printed.splitlines() if "created" in line and line.strip()[0] in "+0123")
    print(f"\n{TEAMS * NAMESPACES} namespaces: {created} in {took:.0f} s, at most {most:.0f} MiB in one process")  # noqa: T201
    names: list[Any] = [body["metadata"]["name"] for body in fragile.client.items("v1", "Namespace")]
    assert sum(str(name).startswith("team") for name in names) == TEAMS * NAMESPACES
