import pytest

from scheduling.declare import declare
from scheduling.world import open_world
from support.stacks import EXAMPLES
from tenancy.errors import ConfigError
from tenancy.load import load
from tenancy.manifests import to_yaml


def test_a_stack_folder_is_an_environment_and_its_objects():
    world = open_world([str(EXAMPLES / "dev")])
    assert world.environment.name == "dev"
    assert list(world.manifests) == list(declare(load(EXAMPLES / "dev")))
    assert world.has_configuration


def test_manifests_are_one_world_without_an_environment(tmp_path):
    for name in ("dev", "azure-team"):
        (tmp_path / f"{name}.yaml").write_text(to_yaml(list(declare(load(EXAMPLES / name)).values())[:4]))
    world = open_world([str(tmp_path / "dev.yaml"), str(tmp_path / "azure-team.yaml")])
    assert world.environment is None
    assert len(world.manifests) == 8
    assert not world.has_configuration


@pytest.mark.parametrize("others", [["dev"], ["dev/environment.yaml"]])
def test_a_stack_folder_stands_alone(others):
    paths = [str(EXAMPLES / name) for name in ["prod", *others]]
    with pytest.raises(ConfigError, match="prod: is a stack folder and stands alone; name it without other paths"):
        open_world(paths)


def test_files_of_a_stack_are_no_objects_and_that_is_said():
    world = open_world([str(EXAMPLES / "dev/environment.yaml"), str(EXAMPLES / "dev/teams")])
    assert len(world.manifests) == 0
    assert [finding.message.split(";")[0] for finding in world.manifests.skipped] == [
        "Environment is no object of the cluster",
        "Team is no object of the cluster",
        "Team is no object of the cluster",
    ]
