import shutil

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.declare import declare
from support.mutations import damaged_texts, damaged_values
from support.stacks import EXAMPLES, NAMES
from tenancy.canonical import written
from tenancy.errors import ConfigError
from tenancy.load import load
from tenancy.manifests import read

FILES = {name: sorted((EXAMPLES / name).rglob("*.yaml")) for name in NAMES}


def loads_or_says_why(folder):
    """Load and declare what is in *folder*; where that is refused, every finding is a line with a place in it."""
    try:
        declare(load(folder))
    except ConfigError as error:
        assert error.findings
        for finding in error.findings:
            assert str(finding).startswith(str(folder))
            assert str(finding).isprintable()
            assert finding.message


@pytest.fixture(scope="module")
def copies(tmp_path_factory):
    """Return a copy of each example stack, to be damaged and mended."""
    folder = tmp_path_factory.mktemp("stacks")
    for name in NAMES:
        shutil.copytree(EXAMPLES / name, folder / name)
    return folder


def damage(copies, data, content):
    """Put what *content* draws in the place of one file, load the stack, and put the file back."""
    name = data.draw(st.sampled_from(NAMES))
    original = data.draw(st.sampled_from(FILES[name]))
    target = copies / original.relative_to(EXAMPLES)
    target.write_bytes(content(original.read_text()))
    try:
        loads_or_says_why(copies / name)
    finally:
        shutil.copyfile(original, target)


@settings(max_examples=400)
@given(st.data())
def test_a_stack_with_damaged_values_loads_or_says_why(copies, data):
    def content(text):
        value = data.draw(damaged_values(yaml.safe_load(text)))
        return written(value).encode() if isinstance(value, dict) and value else b""

    damage(copies, data, content)


@settings(max_examples=400)
@given(st.data())
def test_a_stack_with_damaged_text_loads_or_says_why(copies, data):
    damage(copies, data, lambda text: data.draw(damaged_texts(text)))


@given(st.data(), st.binary(max_size=200))
def test_a_stack_with_any_bytes_for_a_file_loads_or_says_why(copies, data, noise):
    damage(copies, data, lambda _text: noise)


@settings(max_examples=100)
@given(st.data())
def test_damaged_manifests_are_read_or_say_why(tmp_path_factory, data):
    golden = EXAMPLES.parent / "tests/golden/dev.yaml"
    path = tmp_path_factory.mktemp("manifests") / data.draw(st.sampled_from(["f.yaml", "f.json"]))
    path.write_bytes(data.draw(damaged_texts(golden.read_text()[:6000])))
    try:
        read([str(path)])
    except ConfigError as error:
        assert all(str(finding).startswith(str(path)) for finding in error.findings)
