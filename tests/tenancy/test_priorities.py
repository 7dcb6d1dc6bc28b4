import pytest

from support.stacks import loaded
from tenancy import priorities

WRITTEN = {"a": {"value": 5, "default": True, "description": "usual"}, "b": {"value": -5, "preempts": "never"}}


def test_priorities_become_classes(tmp_path):
    found = {
        manifest.key.name: manifest.body for manifest in priorities.declare(loaded(tmp_path, {"priorities": WRITTEN}))
    }
    assert found["a"]["value"] == 5
    assert found["a"]["globalDefault"] is True
    assert found["a"]["description"] == "usual"
    assert found["a"]["preemptionPolicy"] == "PreemptLowerPriority"
    assert (found["b"]["globalDefault"], found["b"]["preemptionPolicy"]) == (False, "Never")
    assert "description" not in found["b"]


@pytest.mark.parametrize(
    ("written", "team", "gang", "expected"),
    [
        (WRITTEN, {}, {}, "a"),
        (WRITTEN, {"priority": "b"}, {}, "b"),
        (WRITTEN, {"priority": "b"}, {"priority": "a"}, "a"),
        ({"b": 1}, {}, {}, None),
    ],
)
def test_the_nearest_priority_counts(tmp_path, written, team, gang, expected):
    gangs = {"g": {"namespace": "jobs", "image": "i", "tasks": [{"name": "w"}], **gang}}
    environment = loaded(tmp_path, {"priorities": written}, x1={"quota": {"h100": 8}, "gangs": gangs, **team})
    found = environment.teams["x1"]
    assert priorities.priority_of(environment, found, found.gangs["g"]) == expected
    if not gang:
        assert priorities.priority_of(environment, found) == expected
