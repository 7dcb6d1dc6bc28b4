import string

import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from tenancy.canonical import canonical, written
from tenancy.document import Dialect, documents
from tenancy.errors import ConfigError
from tenancy.finding import Place
from tenancy.manifests import Origin, declared, read, to_yaml
from tenancy.scalars import must_be_quoted

HOSTILE = ["no", "1e3", "0o17", "12:30", "<<", "=", "\u0085", "a\nb", " a ", "\n a\n", "a\n \n", "- ", "? ", "\ta"]
PIECES = st.sampled_from([*HOSTILE, *string.printable, "\u00a0", "\u2028", "\ufeff", "\U0001f600", "\x7f", "\x9f"])
TEXTS = st.one_of(st.text(), st.lists(PIECES, max_size=8).map("".join))
SCALARS = st.one_of(
    TEXTS, st.integers(-(10**20), 10**20), st.booleans(), st.none(), st.floats(allow_nan=False, allow_infinity=False)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=12,
)
MAPPINGS = st.dictionaries(TEXTS, VALUES, min_size=1, max_size=4)


def ours(text):
    (document,) = documents(text, "f.yaml", Dialect.MANIFEST)
    return document.value


@given(TEXTS)
@example("\n a")
@example("a\n\n\n")
@example("  \n  a")
@example("a \n")
def test_any_text_reads_back_in_every_dialect(text):
    value = {"a": text, "b": {text: [text]}}
    assert yaml.safe_load(written(value)) == value
    assert ours(written(value)) == value


@given(MAPPINGS)
def test_any_value_reads_back(value):
    assert ours(written(value)) == value
    assert yaml.safe_load(written(value)) == value


@given(MAPPINGS)
def test_what_is_written_is_printable_and_stays_the_same(value):
    text = written(value)
    assert all(line.isprintable() for line in text.split("\n"))
    assert written(ours(text)) == text


@given(MAPPINGS, st.randoms(use_true_random=False))
def test_the_order_of_keys_does_not_count(value, rng):
    def shuffled(inner):
        if isinstance(inner, dict):
            keys = list(inner)
            rng.shuffle(keys)
            return {key: shuffled(inner[key]) for key in keys}
        return [shuffled(item) for item in inner] if isinstance(inner, list) else inner

    assert written({"a": shuffled(value)}) == written({"a": value})
    assert canonical(canonical(value)) == canonical(value) == value


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.dictionaries(TEXTS, TEXTS, max_size=3)), max_size=4))
def test_a_stream_of_objects_reads_back(tmp_path_factory, objects):
    bodies = {
        name: {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}
        for name, data in objects
    }
    path = tmp_path_factory.mktemp("stream") / "f.yaml"
    path.write_text(to_yaml(declared(body, Origin(Place("f"))) for body in bodies.values()))
    assert {manifest.key.name: manifest.body for manifest in read([str(path)]).values()} == bodies


@given(TEXTS)
def test_text_that_may_stand_plain_is_text_in_yaml_1_1(text):
    if (
        not must_be_quoted(text)
        and yaml.safe_dump([text], default_flow_style=False, allow_unicode=True) == f"- {text}\n"
    ):
        assert yaml.safe_load(f"- {text}") == [text]
        assert ours(f"- {text}") == [text]


@given(st.one_of(st.text(), st.lists(PIECES, max_size=30).map("".join)), st.sampled_from(Dialect), st.booleans())
def test_any_text_is_read_or_refused_with_a_line(text, dialect, as_json):
    try:
        documents(text, "f.json" if as_json else "f.yaml", dialect)
    except ConfigError as error:
        assert error.findings
        assert all(str(finding).startswith("f.") and str(finding).isprintable() for finding in error.findings)
