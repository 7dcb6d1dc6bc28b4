"""Volcano's webhooks, controllers and scheduler against a control plane."""

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests

from e2e import webhooks
from e2e.control_plane import ControlPlane
from e2e.processes import free_ports
from e2e.programs import binaries, source

PROGRAMS = ("vc-webhook-manager", "vc-controller-manager", "vc-scheduler")
WEBHOOKS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
SCHEDULER = "volcano-scheduler.conf"


class Volcano:
    """The three programs, with the objects and the scheduler configuration that Volcano's own installer has."""

    def __init__(self, plane: ControlPlane) -> None:
        self.plane = plane
        self.folder = plane.folder / "volcano"
        self.folder.mkdir(exist_ok=True)
        self.paths = binaries(PROGRAMS)
        self.ports = dict(zip(("webhook", *PROGRAMS, "metrics"), free_ports(5), strict=True))
        installer = source("volcano.sh/volcano", "volcano") / "installer" / "volcano-development.yaml"
        self.installed = list(webhooks.documents(installer))

    def install(self) -> None:
        """Apply the namespace, the CRDs and the webhook configurations, which the webhook manager looks for."""
        self.plane.client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "volcano-system"}})
        definitions = [body for body in self.installed if body["kind"] == "CustomResourceDefinition"]
        webhooks.install(self.plane.client, definitions, self.plane.processes)

    def start(self) -> None:
        """Start webhooks, controllers and scheduler, in this order; return when all are ready."""
        served = []
        for found in copy.deepcopy(self.installed):
            if found["kind"] in WEBHOOKS:
                served.extend(webhook["clientConfig"]["service"]["path"] for webhook in found["webhooks"])
                self.plane.client.apply(webhooks.at(found, self.ports["webhook"], self.plane.authority.file))
        pair = self.plane.authority.server("volcano")
        self._run(
            "vc-webhook-manager",
            "--listen-address=127.0.0.1",
            f"--port={self.ports['webhook']}",
            f"--webhook-url=https://127.0.0.1:{self.ports['webhook']}",
            f"--enabled-admission={','.join(sorted(served))}",
            f"--ca-cert-file={self.plane.authority.file}",
            f"--tls-cert-file={pair.certificate}",
            f"--tls-private-key-file={pair.key}",
        )
        self._run("vc-controller-manager", "--leader-elect=false", "--worker-threads=5")
        self._run(
            "vc-scheduler",
            "--leader-elect=false",
            f"--scheduler-conf={self._configuration()}",
            f"--listen-address=127.0.0.1:{self.ports['metrics']}",
            "--cache-dumper=false",
        )
        self.plane.processes.wait_until("Volcano's default queue is open", self._open)

    def stop(self) -> None:
        """Stop what runs."""
        for name in reversed(PROGRAMS):
            self.plane.processes.stop(name)

    def _configuration(self) -> Path:
        maps: list[Mapping[str, Any]] = [body["data"] for body in self.installed if body["kind"] == "ConfigMap"]
        file = self.folder / SCHEDULER
        file.write_text(next(data[SCHEDULER] for data in maps if SCHEDULER in data))
        return file

    def _run(self, name: str, *options: str) -> None:
        health = self.ports[name]
        common = [
            f"--kubeconfig={self.plane.kubeconfig}",
            "--enable-healthz=true",
            f"--healthz-address=127.0.0.1:{health}",
            "--kube-api-qps=300",
            "--kube-api-burst=500",
        ]
        self.plane.processes.start(name, [self.paths[name], *common, *options])
        self.plane.processes.wait_until(f"{name} is ready", lambda: self._healthy(health))

    def _open(self) -> bool:
        queues = self.plane.client.items("scheduling.volcano.sh/v1beta1", "Queue")
        states = {body["metadata"]["name"]: (body.get("status") or {}).get("state") for body in queues}
        return states.get("default") == "Open"

    def _healthy(self, port: int) -> bool:
        for scheme in ("https", "http"):
            try:
                return requests.get(
                    f"{scheme}://127.0.0.1:{port}/healthz", verify=self.plane.authority.file, timeout=2
                ).ok
            except requests.ConnectionError:
                continue
        return False
