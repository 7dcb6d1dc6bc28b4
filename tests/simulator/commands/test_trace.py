"""`muster trace`, from the command line."""

import io
import json
import sys
from pathlib import Path

import pytest

import muster
from simulator.traces import fetch

DATA = Path(__file__).parent.parent / "traces" / "data"
STACK = {
    "environment.yaml": """
apiVersion: muster/v1alpha1
kind: Environment
metadata: {name: small}
pools:
  h100:
    node: {gpu: nvidia-h100-80gb, gpus: 8, cpu: 192, memory: 2Ti}
    tiers: [{name: owned, nodes: 4, purchase: owned, price: 1}]
  cpu:
    node: {cpu: 32, memory: 128Gi}
    tiers: [{name: owned, nodes: 2, purchase: owned, price: 1}]
""",
    "teams/vision.yaml": """
apiVersion: muster/v1alpha1
kind: Team
metadata: {name: vision}
owners: [leads]
quota: {h100: 24, cpu: 8}
""",
    "teams/speech.yaml": """
apiVersion: muster/v1alpha1
kind: Team
metadata: {name: speech}
owners: [leads]
quota: {h100: 8}
""",
    "teams/tools.yaml": """
apiVersion: muster/v1alpha1
kind: Team
metadata: {name: tools}
owners: [leads]
quota: {cpu: 8}
""",
}


def run(capsys, *arguments: object) -> tuple[int, str, str]:
    code = muster.main(["trace", *map(str, arguments)])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_info_says_figures_and_traps(capsys):
    code, out, _ = run(capsys, "info", DATA / "philly.csv")
    assert code == 0
    assert "philly, 9 rows, 6 jobs" in out
    assert "submitted  2017-09-29 07:58:32 to 2017-10-13 23:59:59, 14d 16h" in out
    assert "tenants    4, by the field queue" in out
    assert "! 1 rows skipped: duration is no number (lines 8)" in out
    assert "! 2 jobs stand below a job that was submitted later" in out


def test_info_as_json(capsys):
    code, out, _ = run(capsys, "info", DATA / "openb.csv", "--format", "json")
    found = json.loads(out)
    assert (code, found["schema"]) == (0, "muster/trace/v1")
    assert (found["rows"], found["jobs"], found["unit"], found["absolute"]) == (8, 5, "gpus", False)
    assert found["skipped"][0] == {"reason": "the pod was never scheduled", "rows": 1, "first_lines": [6]}
    assert sum(entry["jobs"] for entry in found["classes"]) == 5
    assert sum(tenant["hours"] for tenant in found["tenants"]) == pytest.approx(found["work_hours"])


