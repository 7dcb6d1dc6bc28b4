import pytest

from scheduling.declare import declare
from support.stacks import EXAMPLES, NAMES, loaded
from tenancy.errors import ConfigError
from tenancy.load import load
from tenancy.manifests import to_yaml


@pytest.mark.parametrize("name", NAMES)
def test_the_same_environment_gives_the_same_bytes(name):
    first, second = (to_yaml(declare(load(EXAMPLES / name)).values()) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("name", NAMES)
def test_every_object_has_an_origin_in_the_environment(name):
    environment = load(EXAMPLES / name)
    for manifest in declare(environment).values():
        assert manifest.origin.place.line
        assert manifest.origin.source
        assert manifest.origin.place == environment.place(manifest.origin.source)


@pytest.mark.parametrize("name", NAMES)
def test_every_object_of_a_team_says_so_and_stands_in_a_namespace_that_exists(name):
    environment = load(EXAMPLES / name)
    manifests = declare(environment)
    spaces = {manifest.key.name for manifest in manifests.of_kind("", "Namespace")}
    for manifest in manifests.values():
        assert manifest.labels["app.kubernetes.io/managed-by"] == "muster"
        if manifest.key.namespace and manifest.key.namespace != environment.kueue.namespace:
            assert manifest.key.namespace in spaces
            assert manifest.labels["muster/team"] in environment.teams


@pytest.mark.parametrize(
    ("environment", "teams", "clash"),
    [
        (
            {},
            {"a": {"namespaces": {"b-c": {}}}, "a-b": {"namespaces": {"c": {}}}},
            "Namespace/a-b-c is declared twice",
        ),
        (
            {},
            {"a": {"namespaces": {"b": {"cap": {"h100": 1}}}}, "a-b": {}},
            "ClusterQueue/a-b is declared twice",
        ),
        (
            {"cohorts": {"all": {}, "a": {}}},
            {"a": {"namespaces": {"b": {"cap": {"h100": 1}}}}},
            "Cohort/a is declared twice",
        ),
        (
            {},
            {
                "a": {"metadata": {"name": "a", "renamedFrom": ["old"]}},
                "b": {"metadata": {"name": "b", "renamedFrom": ["old"]}},
            },
            "Namespace/old-jobs is declared twice",
        ),
    ],
)
def test_names_that_meet_are_said_with_both_places(tmp_path, environment, teams, clash):
    teams = {name: {"quota": {"h100": 8}, **fields} for name, fields in teams.items()}
    with pytest.raises(ConfigError) as caught:
        declare(loaded(tmp_path, environment, **teams))
    lines = [str(finding) for finding in caught.value.findings]
    assert any(clash in line and line.endswith("rename or remove one") for line in lines)
    assert all(line.count(str(tmp_path)) == 2 for line in lines)


def test_a_renamed_team_keeps_its_objects(tmp_path):
    fields = {"quota": {"h100": 8}, "namespaces": {"x1": {"cap": {"h100": 2}}, "x2": {}}}
    before = declare(loaded(tmp_path / "before", old=fields))
    metadata = {"name": "new", "renamedFrom": ["old"]}
    after = declare(loaded(tmp_path / "after", new={**fields, "metadata": metadata}))
    assert list(after) == list(before)
    assert {after.team(manifest) for manifest in after.values()} == {"new", ""}
