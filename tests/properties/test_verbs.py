"""Every verb on damaged stacks, manifests and job histories: a code and a line, never a traceback."""

import contextlib
import io
import json
import shutil
from importlib.util import find_spec

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import muster
from support.mutations import damaged_texts, damaged_values
from support.stacks import EXAMPLES
from tenancy.canonical import written

DEV = str(EXAMPLES / "dev")
HISTORIES = sorted((EXAMPLES.parent / "tests/simulator/traces/data").iterdir())
JOBS = "id,team,submit,duration,gpus\n1,vision,0,60,1\n2,speech,10,60,2\n"
ARGUMENTS = {
    "check": [["{stack}"], ["{manifests}"]],
    "rule": [["{manifests}"]],
    "render": [["{stack}"], ["{manifests}"]],
    "diff": [["{stack}", DEV], [DEV, "{manifests}"], ["{manifests}", "{stack}"]],
    "simulate": [
        ["{stack}", "--trace", "{jobs}"],
        ["{manifests}", "--trace", "{jobs}"],
        [DEV, "--trace", "{manifests}"],
        [DEV, "--trace", "{trace}"],
    ],
    "compare": [
        ["{stack}", f"{DEV}@fifo", "--trace", "{jobs}"],
        [DEV, f"{DEV}@static", "--trace", "{trace}"],
        ["{manifests}", "{manifests}"],
    ],
    "explain": [
        ["{stack}", "1", "--trace", "{jobs}"],
        ["{manifests}", "2", "--trace", "{jobs}", "--at", "30s"],
        [DEV, "1", "--trace", "{trace}", "--at", "2024-01-01T00:00"],
        [DEV, "1", "--trace", "{jobs}", "--at", "{trace}"],
    ],
    "trace": [["info", "{manifests}"], ["convert", "{manifests}"], ["info", "{trace}"], ["convert", "{trace}"]],
    "conform": [["{manifests}"], ["{trace}"]],
    "schema": [[]],
}


def run(arguments):
    """Return exit code, standard output and standard error of muster."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = muster.main(arguments)
    return code, out.getvalue(), err.getvalue()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    found = tmp_path_factory.mktemp("verbs")
    (found / "jobs.csv").write_text(JOBS)
    return found


def stack(folder, data):
    """Write a copy of the dev stack with one file damaged."""
    path = folder / "stack"
    shutil.rmtree(path, ignore_errors=True)
    shutil.copytree(DEV, path)
    file = data.draw(st.sampled_from(sorted(path.rglob("*.yaml"))))
    if data.draw(st.booleans()):
        value = data.draw(damaged_values(yaml.safe_load(file.read_text())))
        file.write_text(written(value) if value else "")
    else:
        file.write_bytes(data.draw(damaged_texts(file.read_text())))
    return path


def manifests(folder, data):
    """Write the rendered dev stack with objects damaged, as YAML or as a JSON list."""
    golden = (EXAMPLES.parent / "tests/golden/dev.yaml").read_text()
    bodies = list(yaml.safe_load_all(golden))
    at = data.draw(st.integers(0, len(bodies) - 1))
    bodies[at] = data.draw(damaged_values(bodies[at]))
    if data.draw(st.booleans()):
        path = folder / "manifests.json"
        path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": bodies}))
    else:
        path = folder / "manifests.yaml"
        path.write_text("---\n".join(written(body) if body else "\n" for body in bodies))
    return path


def trace(folder, data):
    """Write a job history of some format with lines damaged."""
    file = data.draw(st.sampled_from(HISTORIES))
    path = folder / f"trace{file.suffix}"
    path.write_bytes(data.draw(damaged_texts(file.read_text())))
    return path


@pytest.mark.parametrize("verb", list(muster.VERBS))
def test_every_verb_is_tried_with_something(verb):
    assert ARGUMENTS[verb]


@pytest.mark.parametrize("verb", list(muster.VERBS))
@settings(max_examples=40)
@given(data=st.data())
def test_damaged_input_ends_in_a_code_and_a_line(folder, verb, data):
    if find_spec(muster.VERBS[verb].module) is None:
        pytest.skip(f"muster {verb} does not exist yet")
    paths = {"jobs": str(folder / "jobs.csv")}
    chosen = data.draw(st.sampled_from(ARGUMENTS[verb]))
    for name, make in (("stack", stack), ("manifests", manifests), ("trace", trace)):
        if any(f"{{{name}}}" in argument for argument in chosen):
            paths[name] = str(make(folder, data))
    options = data.draw(st.sampled_from([[], ["--format", "json"]]))
    code, out, err = run([verb, *(argument.format(**paths) for argument in chosen), *options])
    assert code in range(6)
    assert "Traceback" not in out + err
    if code == 2 and options:
        assert json.loads(out)["error"]
    elif code == 2:
        assert err.strip()
    elif options:
        json.loads(out)
