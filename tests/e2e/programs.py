"""The programs of a cluster, built from pinned Go modules and kept outside the repository.

A binary's folder is named after what it is made of (its go.mod, go.sum and flags), so that nothing is built twice and
nothing old is run.
"""

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

TOOLS = Path(__file__).parent / "tools"
KUBERNETES = "1.35.3"
KUEUE = "0.19.2"
PULUMI = "3.259.0"
ENVIRONMENT = {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "-trimpath -buildvcs=false -pgo=off"}


@dataclass(frozen=True)
class Program:
    """One program: the folder of its module below tools/, its package, and what is linked into it."""

    module: str
    package: str
    values: Mapping[str, str]
    tags: str = ""

    @property
    def ldflags(self) -> str:
        """Return the linker's flags: no symbols, and the version where programs look for it."""
        return " ".join(["-s -w", *(f"-X {name}={value}" for name, value in self.values.items())])


def _kubernetes(command: str) -> Program:
    major, minor, _ = KUBERNETES.split(".")
    version = {"gitVersion": f"v{KUBERNETES}", "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    values = {
        f"{package}.{name}": value
        for package in ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
        for name, value in {**version, "gitCommit": "none", "buildDate": "1970-01-01T00:00:00Z"}.items()
    }
    return Program("kubernetes", f"k8s.io/kubernetes/cmd/{command}", values)


def _volcano(command: str) -> Program:
    return Program("volcano", f"volcano.sh/volcano/cmd/{command}", {})


PROGRAMS: Mapping[str, Program] = {
    "etcd": Program("etcd", "go.etcd.io/etcd/server/v3", {}),
    **{name: _kubernetes(name) for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler")},
    "kwok": Program("kwok", "sigs.k8s.io/kwok/cmd/kwok", {}),
    "kueue": Program("kueue", "sigs.k8s.io/kueue/cmd/kueue", {"sigs.k8s.io/kueue/pkg/version.GitVersion": f"v{KUEUE}"}),
    "pulumi": Program(
        "pulumi",
        "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
        {"github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": f"v{PULUMI}"},
        "osusergo,grpcnotrace",
    ),
    "vc-scheduler": _volcano("scheduler"),
    "vc-controller-manager": _volcano("controller-manager"),
    "vc-webhook-manager": _volcano("webhook-manager"),
}


def cache() -> Path:
    """Return where binaries are kept: $MUSTER_E2E_CACHE, or a folder of the user's cache."""
    chosen = os.environ.get("MUSTER_E2E_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(chosen) if chosen else Path(base) / "muster" / "e2e"


def binary(name: str) -> Path:
    """Return the path of a program, which is built where it is missing."""
    program = PROGRAMS[name]
    digest = hashlib.sha256(f"{program.ldflags} {program.tags} {program.package}".encode())
    for file in ("go.mod", "go.sum"):
        digest.update((TOOLS / program.module / file).read_bytes())
    path = cache() / digest.hexdigest()[:16] / name
    if not path.exists():
        _build(name, program, path)
    return path


def _build(name: str, program: Program, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{name}.{os.getpid()}.partial")
    started = time.monotonic()
    _say(f"building {name} (once; minutes where Go has not built its parts before)")
    tags = ["-tags", program.tags] if program.tags else []
    command = ["go", "build", *tags, "-ldflags", program.ldflags, "-o", str(partial), program.package]
    try:
        subprocess.run(command, cwd=TOOLS / program.module, env={**os.environ, **ENVIRONMENT}, check=True)
    except FileNotFoundError as error:
        raise SystemExit("the go command is missing; install Go 1.26 to run the end-to-end tests") from error
    except subprocess.CalledProcessError as error:
        raise SystemExit(f"{name} could not be built; see above") from error
    partial.rename(path)
    _say(f"built {name} in {time.monotonic() - started:.0f} s")


def binaries(names: Iterable[str]) -> dict[str, Path]:
    """Return the paths of programs, built one after the other where missing."""
    return {name: binary(name) for name in names}


def source(module: str, of: str) -> Path:
    """Return the folder with the sources of *module* as the tool folder *of* pins it; downloaded where missing."""
    environment = {**os.environ, **ENVIRONMENT, "GOFLAGS": "-mod=mod"}
    command = ["go", "mod", "download", "-json", module]
    subprocess.run(command, cwd=TOOLS / of, env=environment, check=True, stdout=subprocess.DEVNULL)
    listed = ["go", "list", "-m", "-f", "{{.Dir}}", module]
    found = subprocess.run(listed, cwd=TOOLS / of, env=environment, check=True, capture_output=True, text=True)
    return Path(found.stdout.strip())


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)  # noqa: T201
