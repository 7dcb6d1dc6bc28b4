"""What the command line sees of a live cluster."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from e2e.cluster import Cluster
from scheduling.declare import declare
from support.stacks import EXAMPLES
from tenancy.load import load

pytestmark = pytest.mark.e2e
STACK = EXAMPLES / "dev"


def muster(kubeconfig: Path, *arguments: str) -> tuple[int, str, str]:
    """Run the command; return its exit code and what it printed."""
    found = subprocess.run(
        [sys.executable, "-m", "muster", *arguments],
        env={"KUBECONFIG": str(kubeconfig), "PATH": "", "HOME": str(kubeconfig.parent)},
        cwd=EXAMPLES.parent,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in found.stderr, found.stderr
    return found.returncode, found.stdout, found.stderr


@pytest.fixture(scope="module")
def deployed(cluster: Cluster) -> Iterator[Cluster]:
    """Yield a cluster in which the example stack is."""
    manifests = declare(load(STACK))
    for manifest in manifests.values():
        cluster.client.apply(manifest.body)
    yield cluster
    for manifest in reversed(list(manifests.values())):
        cluster.client.delete(manifest.body)
    gone = {manifest.key.name for manifest in manifests.values() if manifest.key.kind == "Namespace"}
    cluster.plane.processes.wait_until("namespaces are gone", lambda: not gone & set(namespaces(cluster)))


def namespaces(cluster: Cluster) -> list[str]:
    return [body["metadata"]["name"] for body in cluster.client.items("v1", "Namespace")]


def test_a_cluster_just_deployed_has_not_drifted(deployed: Cluster) -> None:
    code, out, err = muster(deployed.kubeconfig, "diff", str(STACK), "--live", "--exit-code")
    assert (code, out, err) == (0, "no difference\n", "")


def test_drift_is_said_with_the_place_that_declares_the_other_value(deployed: Cluster) -> None:
    queue = declare(load(STACK))
    body = next(m.body for m in queue.values() if m.key.kind == "ResourceQuota" and m.key.namespace == "speech-train")
    deployed.client.patch(body, {"spec": {"hard": {"count/jobs.batch": "3"}}})
    code, out, _ = muster(deployed.kubeconfig, "diff", str(STACK), "--live", "--format", "json")
    (change,) = json.loads(out)["changes"]
    assert (code, change["object"], change["team"]) == (
        0,
        f"ResourceQuota/speech-train/{body['metadata']['name']}",
        "speech",
    )
    assert [field["path"] for field in change["fields"]] == ["spec.hard[count/jobs.batch]"]
    assert change["declared"].startswith("stacks/dev/") or "teams/speech.yaml:" in change["declared"]
    deployed.client.patch(body, {"spec": {"hard": {"count/jobs.batch": None}}})


def test_a_cluster_is_checked_as_manifests_are(deployed: Cluster) -> None:
    code, out, _ = muster(deployed.kubeconfig, "check", "--live", "--format", "json")
    answer: dict[str, Any] = json.loads(out)
    assert code == 0, answer["findings"]


def test_who_may_not_read_is_told_what_to_ask_for(deployed: Cluster, tmp_path: Path) -> None:
    stranger = deployed.plane.access("stranger").kubeconfig(tmp_path / "stranger")
    code, out, err = muster(stranger, "check", "--live")
    assert (code, out) == (2, "")
    assert "you may not list" in err
    assert "clusterqueues.kueue.x-k8s.io" in err
    assert len(err.splitlines()) == 1


def test_an_expired_certificate_is_said(deployed: Cluster, tmp_path: Path) -> None:
    late = deployed.plane.access("late", ["system:masters"], lifetime=-timedelta(hours=1)).kubeconfig(tmp_path / "late")
    code, out, err = muster(late, "check", "--live")
    assert (code, out) == (2, "")
    assert "401" in err
    assert "expired" in err


def test_a_server_that_is_away_is_said(deployed: Cluster, tmp_path: Path) -> None:
    text = deployed.kubeconfig.read_text().replace(str(deployed.plane.ports["server"]), "1")
    (tmp_path / "away").write_text(text)
    code, out, err = muster(tmp_path / "away", "check", "--live")
    assert (code, out) == (2, "")
    assert "cannot be read" in err
    code, _, err = muster(tmp_path / "nowhere", "check", "--live")
    assert code == 2
    assert "KUBECONFIG names another file" in err
