from collections import OrderedDict

import pytest
import yaml

from tenancy.composer import DEEPEST, MOST_FROM_ALIASES, Composer
from tenancy.errors import ConfigError


def composed(text, own=False):
    """Return the values of *text* and what is refused in it, each as `line:column: message`."""
    composer = Composer("f", own)
    values = [value for value, _ in composer.values(text)]
    return values, [str(finding).removeprefix("f:") for finding in composer.findings]


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\nb: [x, 2.5, null, true]\n",
        "{a: {b: {c: []}}}",
        "- - - 1\n- {}\n",
        "a: |\n  two\n  lines\nb: >\n  fol\n  ded\n",
        "'a': \"\\u00e9\\t\"\n",
        "a: &x {b: 1}\nc: *x\n",
        "base: &b {x: 1, z: 2}\nd: {<<: *b, z: 3}\n",
        "--- 1\n--- two\n...\n---\n- 3\n",
    ],
)
def test_values_are_those_of_yaml(text):
    values, findings = composed(text)
    assert values == list(yaml.safe_load_all(text))
    assert findings == []


def test_empty_documents_are_left_out():
    assert composed("# nothing\n---\n---\n~\n---\na: 1\n") == ([{"a": 1}], [])
    assert composed("") == ([], [])


def test_anchors_end_with_their_document():
    with pytest.raises(ConfigError, match=r"f:2:5: alias \*a names no anchor before it"):
        composed("a: &a 1\n--- *a\n")


def test_an_alias_cannot_hold_itself():
    with pytest.raises(ConfigError, match="names no anchor before it"):
        composed("&a [*a]")


def test_marks_are_those_of_keys_and_items():
    ((_, mark),) = Composer("f", own=False).values("a: 1\nb:\n  - x\n  - c: 2\n")
    assert (mark.line, mark.column) == (1, 1)
    assert (mark.inside["b"].line, mark.inside["b"].column) == (2, 1)
    item = mark.inside["b"].inside[1]
    assert (item.line, item.column) == (4, 5)
    assert (item.inside["c"].line, item.inside["c"].column) == (4, 5)


def test_a_merged_value_stands_where_it_was_written():
    ((_, mark),) = Composer("f", own=False).values("b: &b\n  x: 1\nd:\n  <<: *b\n")
    assert (mark.inside["d"].line, mark.inside["d"].inside["x"].line) == (3, 2)


def test_merging_keeps_what_stands_there_and_the_earlier_of_several():
    text = "a: &a {x: 1}\nb: &b {x: 2, z: 2}\nc:\n  <<: [*a, *b]\n  w: 3\n"
    assert composed(text)[0][0]["c"] == {"x": 1, "z": 2, "w": 3}
    assert composed("a: {'<<': 1}") == ([{"a": {"<<": 1}}], [])


@pytest.mark.parametrize("merged", ["5", "[{a: 1}, 5]", "text"])
def test_merging_anything_else_is_refused(merged):
    assert composed(f"a: {{<<: {merged}}}")[1] == ["1:5: merge key << takes a mapping or a list of mappings"]


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("a: 1\nb: 2\na: 3", "3:1: key 'a' stands twice; keep one"),
        ("a: 1\n1: 2\n'1': 3", "3:1: key '1' stands twice; keep one"),
        ("? [a]\n: 1", "1:3: a key must be text"),
        ("~: 1", "1:1: key ~ is no text; quote it"),
        ("a: !!python/object:os.system x", "1:4: tag 'tag:yaml.org,2002:python/object:os.system' is refused;"),
        ("a: !!binary x", "1:4: tag 'tag:yaml.org,2002:binary' is refused;"),
        ("a: !!set {b}", "1:4: tag 'tag:yaml.org,2002:set' is refused;"),
        ("!mine {a: 1}", "1:1: tag '!mine' is refused;"),
        ("a: .nan", "1:4: .nan is no finite number; quote it if it is meant as text"),
        ("a: !!float .inf", "1:4: .inf is no finite number"),
    ],
)
def test_in_every_file_is_refused(text, finding):
    assert composed(text)[1][0].startswith(finding)
    assert composed(text, own=True)[1]


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("a: &x 1\nb: *x", "2:4: alias *x is refused here; write the value out"),
        ("a: {<<: {b: 1}}", "1:5: merge key << is refused here; write the values out"),
        ("a: yes", "1:4: yes is read differently by YAML dialects; write true, or quote it"),
        ("a: 012", "1:4: 012 is read differently by YAML dialects; write a plain decimal number, or quote it"),
        ("a: 12:30", "1:4: 12:30 is read differently by YAML dialects; quote it"),
        ("a: !!str 5", "1:4: tag 'tag:yaml.org,2002:str' is refused; values are plain YAML"),
        ("no: 1", "1:1: no is read differently by YAML dialects; write false, or quote it"),
        ("8: 1", "1:1: key 8 is no text; quote it"),
        ("true: 1", "1:1: key true is no text; quote it"),
    ],
)
def test_in_our_own_files_is_refused_what_kubectl_takes(text, finding):
    assert composed(text, own=True)[1] == [finding]
    assert composed(text, own=False)[1] == []


def test_quoted_scalars_are_text_in_every_dialect():
    assert composed("a: 'yes'\nb: \"012\"\nc: ! 1e3\n", own=True) == ([{"a": "yes", "b": "012", "c": "1e3"}], [])


def test_keys_of_manifests_become_the_text_kubectl_makes_of_them():
    assert composed("{8: a, true: b, no: c}")[0] == [{"8": "a", "true": "b", "false": "c"}]


def test_depth_is_bounded():
    def deep(levels):
        return "[" * levels + "]" * levels

    assert len(composed(deep(DEEPEST))[0]) == 1
    for text in (deep(DEEPEST + 1), deep(50_000), "a: " * 5 + "? " * 10 + deep(DEEPEST)):
        with pytest.raises((ConfigError, yaml.YAMLError)):
            composed(text)


def test_aliases_cannot_blow_up():
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    with pytest.raises(ConfigError, match=f"aliases expand to over {MOST_FROM_ALIASES} values"):
        composed("\n".join(levels))
    assert composed("\n".join(levels[:4]))[1] == []


def test_keys_keep_their_order():
    (value,), _ = composed("b: 1\na: 2\nc: 3\n")
    assert list(OrderedDict(value)) == ["b", "a", "c"]
