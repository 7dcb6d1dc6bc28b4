import re

import pytest
from pydantic import TypeAdapter, ValidationError

from tenancy import names


def accepted(kind, value):
    try:
        TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (names.TeamName, ["a", "a-b", "2d", "x" * 63], ["", "A", "a.b", "a_b", "-a", "a-", "a\n", "é", "x" * 64, 8]),
        (names.SubdomainName, ["a", "a.b", "a-b.c", "x" * 253], ["", ".a", "a..b", "a.-b", "a.b.", "x" * 254]),
        (names.PriorityName, ["a.b", "x" * 63], ["", "A", "x" * 64]),
        (names.GangName, ["a", "a2", "x" * 63], ["2a", "a.b", "a-", "x" * 64]),
        (names.TaskName, ["a", "x" * 30], ["2a", "x" * 31]),
        (names.LabelKey, ["a", "A_b.c", "example.org/pool"], ["", "a b", "/a", "a/", "a/b/c", "Example.org/a", "a\n"]),
        (names.LabelValue, ["", "a", "A_b.c-D", "x" * 63], ["-a", "a-", "a b", "a/b", "x" * 64]),
        (names.Counted, ["pods", "jobs.batch", "services.loadbalancers"], ["", "Jobs", "count/pods", "requests.a/b"]),
        (names.Image, ["a", "registry.example.org/a/b:1@sha256:0"], ["", "a b", "a\n"]),
        (names.Group, ["oidc:a", "Domain Users"], [""]),
    ],
)
def test_names_on_both_sides_of_their_bounds(kind, good, bad):
    assert [value for value in good if not accepted(kind, value)] == []
    assert [value for value in bad if accepted(kind, value)] == []


@pytest.mark.parametrize("pattern", list(names.EXPECTED))
def test_what_a_pattern_expects_is_said_in_words(pattern):
    assert names.EXPECTED[pattern].startswith("is no ")
    assert re.compile(pattern)


def test_joined_names_of_up_to_the_longest_stay_as_they_are():
    assert names.joined("a" * 30, "b" * 32) == "a" * 30 + "-" + "b" * 32
    cut = names.joined("a" * 30, "b" * 33)
    assert len(cut) == 63
    assert re.fullmatch(r"a{30}-b{23}-[0-9a-f]{8}", cut)


def test_names_that_are_cut_at_the_same_place_differ():
    assert names.joined("a" * 70, "x") != names.joined("a" * 70, "y")
    assert names.joined("a" * 70, "x") == names.joined("a" * 70, "x")


@pytest.mark.parametrize("longest", range(13, 64))
def test_cut_names_are_still_names(longest):
    for name in ("a-" * 40 + "b", "a" * 100, "a.b-" * 30 + "c"):
        cut = names.joined(name, longest=longest)
        assert len(cut) <= longest
        assert re.fullmatch(names.DOTTED_NAME, cut)
