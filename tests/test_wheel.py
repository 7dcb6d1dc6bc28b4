"""The built wheel without extras, in an empty environment elsewhere: it checks and renders a copied stack."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PINNED = re.compile(r"^([A-Za-z0-9_.-]+==[^\\\n]+)", re.MULTILINE)


def run(*command: object, folder: Path) -> str:
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **_settings()}
    done = subprocess.run(
        list(map(str, command)), cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _settings() -> dict[str, str]:
    """Return what the machine says of package indices and certificates."""
    prefixes = ("PIP_", "UV_", "SSL_", "REQUESTS_", "HTTP", "http")
    return {name: value for name, value in os.environ.items() if name.startswith(prefixes)}


@pytest.fixture(scope="module")
def installed(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with an environment that holds the wheel and its own dependencies alone."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    shutil.copytree(root, source, ignore=shutil.ignore_patterns(".*", "build", "*.egg-info", "demo-output"))
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, source, folder=folder)
    (wheel,) = folder.glob("*.whl")
    pins = folder / "pins.txt"
    pins.write_text("\n".join(PINNED.findall((root / "requirements/run.lock").read_text())))
    run(sys.executable, "-m", "venv", folder / "empty", folder=folder)
    run(folder / "empty/bin/pip", "install", "--quiet", "-c", pins, wheel, folder=folder)
    shutil.rmtree(source)
    shutil.copytree(root / "stacks" / "prod", folder / "prod")
    return folder


def test_it_checks_and_renders_a_copied_stack(installed: Path) -> None:
    muster = installed / "empty/bin/muster"
    assert "no findings" in run(muster, "check", "prod", folder=installed)
    assert "kind: ClusterQueue" in run(muster, "render", "prod", folder=installed)
    assert run(muster, "diff", "prod", "prod", folder=installed).strip() == "no difference"


def test_nothing_of_the_extras_is_needed(installed: Path) -> None:
    found = run(installed / "empty/bin/pip", "list", folder=installed)
    assert not {"pulumi", "ortools", "pyarrow", "kubernetes"} & {line.split()[0] for line in found.splitlines() if line}