def test_info_of_standard_input(capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO((DATA / "swf.swf").read_bytes())))
    code, out, _ = run(capsys, "info", "-")
    assert code == 0
    assert out.startswith("stdin: swf, 7 rows, 4 jobs")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", ": is empty"),
        ("hello\n", ":1: is in no known format"),
        ("submit,duration,gpus\n", ": holds no job to replay"),
        ("submit,duration,gpus\n1,x,1\n", ":2: duration is no number; 1 of 1 rows cannot be used"),
        ("submit,gpus\n1,1\n", ":1: column duration is missing"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(content, message, capsys, tmp_path):
    file = tmp_path / "jobs.csv"
    file.write_text(content)
    code, out, err = run(capsys, "info", file)
    assert (code, out) == (2, "")
    assert err.startswith(f"{file}{message}")
    assert err.count("\n") == 1
    code, out, _ = run(capsys, "info", file, "--format", "json")
    assert code == 2
    assert json.loads(out)["error"].startswith(f"{file}{message}")


def test_convert_some_days(capsys, tmp_path):
    target = tmp_path / "october.csv.gz"
    days = ("--from", "2017-10-09", "--until", "2017-10-10")
    code, out, err = run(capsys, "convert", DATA / "philly.csv", "-o", target, *days)
    assert (code, out) == (0, f"wrote 4 jobs to {target}\n")
    assert "! 1 rows skipped: the job ran for no time (lines 7)" in err
    _, out, _ = run(capsys, "info", target, "--format", "json")
    assert json.loads(out)["submitted"] == {"first": "2017-10-09T06:13:03", "last": "2017-10-10T00:00:00"}


def test_convert_to_standard_output(capsys):
    code, out, _ = run(capsys, "convert", DATA / "swf.swf")
    assert code == 0
    assert out.splitlines()[:2] == [
        "id,submit,duration,processors,user,group,queue,wait",
        "1,2010-05-01T00:04:55,222,80,1,1,1,0",
    ]
    code, out, _ = run(capsys, "convert", DATA / "swf.swf", "--format", "json")
    assert code == 2
    assert "name a file with -o" in json.loads(out)["error"]


def test_convert_needs_dates_to_choose_days(capsys):
    code, _, err = run(capsys, "convert", DATA / "openb.csv", "--from", "2017-10-09")
    assert code == 2
    assert "times but no dates" in err
    assert run(capsys, "convert", DATA / "philly.csv", "--from", "soon")[0] == 2


def test_generate_for_an_environment(capsys, tmp_path):
    for name, text in STACK.items():
        file = tmp_path / "stack" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    first, again = tmp_path / "a.csv.xz", tmp_path / "b.csv.xz"
    for target in (first, again):
        code, out, _ = run(capsys, "generate", tmp_path / "stack", "--days", 2, "--load", 0.5, "-o", target)
        assert code == 0
        assert out.startswith("wrote ")
    assert first.read_bytes() == again.read_bytes()
    _, out, _ = run(capsys, "info", first, "--format", "json")
    found = json.loads(out)
    assert found["work_hours"] == pytest.approx(0.5 * 32 * 48, rel=0.01)
    assert {tenant["name"]: tenant["hours"] for tenant in found["tenants"]} == {
        "vision": pytest.approx(0.5 * 24 * 48, rel=0.01),
        "speech": pytest.approx(0.5 * 8 * 48, rel=0.01),
    }


def test_generate_without_an_environment(capsys, tmp_path):
    target = tmp_path / "jobs.csv"
    arguments = ("--teams", 3, "--gpus", 32, "--days", 1, "--seed", 4, "-o", target, "--format", "json")
    code, out, _ = run(capsys, "generate", *arguments)
    assert code == 0
    made = json.loads(out)
    rows = target.read_text().splitlines()
    assert (rows[0], len(rows) - 1) == ("id,submit,duration,gpus,team", made["jobs"])
    assert {row.split(",")[-1] for row in rows[1:]} == {"team-1", "team-2", "team-3"}


def test_generate_refuses_what_contradicts(capsys):
    code, _, err = run(capsys, "generate", "stack", "--gpus", 8)
    assert code == 2
    assert "leave out --teams and --gpus" in err
    assert run(capsys, "generate", "--days", 0)[0] == 2


def test_get_writes_the_log(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr("simulator.commands.trace.fetch", lambda _log, target: Path(target).write_text("; swf\n"))
    target = tmp_path / "gaia.swf"
    code, out, err = run(capsys, "get", "unilu-gaia", "-o", target)
    assert (code, target.read_text()) == (0, "; swf\n")
    assert "fetching evalys 4.0.7 from PyPI" in err
    assert out == f"wrote {target}; see muster trace info {target}\n"


def test_get_lists_and_refuses(capsys):
    code, out, _ = run(capsys, "get", "--format", "json")
    assert code == 0
    assert [log["name"] for log in json.loads(out)["logs"]] == list(fetch.LOGS)
    assert run(capsys, "get")[1].count("unilu-gaia") == 1
    assert run(capsys, "get", "gaia")[::2] == (2, "there is no log 'gaia'; there are unilu-gaia\n")


@pytest.mark.parametrize("verb", ["info", "convert", "generate", "get"])
def test_help_has_an_example(verb, capsys):
    code, out, _ = run(capsys, verb, "--help")
    assert code == 0
    assert f"Example: muster trace {verb}" in out
