"""What the plan of the house says that no linter holds."""

import ast
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from muster import VERBS

ROOT = Path(__file__).parent.parent
PACKAGES = ("tenancy", "scheduling", "simulator", "policies")
FILES = sorted([ROOT / "muster.py", *(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))])
NAMES = [str(path.relative_to(ROOT)) for path in FILES]
HEAVY = ("pulumi", "pulumi_kubernetes", "ortools", "pyarrow", "numpy", "plotly", "kubernetes", "ray", "pandas")
LIGHT_VERBS = ("check", "rule", "render", "diff", "schema")


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_a_file_can_be_read_in_one_go(path):
    assert len(path.read_text().splitlines()) <= 300


def test_the_pulumi_program_is_small():
    program = ROOT / "__main__.py"
    assert not program.exists() or len(program.read_text().splitlines()) <= 30


def undocumented(node, prefix=""):
    """Yield the public classes and functions in *node* without a docstring; those inside functions are left alone."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if not child.name.startswith("_") and not ast.get_docstring(child):
            yield prefix + child.name
        if isinstance(child, ast.ClassDef) and not child.name.startswith("_"):
            yield from undocumented(child, f"{child.name}.")


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_what_is_public_is_documented(path):
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree)
    assert list(undocumented(tree)) == []


def test_catch_all_modules_do_not_exist():
    stems = {path.stem for path in FILES}
    assert not stems & {"utils", "util", "common", "helpers", "helper", "core", "base", "misc"}


def modules_after(*arguments):
    """Return the top-level modules that are loaded after `muster` ran with *arguments*, in a process of its own."""
    program = (
        "import sys, muster\n"
        f"code = muster.main({list(arguments)!r})\n"
        "assert code in (0, 1), code\n"
        "sys.stderr.write(' '.join(sorted({name.partition('.')[0] for name in sys.modules})))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize("arguments", [("--version",), ("--help",)])
def test_to_say_what_it_is_takes_nothing(arguments):
    loaded = modules_after(*arguments)
    assert not loaded & {*HEAVY, "pydantic", "pydantic_core", "yaml", "typer", "rich", "networkx", "jinja2", "ruamel"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "stacks/dev"),
        ("rule",),
        ("render", "stacks/dev"),
        ("diff", "stacks/dev", "stacks/azure-team"),
        ("schema",),
    ],
    ids=lambda arguments: arguments[0],
)
def test_to_check_render_and_compare_takes_no_heavy_library(arguments):
    verb = arguments[0]
    if find_spec(VERBS[verb].module) is None:
        pytest.skip(f"muster {verb} does not exist yet")
    assert not modules_after(*arguments) & set(HEAVY)


def test_every_light_verb_is_tried():
    assert set(LIGHT_VERBS) <= set(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_lives_in_the_package_that_does_its_work(verb):
    package, commands, name = VERBS[verb].module.split(".")
    assert (package in PACKAGES, commands, name) == (True, "commands", verb)
