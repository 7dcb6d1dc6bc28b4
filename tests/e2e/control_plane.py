"""etcd, API server, controller manager, scheduler and kwok as plain processes on the loopback interface."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from e2e.certificates import Authority, Pair
from e2e.client import Client
from e2e.processes import Processes, free_ports
from e2e.programs import binaries, source

PROGRAMS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok")
CONTROLLERS = (
    "namespace",
    "serviceaccount",
    "serviceaccount-token",
    "root-ca-certificate-publisher",
    "garbage-collector",
    "pod-garbage-collector",
    "resourcequota",
    "job",
    "cronjob",
    "ttl-after-finished",
    "deployment",
    "replicaset",
    "statefulset",
    "daemonset",
    "disruption",
    "endpointslice",
    "clusterrole-aggregation",
    "validatingadmissionpolicy-status",
)
STAGES = Path(__file__).parent / "stages.yaml"


@dataclass(frozen=True)
class Access:
    """How to reach the API server: its address, who signed for it, the administrator's certificate."""

    server: str
    authority: Path
    pair: Pair

    def client(self) -> Client:
        """Return a client for this user."""
        return Client(self.server, str(self.authority), self.pair)

    def kubeconfig(self, path: Path, name: str = "e2e") -> Path:
        """Write a kubeconfig for this user, whose context is called *name*."""
        user = {"client-certificate": str(self.pair.certificate), "client-key": str(self.pair.key)}
        cluster = {"server": self.server, "certificate-authority": str(self.authority)}
        body = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": name,
            "clusters": [{"name": name, "cluster": cluster}],
            "users": [{"name": name, "user": user}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        }
        path.write_text(yaml.safe_dump(body))
        path.chmod(0o600)
        return path


class ControlPlane:
    """A Kubernetes cluster whose nodes are kwok's."""

    def __init__(self, folder: Path, processes: Processes) -> None:
        self.folder = folder
        self.processes = processes
        self.paths = binaries(PROGRAMS)
        self.authority = Authority(folder / "pki")
        self.ports = dict(zip(("etcd", "peer", "server", "kwok"), free_ports(4), strict=True))
        self.signing = self.authority.signing_key("service-accounts.key")
        self.admin = self.access("admin", ["system:masters"])
        self.client = self.admin.client()
        self.kubeconfig = self.admin.kubeconfig(folder / "kubeconfig")

    def access(self, user: str, groups: Sequence[str] = (), **lifetime: Any) -> Access:
        """Return how a user who is in *groups* reaches the server."""
        pair = self.authority.client(user, groups, **lifetime)
        return Access(f"https://127.0.0.1:{self.ports['server']}", self.authority.file, pair)

    def start(self) -> None:
        """Start all programs; return when the server is ready."""
        self._etcd()
        self.start_server()
        common = [f"--kubeconfig={self.kubeconfig}", "--leader-elect=false", "--secure-port=0"]
        self.processes.start(
            "kube-controller-manager",
            [
                self.paths["kube-controller-manager"],
                *common,
                f"--controllers={','.join(f'{name}-controller' for name in CONTROLLERS)}",
                f"--service-account-private-key-file={self.signing}",
                f"--root-ca-file={self.authority.file}",
                "--kube-api-qps=300",
                "--kube-api-burst=500",
            ],
        )
        self.processes.start(
            "kube-scheduler", [self.paths["kube-scheduler"], *common, "--kube-api-qps=300", "--kube-api-burst=500"]
        )
        self._kwok()

    def _etcd(self) -> None:
        data = self.folder / "etcd"
        shutil.rmtree(data, ignore_errors=True)
        client, peer = (f"http://127.0.0.1:{self.ports[name]}" for name in ("etcd", "peer"))
        self.processes.start(
            "etcd",
            [
                self.paths["etcd"],
                f"--data-dir={data}",
                "--unsafe-no-fsync",
                f"--listen-client-urls={client}",
                f"--advertise-client-urls={client}",
                f"--listen-peer-urls={peer}",
                f"--initial-advertise-peer-urls={peer}",
                f"--initial-cluster=default={peer}",
                "--log-level=warn",
            ],
        )

    def start_server(self, *options: str) -> None:
        """Start the API server and wait until it is ready."""
        serving = self.authority.server("server")
        self.processes.start(
            "kube-apiserver",
            [
                self.paths["kube-apiserver"],
                "--bind-address=127.0.0.1",
                "--advertise-address=127.0.0.1",
                f"--secure-port={self.ports['server']}",
                "--endpoint-reconciler-type=none",
                "--service-cluster-ip-range=10.0.0.0/24",
                f"--etcd-servers=http://127.0.0.1:{self.ports['etcd']}",
                "--authorization-mode=RBAC",
                "--disable-admission-plugins=TaintNodesByCondition",
                "--service-account-issuer=https://kubernetes.default.svc",
                f"--service-account-key-file={self.signing}",
                f"--service-account-signing-key-file={self.signing}",
                f"--client-ca-file={self.authority.file}",
                f"--tls-cert-file={serving.certificate}",
                f"--tls-private-key-file={serving.key}",
                "--allow-privileged=true",
                f"--cert-dir={self.folder / 'server'}",
                *options,
            ],
        )
        self.processes.wait_until("the API server is ready", self.client.ready)

    def _kwok(self) -> None:
        module = source("sigs.k8s.io/kwok", "kwok") / "kustomize" / "stage" / "node"
        nodes = [
            module / "fast" / "node-initialize.yaml",
            module / "heartbeat-with-lease" / "node-heartbeat-with-lease.yaml",
        ]
        configuration = self.folder / "kwok.yaml"
        configuration.write_text("\n---\n".join(path.read_text() for path in [*nodes, STAGES]))
        self.processes.start(
            "kwok",
            [
                self.paths["kwok"],
                f"--kubeconfig={self.kubeconfig}",
                f"--config={configuration}",
                "--manage-all-nodes=true",
                f"--server-address=127.0.0.1:{self.ports['kwok']}",
            ],
        )

    def add_nodes(self, count: int, labels: Mapping[str, str], **allocatable: str) -> None:
        """Add nodes that are ready when this returns; *allocatable* has `gpu` for nvidia.com/gpu."""
        amounts = {"nvidia.com/gpu" if name == "gpu" else name: value for name, value in allocatable.items()}
        first = len(self.client.items("v1", "Node"))
        for number in range(first, first + count):
            name = f"node-{number}"
            metadata = {"name": name, "labels": {"kubernetes.io/hostname": name, **labels}}
            node = {"apiVersion": "v1", "kind": "Node", "metadata": metadata}
            self.client.create(node)
            status = {"status": {"allocatable": {"pods": "10000", **amounts}, "capacity": {"pods": "10000", **amounts}}}
            self.client.patch(node, status, "status")
        self.processes.wait_until("nodes are ready", lambda: self._ready_nodes() >= first + count)

    def _ready_nodes(self) -> int:
        return sum(
            any(c["type"] == "Ready" and c["status"] == "True" for c in node["status"].get("conditions", ()))
            for node in self.client.items("v1", "Node")
        )
