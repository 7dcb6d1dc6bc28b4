"""What the command line sees of a live cluster."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from e2e.cluster import Cluster
from scheduling.declare import declare
from support.stacks import EXAMPLES
from tenancy.load import load

pytestmark = pytest.mark.e2e
STACK = EXAMPLES / "dev"
KUEUE = "kueue.x-k8s.io/v1beta2"


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


def test_why_a_live_job_waits_is_what_kueue_says(deployed: Cluster, tmp_path: Path) -> None:
    deployed.plane.add_nodes(1, {}, cpu="100", memory="1Ti", gpu="8")
    for name, pods in (("holds", 2), ("waits", 2)):
        deployed.client.create(job(name, pods))
        time.sleep(2)
    code, out, _ = muster(deployed.kubeconfig, "explain", "--live", "vision-jobs/waits", "--format", "json")
    answer: dict[str, Any] = json.loads(out)
    assert (code, answer["state"]) == (0, "WAITING")
    (missing,) = [lack for lack in answer["waiting"]["missing"] if lack["resource"] == "nvidia.com/gpu"]
    said = f"nvidia.com/gpu in flavor {missing['flavor']}, {missing['missing']} more needed"
    assert said in answer["kueueSays"]
    assert "vision-jobs/holds" in {holder["job"] for holder in answer["waiting"]["holders"]}
    dump = tmp_path / "dump.yaml"
    kinds = ("ClusterQueue", "Cohort", "LocalQueue", "ResourceFlavor", "WorkloadPriorityClass", "Workload")
    dump.write_text(yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": dumped(deployed, kinds)}))
    code, again, _ = muster(deployed.kubeconfig, "explain", str(dump), "vision-jobs/waits", "--format", "json")
    assert (code, json.loads(again)["waiting"]["missing"]) == (0, answer["waiting"]["missing"])


def dumped(cluster: Cluster, kinds: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return objects as `kubectl get -o yaml` prints them."""
    return [{"apiVersion": KUEUE, "kind": kind, **body} for kind in kinds for body in cluster.client.items(KUEUE, kind)]


def job(name: str, pods: int) -> dict[str, Any]:
    """Return a job of pods with one GPU each, in the queue of a team of the stack."""
    amounts = {"cpu": "1", "memory": "1Gi", "nvidia.com/gpu": "1"}
    secure = {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    container = {
        "name": "main",
        "image": "none",
        "resources": {"requests": amounts, "limits": amounts},
        "securityContext": secure,
    }
    labels = {"kueue.x-k8s.io/queue-name": "default"}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": "vision-jobs", "labels": labels},
        "spec": {
            "suspend": True,
            "parallelism": pods,
            "completions": pods,
            "template": {"spec": {"containers": [container], "restartPolicy": "Never"}},
        },
    }


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
