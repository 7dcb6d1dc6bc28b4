import json
import shutil

import pytest

import muster
from scheduling.declare import declare
from support.stacks import EXAMPLES, write
from tenancy.load import load
from tenancy.manifests import to_yaml

DEV = EXAMPLES / "dev"


@pytest.fixture
def changed(tmp_path):
    """Return a copy of the dev stack in which vision is promised less and lent nothing."""
    shutil.copytree(DEV, tmp_path / "dev")
    team = tmp_path / "dev/teams/vision.yaml"
    team.write_text(team.read_text().replace("t4: 2", "t4: {nominal: 1, lend: 0}"))
    return str(tmp_path / "dev")


def test_a_stack_does_not_differ_from_itself_or_from_what_it_renders(tmp_path, capsys):
    (tmp_path / "dev.yaml").write_text(to_yaml(declare(load(DEV)).values()))
    for head in (DEV, tmp_path / "dev.yaml"):
        assert muster.main(["diff", str(DEV), str(head), "--exit-code"]) == 0
        assert capsys.readouterr().out == "no difference\n"


def test_a_change_is_said_by_team_object_and_field(changed, capsys):
    assert muster.main(["diff", str(DEV), changed]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[0] == "cluster:"
    assert "  ~ Cohort/all changed" in out
    assert "vision:\n  ~ ClusterQueue/vision changed\n" in out
    field = "spec.resourceGroups[0].flavors[t4-owned].resources[nvidia.com/gpu]"
    assert f"      {field}.nominalQuota: 2 -> 1\n" in out
    assert f"      {field}.lendingLimit: (none) -> 0\n" in out
    assert out.endswith("2 changed\n")


@pytest.mark.parametrize(("options", "code"), [([], 0), (["--exit-code"], 1)])
def test_differences_are_exit_1_only_where_asked_for(changed, capsys, options, code):
    assert muster.main(["diff", str(DEV), changed, *options]) == code
    capsys.readouterr()


def test_json_holds_the_whole_change(changed, capsys):
    assert muster.main(["diff", str(DEV), changed, "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "muster/diff/v1"
    assert [(change["verb"], change["object"], change["team"]) for change in document["changes"]] == [
        ("changed", "Cohort/all", ""),
        ("changed", "ClusterQueue/vision", "vision"),
    ]
    assert {"path", "before", "after"} == document["changes"][0]["fields"][0].keys()


def test_a_replacement_says_why(tmp_path, capsys):
    for name, value in (("old", 1), ("new", 2)):
        write(tmp_path / name, {"priorities": {"urgent": value}})
    muster.main(["diff", str(tmp_path / "old"), str(tmp_path / "new")])
    out = capsys.readouterr().out
    assert "  ! PriorityClass/urgent replaced (immutable: value)\n" in out
    assert "  ~ WorkloadPriorityClass/urgent changed\n" in out
    assert out.endswith("1 changed, 1 replaced\n")


def test_long_values_are_cut(tmp_path, capsys):
    for name, value in (("old", "a"), ("new", "a" * 101)):
        write(tmp_path / name, {"priorities": {"urgent": {"value": 1, "description": value}}})
    muster.main(["diff", str(tmp_path / "old"), str(tmp_path / "new")])
    assert f"      description: a -> {'a' * 100}…\n" in capsys.readouterr().out


@pytest.mark.parametrize("options", [[], ["--format", "json"]])
def test_what_is_left_out_is_said(capsys, options):
    file = str(DEV / "environment.yaml")
    assert muster.main(["diff", file, file, *options]) == 0
    out, err = capsys.readouterr()
    if options:
        assert [finding["file"] for finding in json.loads(out)["skipped"]] == [file, file]
    else:
        assert err.count("Environment is no object of the cluster; left out") == 2


def test_a_missing_side_is_exit_2(capsys):
    assert muster.main(["diff", str(DEV), "nowhere"]) == 2
    assert capsys.readouterr().err == "nowhere: cannot be read: No such file or directory\n"
