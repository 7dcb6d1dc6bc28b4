"""The rendered YAML of the example stacks, as it is checked in; `make golden` writes it anew."""

import os
from pathlib import Path

import pytest

from scheduling.declare import declare
from support.stacks import EXAMPLES, NAMES
from tenancy.load import load
from tenancy.manifests import read, to_yaml

FOLDER = Path(__file__).parent


@pytest.mark.parametrize("name", NAMES)
def test_rendered_stack_is_the_one_checked_in(name):
    golden = FOLDER / f"{name}.yaml"
    rendered = to_yaml(declare(load(EXAMPLES / name)).values())
    if os.environ.get("MUSTER_GOLDEN") == "write":
        golden.write_text(rendered)
    assert rendered == golden.read_text(), "run `make golden` and review the difference"


@pytest.mark.parametrize("name", NAMES)
def test_what_is_checked_in_reads_back_as_what_is_declared(name):
    manifests = declare(load(EXAMPLES / name))
    found = read([str(FOLDER / f"{name}.yaml")])
    assert {key: manifest.body for key, manifest in found.items()} == {
        key: manifest.body for key, manifest in manifests.items()
    }


def test_every_golden_file_is_of_a_stack():
    assert sorted(path.stem for path in FOLDER.glob("*.yaml")) == sorted(NAMES)
