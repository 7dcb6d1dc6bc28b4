"""A whole cluster: control plane, nodes, Kueue, Volcano; one `with` statement long."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from e2e.client import Client
from e2e.control_plane import ControlPlane
from e2e.kueue_manager import Kueue
from e2e.processes import Processes
from e2e.volcano import Volcano


@dataclass(frozen=True)
class Cluster:
    """What tests see of a cluster."""

    plane: ControlPlane
    kueue: Kueue
    volcano: Volcano

    @property
    def client(self) -> Client:
        """Return the administrator's client."""
        return self.plane.client

    @property
    def kubeconfig(self) -> Path:
        """Return the administrator's kubeconfig."""
        return self.plane.kubeconfig


@contextmanager
def running(folder: Path | None = None, **configuration: Any) -> Iterator[Cluster]:
    """Run a cluster, with parts of Kueue's Configuration; everything ends with the block.

    Logs are in FOLDER/logs; without a folder all is in a temporary one, which goes at the end.
    """
    base = folder or Path(tempfile.mkdtemp(prefix="muster-e2e-"))
    try:
        with Processes(base / "logs") as processes:
            plane = ControlPlane(base, processes)
            plane.start()
            kueue = Kueue(plane)
            kueue.install()
            kueue.start(**configuration)
            volcano = Volcano(plane)
            volcano.install()
            volcano.start()
            yield Cluster(plane, kueue, volcano)
    finally:
        if folder is None:
            shutil.rmtree(base, ignore_errors=True)
