"""Where jobs can go, with an environment and without."""

import pytest

from scheduling.world import World
from simulator.traces.destinations import Destinations, NodeShape
from simulator.traces.mapping import mapping_of
from tenancy.errors import ConfigError
from tenancy.manifests import Manifests, read, to_yaml

TEBIBYTE = 2**40


def destinations(world: World, **fields: object) -> Destinations:
    return Destinations(world, mapping_of(fields))


def test_team_of_an_environment(world):
    vision = destinations(world).find("vision")
    assert vision is not None
    assert (vision.team, vision.namespace, vision.queue) == ("vision", "vision-train", "default")
    assert (vision.nominal, vision.priority, vision.device) == (24, 1_000, "nvidia.com/gpu")
    assert vision.nodes == (NodeShape(8, 192_000, 2 * TEBIBYTE), NodeShape(4, 32_000, TEBIBYTE // 2))


def test_first_namespace_is_that_of_the_file(world):
    found = destinations(world).find("speech")
    assert found is not None
    assert (found.namespace, found.priority) == ("speech-second", 10)


def test_pool_bounds_what_counts(world):
    bounded = destinations(world, pool="h100")
    assert bounded.find("vision").nominal == 16
    assert bounded.find("vision").nodes == (NodeShape(8, 192_000, 2 * TEBIBYTE),)
    assert bounded.find("speech").nodes == ()
    with pytest.raises(ConfigError, match="pool: there is no pool b200; there are h100, a100, cpu"):
        destinations(world, pool="b200")


@pytest.mark.parametrize("name", ["evaluate", "vision-evaluate"])
def test_namespace_may_be_chosen(name, world):
    assert destinations(world, namespaces={"vision": name}).find("vision").namespace == "vision-evaluate"
    with pytest.raises(ConfigError, match=r"namespaces\.vision: nowhere is no namespace of vision"):
        destinations(world, namespaces={"vision": "nowhere"}).find("vision")


def test_queues_have_names_too(world):
    found = destinations(world)
    assert found.find("speech-first/default").namespace == "speech-first"
    assert found.find("speech-first/other") is None
    assert found.find("nobody") is None


def test_team_on_volcano_has_no_local_queue(world):
    found = destinations(world)
    assert found.find("robots") is None
    assert "robots" in found.queues_of_team
    assert [goal.name for goal in found.all()] == ["speech", "vision"]


def test_rendered_environment_has_the_same_teams(world, tmp_path):
    file = tmp_path / "rendered.yaml"
    file.write_text(to_yaml(world.manifests.values()))
    found = destinations(World(read([str(file)])))
    assert [goal.name for goal in found.all()] == ["speech", "vision"]
    assert found.find("vision").nominal == 24
    assert "robots" in found.queues_of_team


def test_plain_queues(plain_world):
    found = destinations(plain_world)
    assert found.names() == ["big", "small"]
    big = found.find("big")
    assert (big.team, big.namespace, big.queue, big.nominal) == ("", "ns-big", "main", 12)
    assert (big.device, big.nodes) == ("amd.com/gpu", (NodeShape(4, 64_000, 256 * 2**30),))
    with pytest.raises(ConfigError, match="manifests have no pools"):
        destinations(plain_world, pool="h100")


def test_empty_world_has_no_destinations():
    found = destinations(World(Manifests([])))
    assert found.names() == []
