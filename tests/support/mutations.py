"""Damage that people and machines do to YAML files, as hypothesis strategies."""

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

HOSTILE_VALUES = (
    None,
    True,
    0,
    -1,
    1.5,
    10**30,
    "",
    "no",
    "1e3",
    "0o17",
    "12:30",
    "<<",
    "a b",
    "\u0663",
    "\x1b[31m",
    "\u202e",
    "x" * 300,
    "8Gi",
    "1e999",
    "../../etc",
    "kube-system",
    [],
    [None],
    [[]],
    ["a", "a"],
    {},
    {"": ""},
    {"name": "a"},
    {"nominal": {"owned": 10**12}},
)
HOSTILE_LINES = (
    "\t- tab",
    "<<: *nothing",
    "a: &a [*a]",
    "? [complex, key]\n: 1",
    "!!python/object:os.system x",
    "--- ",
    "...",
    "%YAML 1.1",
    '"\\ud800": 1',
    "\x00",
    "\ufeff",
    "\x85",
    "key: |2-\n   x",
    "{" * 200,
    "nominal: .nan",
    "- " * 150 + "x",
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value inside *value*."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in members:
        yield (*path, key)
        yield from places(member, (*path, key))


def _changed(value: Any, path: tuple[Any, ...], how: str, new: Any) -> None:
    for key in path[:-1]:
        value = value[key]
    if how == "remove":
        del value[path[-1]]
    elif how == "rename" and isinstance(value, dict):
        value[str(new)[:300]] = value.pop(path[-1])
    else:
        value[path[-1]] = copy.deepcopy(new)


@st.composite
def damaged_values(draw: st.DrawFn, value: Any) -> Any:
    """Draw *value* with up to three of its parts replaced, renamed or removed."""
    result = copy.deepcopy(value)
    for _ in range(draw(st.integers(1, 3))):
        found = list(places(result))
        if found:
            path = draw(st.sampled_from(found))
            how = draw(st.sampled_from(["replace", "replace", "remove", "rename"]))
            _changed(result, path, how, draw(st.sampled_from(HOSTILE_VALUES)))
    return result


@st.composite
def damaged_texts(draw: st.DrawFn, text: str) -> bytes:
    """Draw *text* with lines lost, doubled, moved or made hostile, bytes broken, or the end cut off."""
    lines = text.splitlines()
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, max(0, len(lines) - 1)))
        how = draw(st.sampled_from(["lose", "double", "indent", "hostile", "swap"]))
        if how == "lose":
            lines[at : at + 1] = []
        elif how == "double":
            lines[at:at] = lines[at : at + 1]
        elif how == "indent":
            lines[at : at + 1] = [f"  {line}" for line in lines[at : at + 1]]
        elif how == "hostile":
            lines[at:at] = [draw(st.sampled_from(HOSTILE_LINES))]
        else:
            lines[at : at + 2] = lines[at : at + 2][::-1]
    content = "\n".join(lines).encode("utf-8", "surrogatepass")
    end = draw(st.one_of(st.none(), st.integers(0, len(content))))
    tail = draw(st.sampled_from([b"", b"\xff\xfe", b"\x00", b"\r\n\t"]))
    return content[:end] + tail
