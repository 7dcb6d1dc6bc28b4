import json
import subprocess
import sys
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest

import muster

ROOT = Path(__file__).parent.parent
WRITTEN = [verb for verb, entry in muster.VERBS.items() if find_spec(entry.module)]
DEV = str(ROOT / "stacks/dev")


def run(*arguments, **options):
    """Run muster in a process of its own."""
    command = [sys.executable, "-m", "muster", *arguments]
    return subprocess.run(command, capture_output=True, text=True, errors="replace", cwd=ROOT, check=False, **options)


@pytest.mark.parametrize("arguments", [[], ["-h"], ["--help"], ["help"]])
def test_help_names_every_verb_in_one_line(capsys, arguments):
    assert muster.main(arguments) == 0
    lines = capsys.readouterr().out.splitlines()
    for name, verb in muster.VERBS.items():
        assert f"  {name:<10}{verb.help}" in lines
    assert max(len(line) for line in lines) <= 80


def test_the_version_is_that_of_the_package(capsys):
    assert muster.main(["--version"]) == 0
    assert capsys.readouterr().out == f"muster {version('muster')}\n"


@pytest.mark.parametrize("verb", WRITTEN)
def test_every_verb_has_help_with_an_example(capsys, verb):
    assert muster.main([verb, "--help"]) == 0
    out = capsys.readouterr().out
    assert f"Usage: muster {verb}" in out
    assert "Example" in out
    assert f"muster {verb} " in out.split("Example", 1)[1] or f"muster {verb};" in out


@pytest.mark.parametrize("verb", WRITTEN)
def test_every_verb_takes_a_format(capsys, verb):
    commands = [[verb]] if verb != "trace" else [[verb, name] for name in ("info", "convert", "generate", "get")]
    for command in commands:
        assert muster.main([*command, "--help"]) == 0
        assert "--format <text|json>" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["rendr"], "there is no verb 'rendr'; did you mean render?; see muster --help"),
        (["\x1b[31m"], "there is no verb '\\x1b[31m'; there are check, compare, "),
        (["render"], "Missing argument"),
        (["render", DEV, "--outptu", "x"], "No such option: --outptu"),
        (["render", DEV, "--format", "xml"], "Invalid value for '--format'"),
        (["render", "x" * 300], f"{'x' * 300}: File name too long"),
        (["diff", "x" * 300, DEV], f"{'x' * 300}/environment.yaml: File name too long"),
    ],
)
def test_what_cannot_be_used_is_said_in_a_line_and_exit_2(capsys, arguments, message):
    assert muster.main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(message)
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments", [["rendr"], ["render"], ["render", "nowhere"], ["render", "x" * 300], ["diff", DEV, "nowhere"]]
)
@pytest.mark.parametrize("option", [["--format", "json"], ["--format=json"]])
def test_machines_get_json_also_of_errors(capsys, arguments, option):
    assert muster.main([*arguments, *option]) == 2
    out, err = capsys.readouterr()
    document = json.loads(out)
    assert document["schema"] == "muster/error/v1"
    assert document["error"]
    assert err == ""


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (KeyboardInterrupt(), 130, "interrupted\n"),
        (OSError(28, "No space left on device"), 2, "output: No space left on device\n"),
        (OSError(13, "Permission denied", "a.yaml"), 2, "a.yaml: Permission denied\n"),
    ],
)
def test_what_the_system_does_ends_in_a_line(monkeypatch, capsys, error, code, message):
    def fail(*_arguments):
        raise error

    monkeypatch.setattr(import_module("scheduling.commands.render"), "load", fail)
    assert muster.main(["render", DEV]) == code
    assert capsys.readouterr().err == message


def test_an_error_of_ours_is_not_hidden(monkeypatch):
    def fail(*_arguments):
        raise ZeroDivisionError

    monkeypatch.setattr(import_module("scheduling.commands.render"), "load", fail)
    with pytest.raises(ZeroDivisionError):
        muster.main(["render", DEV])


def test_a_reader_that_goes_away_is_no_error():
    command = f"{sys.executable} -m muster render stacks/prod | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.stdout, done.stderr) == ("apiVersion: v1\n0\n", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_is_said():
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "muster", "render", DEV], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, done.stderr) == (2, "output: No space left on device\n")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_terminal_of_any_encoding_gets_the_message(encoding):
    done = run("render", "größe漢", env={"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0", "LC_ALL": "C.UTF-8"})
    assert done.returncode == 2
    assert "there is no such folder" in done.stderr
    assert "Traceback" not in done.stderr


def test_output_without_a_terminal_has_no_colours():
    done = run("render", "--help", env={"TERM": "xterm-256color", "PATH": ""})
    assert "\x1b" not in done.stdout
