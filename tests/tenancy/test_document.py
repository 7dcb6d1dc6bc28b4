import io
import json
import os
import threading

import pytest

from tenancy.composer import DEEPEST
from tenancy.document import MEGABYTE, Dialect, decoded, documents, read_stream, read_text
from tenancy.errors import ConfigError
from tenancy.finding import Place


def refused(text, file="f.yaml", dialect=Dialect.MANIFEST):
    with pytest.raises(ConfigError) as caught:
        documents(text, file, dialect)
    return [str(finding) for finding in caught.value.findings]


YAML = "a: 1\nb:\n  - x: 2\n    'y.z': 3\n"


@pytest.mark.parametrize(
    ("path", "line", "column", "known"),
    [
        ((), 1, 1, 0),
        (("a",), 1, 1, 1),
        (("b",), 2, 1, 1),
        (("b", 0), 3, 5, 2),
        (("b", 0, "x"), 3, 5, 3),
        (("b", 0, "y.z"), 4, 5, 3),
        (("b", 0, "missing", "deeper"), 3, 5, 2),
        (("b", 1), 2, 1, 1),
        (("b", "x"), 2, 1, 1),
        (("missing",), 1, 1, 0),
        (("a", "deeper"), 1, 1, 1),
    ],
)
def test_every_value_has_its_place(path, line, column, known):
    (document,) = documents(YAML, "f.yaml", Dialect.OWN)
    assert document.place(path) == Place("f.yaml", line, column)
    assert document.known(path) == known


def test_a_part_keeps_its_place():
    (document,) = documents(YAML, "f.yaml", Dialect.OWN)
    part = document.part({"other": 1}, ["b", 0])
    assert part.place(["x"]) == Place("f.yaml", 3, 5)
    assert part.value == {"other": 1}


def test_a_folder_a_missing_file_and_bytes_that_are_no_text_are_refused(tmp_path):
    latin = tmp_path / "latin.yaml"
    latin.write_bytes(b"a: 1\nb: \xe9\n")
    for path, message in [
        (tmp_path, f"{tmp_path}: cannot be read: Is a directory"),
        (tmp_path / "no.yaml", f"{tmp_path}/no.yaml: cannot be read: No such file or directory"),
        (latin, f"{latin}:2:4: byte 0xe9 is no UTF-8; save the file as UTF-8"),
    ]:
        with pytest.raises(ConfigError) as caught:
            read_text(path, Dialect.OWN)
        assert str(caught.value) == message


def test_a_byte_order_mark_is_no_text():
    assert decoded(b"\xef\xbb\xbfa: 1", "f") == "a: 1"
    with pytest.raises(ConfigError, match="f:1:1: byte 0xff is no UTF-8"):
        decoded("a".encode("utf-16"), "f")


def test_size_is_bounded_on_both_sides_of_the_limit(tmp_path):
    path = tmp_path / "f.yaml"
    path.write_bytes(b"x" * MEGABYTE)
    assert len(read_text(path, Dialect.OWN)) == MEGABYTE
    path.write_bytes(b"x" * (MEGABYTE + 1))
    with pytest.raises(ConfigError, match="is too large; at most 1 MiB are read"):
        read_text(path, Dialect.OWN)
    assert len(read_text(path, Dialect.MANIFEST)) == MEGABYTE + 1


def test_a_stream_without_end_is_not_read_to_its_end():
    class Endless(io.RawIOBase):
        def read(self, size=-1):
            assert 0 <= size <= MEGABYTE + 1
            return b"x" * size

    with pytest.raises(ConfigError, match="stdin: is too large"):
        read_stream(Endless(), "stdin", Dialect.OWN)


def test_a_pipe_is_read(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=("a: 1",))
    writer.start()
    assert read_text(pipe, Dialect.MANIFEST) == "a: 1"
    writer.join()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1, 2", "f.yaml:1:9: is no YAML: did not find expected ',' or ']'"),
        ("a:\n\t- 1", "f.yaml:2:1: is no YAML: a tab stands here; indent with spaces"),
        ("a: b: c", "f.yaml:1:5: is no YAML: mapping values are not allowed in this context"),
        ("a: 'b", "f.yaml:1:6: is no YAML: found unexpected end of stream"),
        ("a: @b", "f.yaml:1:4: is no YAML: found character that cannot start any token"),
        ("é: 1\nb: \x00", "f.yaml:2:4: character '\\x00' may not stand in YAML"),
        ("a: \x1b[31m", "f.yaml:1:4: character '\\x1b' may not stand in YAML"),
    ],
)
def test_broken_syntax_has_its_place(text, message):
    assert refused(text) == [message]


def test_what_was_refused_before_the_break_is_said_too():
    assert refused("a: yes\nb: [", dialect=Dialect.OWN) == [
        "f.yaml:1:4: yes is read differently by YAML dialects; write true, or quote it",
        "f.yaml:2:5: is no YAML: did not find expected node content",
    ]


def test_several_documents_are_several():
    found = documents("a: 1\n---\n# empty\n---\nb: 2\n", "f.yaml", Dialect.MANIFEST)
    assert [document.value for document in found] == [{"a": 1}, {"b": 2}]
    assert found[1].place() == Place("f.yaml", 5, 1)


def test_json_is_read_as_json():
    (document,) = documents('{"a": [1, 1.5, "no", null], "b": "\\ud83d\\ude00"}', "f.json", Dialect.MANIFEST)
    assert document.value == {"a": [1, 1.5, "no", None], "b": "\N{GRINNING FACE}"}
    assert document.place(["a", 0]) == Place("f.json", 1, 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "f.json:1:1: is no JSON: Expecting value"),
        ('{"a": 1,\n}', "f.json:"),
        ("{'a': 1}", "f.json:1:2: is no JSON: Expecting property name enclosed in double quotes"),
        ('{"a": 1, "b": 2, "a": 3}', "f.json: is no JSON: key 'a' stands twice; keep one"),
        ('{"a": NaN}', "f.json: holds a number that is not finite; JSON has none"),
        ('{"a": [-Infinity]}', "f.json: holds a number that is not finite; JSON has none"),
        ('{"a": 1e999}', "f.json: holds a number that is not finite; JSON has none"),
        ('{"a": ' + "1" * 5000 + "}", "f.json: is no JSON: Exceeds the limit"),
        ('{"a": "\\ud800"}', "f.json: '\\ud800' is half a character; write both halves"),
        ('{"\\udc00": 1}', "f.json: '\\udc00' is half a character; write both halves"),
    ],
)
def test_what_only_python_takes_for_json_is_refused(text, message):
    (found,) = refused(text, "f.json")
    assert found.startswith(message)


@pytest.mark.parametrize("levels", [DEEPEST + 1, 900, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_json_is_as_shallow_as_yaml(levels, opening, closing):
    assert refused(opening * levels + "1" + closing * levels, "f.json") == [
        "f.json: is nested more than 100 levels deep"
    ]


def test_json_of_the_greatest_depth_is_read():
    text = "[" * DEEPEST + "]" * DEEPEST
    (document,) = documents(text, "f.json", Dialect.MANIFEST)
    assert json.dumps(document.value) == text
