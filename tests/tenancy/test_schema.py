"""The form of the models, and the JSON Schema held against them."""

import copy
import random
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from support.stacks import EXAMPLES, NAMES
from tenancy.api import Api
from tenancy.environment import EnvironmentFile, Priority
from tenancy.kueue_configuration import Configuration
from tenancy.load import inherited
from tenancy.schema import Model, json_schema
from tenancy.team import Quota, Settings, Team

MODELS = {"Environment": EnvironmentFile, "Team": Team}
SCHEMAS = {kind: Draft202012Validator(json_schema(model)) for kind, model in MODELS.items()}
FILES = sorted(path for name in NAMES for path in (EXAMPLES / name).rglob("*.yaml"))


def model_accepts(content):
    try:
        MODELS[content["kind"]].model_validate(content)
    except ValidationError:
        return False
    return True


def schema_accepts(content, kind=None):
    return SCHEMAS[kind or content["kind"]].is_valid(content)


def places(value, path=()):
    """Yield the path of every value inside *value*."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in members:
        yield (*path, key)
        yield from places(member, (*path, key))


def changed(content, path, new):
    """Return *content* with the value at *path* replaced, or removed where *new* is no value."""
    result = copy.deepcopy(content)
    around = result
    for key in path[:-1]:
        around = around[key]
    if new is ...:
        del around[path[-1]]
    else:
        around[path[-1]] = new
    return result


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parts[-2]}-{path.stem}")
def test_examples_are_valid_by_schema_and_model(path):
    content = yaml.safe_load(path.read_text())
    assert [error.message for error in SCHEMAS[content["kind"]].iter_errors(content)] == []
    assert model_accepts(content)


NEW = (..., None, True, 0, -1, 3, 2.5, 10**10, "", "a b", "8Gi", "Never", "a" * 300, "-a", [], [1], ["a", "a"], {})
NEW += ({"a": 1}, {"nominal": 1}, "1.35", "0.19", "10.0.0.0/8", {"max": 3}, [{"name": "a"}], "Job", ["Job"], False)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parts[-2]}-{path.stem}")
def test_what_the_models_accept_the_schema_accepts(path):
    content = yaml.safe_load(path.read_text())
    both = 0
    for where in places(content):
        for new in NEW:
            mutated = changed(content, where, new)
            if "kind" in mutated and mutated["kind"] == content["kind"] and model_accepts(mutated):
                assert schema_accepts(mutated), f"{where} = {new!r}"
                both += 1
    assert both


@pytest.mark.parametrize(
    ("kind", "where", "new"),
    [
        ("Environment", ("pools", "h100", "node", "cpu"), True),
        ("Environment", ("pools", "h100", "node", "gpus"), 8.5),
        ("Environment", ("pools", "h100", "node", "gpus"), "8"),
        ("Environment", ("pools", "h100", "tiers"), []),
        ("Environment", ("pools", "h100", "tiers", 0, "purchase"), "rented"),
        ("Environment", ("pools", "h100", "tiers", 0, "nodes"), -1),
        ("Environment", ("pools", "h100", "tiers", 0, "price"), -1),
        ("Environment", ("kueue", "version"), 0.19),
        ("Environment", ("currency",), "usd"),
        ("Environment", ("prots",), 1),
        ("Environment", ("metadata",), ...),
        ("Team", ("quota", "h100", "nominal"), -1),
        ("Team", ("quota", "h100"), None),
        ("Team", ("quota", "h100", "borow"), 1),
        ("Team", ("owners",), []),
        ("Team", ("owners",), [""]),
        ("Team", ("isolation",), "strong"),
        ("Team", ("namespaces", "train", "accepts"), ["Jobs"]),
        ("Team", ("metadata", "name"), "Vision"),
        ("Team", ("costCenter",), "a b"),
    ],
)
def test_what_is_wrong_in_itself_both_refuse(kind, where, new):
    file = "environment.yaml" if kind == "Environment" else "teams/vision.yaml"
    mutated = changed(yaml.safe_load((EXAMPLES / "prod" / file).read_text()), where, new)
    assert not schema_accepts(mutated, kind)
    assert not model_accepts(mutated)


def test_null_is_possible_where_it_closes_what_is_inherited():
    content = {**yaml.safe_load((EXAMPLES / "prod/teams/vision.yaml").read_text())}
    content |= {"network": {"egress": {"registry": None}, "ingress": {"a": None}}, "counts": {"secrets": None}}
    assert schema_accepts(content)
    assert Team.model_validate(content).network.egress == {}


def test_schemas_describe_every_field_of_a_team_in_words():
    properties = SCHEMAS["Team"].schema["properties"]
    assert properties["scheduler"]["enum"] == ["kueue", "volcano"]
    assert "Groups that submit jobs." in properties["members"]["description"]
    assert SCHEMAS["Team"].schema["$schema"].endswith("2020-12/schema")


def test_models_are_frozen():
    quota = Quota.model_validate(8)
    with pytest.raises(ValidationError):
        quota.nominal = 9


@pytest.mark.parametrize("short", [8, {"nominal": 8}])
def test_shorthands_stand_for_their_field(short):
    assert Quota.model_validate(short) == Quota(nominal=8)
    assert Priority.model_validate(5).value == 5


def test_a_document_holds_what_was_set():
    assert Quota.model_validate({"nominal": 8, "lend": None}).document() == {"nominal": 8, "lend": None}
    assert Settings.model_validate({"podSecurity": "baseline"}).document() == {"podSecurity": "baseline"}


def subclasses(model):
    for subclass in model.__subclasses__():
        yield subclass
        yield from subclasses(subclass)


OWN = sorted(
    {
        model
        for model in subclasses(Model)
        if model.__module__.startswith("tenancy.") and not issubclass(model, Api)  # parts of objects, as a server reads
    },
    key=str,
)


@pytest.mark.parametrize("model", OWN, ids=lambda model: model.__name__)
def test_every_model_refuses_unknown_fields_and_change(model):
    assert model.model_config["extra"] == "forbid"
    assert model.model_config["frozen"]
    assert model.__doc__


def test_configuration_refuses_what_the_manager_refuses():
    head = {"apiVersion": "config.kueue.x-k8s.io/v1beta2", "kind": "Configuration"}
    assert Configuration.model_validate({**head, "metrics": {"bindAddress": ":8443"}})
    with pytest.raises(ValidationError):
        Configuration.model_validate({**head, "metric": {}})


def test_examples_inherit_into_valid_teams():
    rng = random.Random(7)
    for name in NAMES:
        defaults = yaml.safe_load((EXAMPLES / name / "environment.yaml").read_text()).get("defaults", {})
        teams = [Path(path) for path in FILES if path.parts[-2:-1] == ("teams",) and name in path.parts]
        team = yaml.safe_load(rng.choice(teams).read_text())
        assert schema_accepts(inherited(team, defaults))
