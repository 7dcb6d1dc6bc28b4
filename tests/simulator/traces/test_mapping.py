"""The mapping file and its mistakes."""

from datetime import date

import pytest

from simulator.traces.formats import read_trace
from simulator.traces.mapping import load_mapping, mapping_of
from tenancy.errors import ConfigError

HEAD = "apiVersion: muster/v1alpha1\nkind: TraceMapping\n"


def mistakes_in(text: str, tmp_path) -> str:
    file = tmp_path / "map.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError) as refused:
        load_mapping(file)
    return str(refused.value).replace(str(tmp_path), "")


def test_everything_at_once(tmp_path):
    file = tmp_path / "map.yaml"
    file.write_text(
        HEAD + "team: queue\nteams: {'6214e9': vision}\nothers: spread\nnamespaces: {vision: train}\n"
        "gpus: {from: processors, per: 8}\npool: h100\npodGpus: 4\ncompanions: false\n"
        "priority: {field: queue, values: {'2': exploratory, '1': 7}}\nfrom: 2017-10-01\nuntil: 2017-10-07\n"
    )
    mapping = load_mapping(file)
    assert (mapping.team, mapping.teams, mapping.others) == ("queue", {"6214e9": "vision"}, "spread")
    assert (mapping.gpus.source, mapping.gpus.per, mapping.pod_gpus) == ("processors", 8, 4)
    assert (mapping.first, mapping.last) == (date(2017, 10, 1), date(2017, 10, 7))
    assert mapping.priority is not None
    assert mapping.priority.values == {"2": "exploratory", "1": 7}
    assert str(mapping.error(["gpus", "per"], "wrong")).endswith("map.yaml:7:26: gpus.per: wrong")


def test_example_in_the_manual_is_right(root, tmp_path):
    text = (root / "docs" / "traces.md").read_text()
    file = tmp_path / "map.yaml"
    file.write_text(text.split("```yaml\n")[1].split("```")[0])
    assert load_mapping(file).teams == {"6214e9": "vision", "ee9e8c": "speech"}
    file.write_text(text.split("```csv\n")[1].split("```")[0])
    assert [job.team for job in read_trace(str(file)).jobs] == ["vision", "speech"]


def test_nothing_is_needed():
    mapping = mapping_of({})
    assert (mapping.team, mapping.others, mapping.companions) == (None, None, None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEAD + "teem: queue\n", "/map.yaml:3:1: teem: there is no such field; did you mean team?"),
        (HEAD + "team: colour\n", "/map.yaml:3:1: team: 'colour' is none of"),
        (HEAD + "gpus: {per: 8}\n", "/map.yaml:3:1: gpus: per counts processors; write `from: processors`"),
        (HEAD + "gpus: {from: processors, per: 0}\n", "gpus.per: 0 is below 1"),
        (HEAD + "from: 2017-10-32\n", "from: '2017-10-32' is no date"),
        (HEAD + "from: 2017-10-02\nuntil: 2017-10-01\n", "from 2017-10-02 is after until 2017-10-01"),
        (HEAD + "teams: {6214e9: a}\n", "6214e9 is read differently by YAML dialects"),
        (HEAD + "priority: {field: queue, values: {a: [1]}}\n", "neither the name of a priority nor a whole number"),
        (HEAD + "priority: {field: queue, values: {}}\n", "priority.values: is empty"),
        ("kind: TraceMapping\n", "the field apiVersion is missing"),
        ("- a\n", "begins with `kind: TraceMapping`"),
        ("", "is empty; a mapping file holds one TraceMapping"),
        (HEAD + "---\n" + HEAD, "holds 2 documents"),
    ],
)
def test_mistakes_are_said_with_their_place(text, message, tmp_path):
    assert message in mistakes_in(text, tmp_path)


def test_missing_file_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        load_mapping(tmp_path / "none.yaml")
