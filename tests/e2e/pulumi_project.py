"""The project as its users have it: a folder with Pulumi.yaml, __main__.py and stacks/, and the pulumi command."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from e2e.programs import binary
from support.stacks import EXAMPLES

PLUGINS = Path(__file__).parent / "plugins"
STAND_INS = {"pulumi-language-python": "language_python.py", "pulumi-resource-kubernetes": "resource_kubernetes.py"}


class Project:
    """A copy of the project with a state of its own."""

    def __init__(self, folder: Path, kubeconfig: Path) -> None:
        self.folder = folder / "project"
        self.state = folder / "state"
        tools = folder / "bin"
        for made in (self.folder, self.state, tools):
            made.mkdir()
        root = EXAMPLES.parent
        for file in ("Pulumi.yaml", "__main__.py"):
            shutil.copy(root / file, self.folder)
        shutil.copytree(EXAMPLES, self.folder / "stacks")
        self.pulumi = binary("pulumi")
        self.plugins = {name: shutil.which(name) or self._stand_in(tools, name) for name in STAND_INS}
        self.environment = {
            "PATH": f"{tools}:{os.environ['PATH']}",
            "PYTHONPATH": f"{root}:{root / 'tests'}",
            "HOME": str(folder),
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_BACKEND_URL": f"file://{self.state}",
            "PULUMI_CONFIG_PASSPHRASE": "e2e",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "KUBECONFIG": str(kubeconfig),
            "NO_COLOR": "1",
        }

    @staticmethod
    def _stand_in(tools: Path, name: str) -> str:
        script = tools / name
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{PLUGINS / STAND_INS[name]}" "$@"\n')
        script.chmod(0o755)
        return str(script)

    @property
    def verified(self) -> str:
        """Return which plugins run, the real ones or the stand-ins."""
        return ", ".join(
            f"{name}: {'stand-in' if Path(path).parent.name == 'bin' and 'project' not in path else 'real'}"
            for name, path in self.plugins.items()
        )

    def command(self, *arguments: str) -> list[str]:
        """Return the command line of a pulumi verb."""
        return [str(self.pulumi), *arguments, "--non-interactive"]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a pulumi verb to its end."""
        return subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        """Begin a pulumi verb in a process group of its own; what it prints can be read."""
        return subprocess.Popen(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def do(self, *arguments: str) -> str:
        """Run a pulumi verb that must succeed; return all that it printed."""
        found = self.run(*arguments)
        assert found.returncode == 0, f"pulumi {' '.join(arguments)}\n{found.stdout}\n{found.stderr}"
        return found.stdout + found.stderr

    def refused(self, *arguments: str) -> str:
        """Run a pulumi verb that must fail; return all that it printed."""
        found = self.run(*arguments)
        assert found.returncode != 0, f"pulumi {' '.join(arguments)}\n{found.stdout}"
        assert "Traceback" not in found.stdout + found.stderr
        return found.stdout + found.stderr

    def edit(self, file: str, change: Callable[[Any], None]) -> None:
        """Change a file below stacks/ as a person would."""
        yaml = YAML()
        path = self.folder / "stacks" / file
        body = yaml.load(path)
        change(body)
        yaml.dump(body, path)
