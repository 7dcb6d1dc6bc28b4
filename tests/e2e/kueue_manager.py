"""Kueue's manager against a control plane."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests
import yaml

from e2e import webhooks
from e2e.control_plane import ControlPlane
from e2e.processes import free_ports
from e2e.programs import binary, source

METRICS = Path("/etc/kueue/metrics/certs")
"""Kueue reads its metrics certificate from here and nowhere else."""
CONVERTED = ("localqueues", "clusterqueues", "cohorts", "workloads", "multikueueclusters")
GROUPS = ("", "batch", "apps", "kueue.x-k8s.io", "jobset.x-k8s.io")
FRAMEWORKS = ("batch/job", "pod", "jobset.x-k8s.io/jobset")
WORKERS = ("Job.batch", "Pod", "Workload.kueue.x-k8s.io", "LocalQueue.kueue.x-k8s.io", "ClusterQueue.kueue.x-k8s.io")
"""As many at once as in Kueue's own manifests."""
UNSCOPED = ("clusterqueue", "cohort", "resourceflavor", "workload")


class Kueue:
    """The manager; its configuration may change, which restarts it."""

    def __init__(self, plane: ControlPlane) -> None:
        self.plane = plane
        self.program = binary("kueue")
        self.module = source("sigs.k8s.io/kueue", "kueue")
        self.ports = dict(zip(("webhook", "health", "metrics"), free_ports(3), strict=True))

    def install(self) -> None:
        """Apply the namespace and the CRDs, with those of JobSet."""
        client = self.plane.client
        client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kueue-system"}})
        own = webhooks.documents(*sorted((self.module / "config/components/crd/bases").glob("*.yaml")))
        jobset = source("sigs.k8s.io/jobset", "kueue") / "config/components/crd/bases"
        others = webhooks.documents(*sorted(jobset.glob("*.yaml")))
        definitions = [*own, *(body for body in others if body["kind"] == "CustomResourceDefinition")]
        for definition in definitions:
            if definition["spec"]["names"]["plural"] in CONVERTED:
                convert = webhooks.client_configuration(self.ports["webhook"], "/convert", self.plane.authority.file)
                definition["spec"]["conversion"] = {
                    "strategy": "Webhook",
                    "webhook": {"clientConfig": convert, "conversionReviewVersions": ["v1"]},
                }
        webhooks.install(client, definitions, self.plane.processes)

    def start(self, **configuration: Any) -> None:
        """Start the manager with parts of its Configuration, and its webhooks; return when it is ready."""
        self.run(configuration)
        client = self.plane.client
        for found in webhooks.documents(self.module / "config/components/webhook/manifests.yaml"):
            body = webhooks.at(found, self.ports["webhook"], self.plane.authority.file, GROUPS)
            body["metadata"]["name"] = f"kueue-{body['metadata']['name']}"
            for webhook in body["webhooks"]:
                if webhook["name"][1:].removesuffix(".kb.io") not in UNSCOPED:
                    webhooks.only_in_other_namespaces(webhook)
            client.apply(body)

    def restart(self, **configuration: Any) -> None:
        """Run the manager with another Configuration."""
        self.plane.processes.stop("kueue")
        self.run(configuration)

    def run(self, configuration: Mapping[str, Any]) -> None:
        """Run the manager; return when it is ready."""
        folder = self.plane.folder / "kueue"
        folder.mkdir(exist_ok=True)
        pair = self.plane.authority.server("kueue")
        self._certificates(folder, pair.certificate, pair.key)
        body = {
            "apiVersion": "config.kueue.x-k8s.io/v1beta2",
            "kind": "Configuration",
            "health": {"healthProbeBindAddress": f"127.0.0.1:{self.ports['health']}"},
            "metrics": {"bindAddress": f"127.0.0.1:{self.ports['metrics']}"},
            "webhook": {"host": "127.0.0.1", "port": self.ports["webhook"], "certDir": str(folder)},
            "leaderElection": {"leaderElect": False},
            "internalCertManagement": {"enable": False},
            "clientConnection": {"qps": 300, "burst": 500},
            "controller": {"groupKindConcurrency": dict.fromkeys(WORKERS, 5)},
            "integrations": {"frameworks": list(FRAMEWORKS)},
            **configuration,
            "featureGates": {"VisibilityOnDemand": False, **configuration.get("featureGates", {})},
        }
        file = folder / "configuration.yaml"
        file.write_text(yaml.safe_dump(body))
        self.plane.processes.start(
            "kueue", [self.program, f"--config={file}"], {"KUBECONFIG": str(self.plane.kubeconfig), "HOME": str(folder)}
        )
        self.plane.processes.wait_until("Kueue is ready", self._ready)

    @staticmethod
    def _certificates(folder: Path, certificate: Path, key: Path) -> None:
        try:
            METRICS.mkdir(parents=True, exist_ok=True)
        except PermissionError as error:
            raise SystemExit(f"Kueue insists on certificates in {METRICS}; make that folder writable") from error
        for where in (folder, METRICS):
            (where / "tls.crt").write_bytes(certificate.read_bytes())
            (where / "tls.key").write_bytes(key.read_bytes())

    def _ready(self) -> bool:
        try:
            answer = requests.get(f"http://127.0.0.1:{self.ports['health']}/readyz", timeout=2)
        except requests.ConnectionError:
            return False
        return answer.ok
