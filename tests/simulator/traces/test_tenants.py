"""Who goes where."""

import pytest

from simulator.traces.destinations import Destinations
from simulator.traces.mapping import mapping_of
from simulator.traces.tenants import Allotment, Tenant
from tenancy.errors import ConfigError, TraceError

EVERYONE = [Tenant("a", 3, 700), Tenant("b", 2, 600), Tenant("vision", 1, 500), Tenant("c", 9, 100)]


def allotted(world, everyone=EVERYONE, **fields: object) -> Allotment:
    mapping = mapping_of(fields)
    allotment = Allotment(everyone, mapping, Destinations(world, mapping), "queue", "jobs.csv")
    allotment.settle()
    return allotment


def goals(allotment: Allotment) -> dict[str, str]:
    return {tenant: goal.name for tenant, goal in allotment.found.items()}


def test_listed_then_own_name_then_others(world):
    found = allotted(world, teams={"a": "speech", "c": "speech-first/default"}, others="vision")
    assert goals(found) == {"a": "speech", "vision": "vision", "c": "speech-first/default", "b": "vision"}
    assert found.notes == ["2 jobs of tenants that are not listed go to vision: b (2 jobs)"]


def test_list_goes_before_own_name(world):
    assert goals(allotted(world, teams={"vision": "speech"}, others="skip")) == {"vision": "speech"}


def test_others_may_be_skipped_and_are_counted(world):
    found = allotted(world, teams={"b": "speech"}, others="skip")
    assert set(found.found) == {"b", "vision"}
    assert found.notes == ["12 jobs of tenants that are not listed left out: a (3 jobs), c (9 jobs)"]


def test_tenants_are_dealt_by_nominal_quota(world):
    """Vision has 24 GPUs and 500 from its own name: 20.8 for each, more than speech's none."""
    found = allotted(world, others="spread")
    assert goals(found) == {"vision": "vision", "a": "speech", "b": "vision", "c": "vision"}
    assert found.notes == ["speech was dealt a (3 jobs)", "vision was dealt b (2 jobs), c (9 jobs)"]


def test_what_was_listed_counts_when_others_are_dealt(world):
    """Speech has 700 for 8 GPUs through one of its queues, vision 500 for 24."""
    found = allotted(world, teams={"a": "speech-first/default"}, others="spread")
    assert goals(found) == {"a": "speech-first/default", "vision": "vision", "b": "vision", "c": "vision"}


def test_queues_without_teams_are_dealt_too(plain_world):
    assert goals(allotted(plain_world, others="spread")) == {"a": "big", "b": "small", "vision": "big", "c": "big"}


def test_refusal_shows_the_lines_to_add(world):
    with pytest.raises(TraceError) as refused:
        allotted(world)
    text = str(refused.value).splitlines()
    assert text[0].startswith("jobs.csv: 3 of 4 tenants (field queue) have no team")
    assert '    "a": speech  # 3 jobs, 36.8 % of the GPU time' in text
    assert text[-1].strip().startswith("others: spread")


def test_refusal_is_a_mapping_that_works(world, tmp_path):
    with pytest.raises(TraceError) as refused:
        allotted(world)
    from simulator.traces.mapping import load_mapping

    file = tmp_path / "map.yaml"
    file.write_text("\n".join(line[2:] for line in str(refused.value).splitlines()[1:]))
    mapping = load_mapping(file)
    assert (mapping.team, mapping.others, set(mapping.teams)) == ("queue", "spread", {"a", "b", "c"})


def test_team_without_a_queue_is_left_out(world):
    found = allotted(world, [Tenant("robots", 4, 10), Tenant("vision", 1, 1)])
    assert goals(found) == {"vision": "vision"}
    assert found.notes == ["4 jobs left out: their team robots has no LocalQueue"]


def test_team_without_the_pool_is_left_out(world):
    found = allotted(world, [Tenant("speech", 4, 10), Tenant("vision", 1, 1)], pool="h100")
    assert goals(found) == {"vision": "vision"}
    assert found.notes == ["4 jobs left out: their team speech has no quota of h100"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"teams": {"a": "visoin"}}, r"teams\.a: 'visoin' is no team or queue here; did you mean vision\?"),
        ({"teams": {"a": "robots"}}, r"teams\.a: the team robots has no LocalQueue"),
        ({"teams": {"a": "speech"}, "pool": "h100"}, r"teams\.a: the team speech has no quota of h100"),
        ({"others": "nobody"}, "others: 'nobody' is no team or queue here"),
    ],
)
def test_what_the_mapping_gets_wrong(fields, message, world):
    with pytest.raises(ConfigError, match=message):
        allotted(world, **fields)


def test_tenant_that_is_not_there_is_said(world):
    found = allotted(world, teams={"z": "speech"}, others="skip")
    assert found.notes[0] == "the mapping lists z, but no job has that as its queue"
