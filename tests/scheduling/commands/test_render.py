import json

import pytest

import muster
from scheduling.declare import declare
from support.stacks import EXAMPLES, write
from tenancy.load import load
from tenancy.manifests import read, to_yaml

DEV = str(EXAMPLES / "dev")


def test_objects_are_printed_as_one_stream(capsys):
    assert muster.main(["render", DEV]) == 0
    assert capsys.readouterr().out == to_yaml(declare(load(EXAMPLES / "dev")).values())


def test_json_holds_the_same_objects(capsys):
    assert muster.main(["render", DEV, "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "muster/render/v1"
    assert document["items"] == [manifest.body for manifest in declare(load(EXAMPLES / "dev")).values()]


@pytest.mark.parametrize("options", [[], ["--format", "json"]])
def test_a_folder_holds_a_file_for_each_team(tmp_path, capsys, options):
    assert muster.main(["render", DEV, "-o", str(tmp_path / "out"), *options]) == 0
    files = sorted((tmp_path / "out").iterdir())
    assert [file.name for file in files] == ["cluster.yaml", "speech.yaml", "vision.yaml"]
    manifests = declare(load(EXAMPLES / "dev"))
    assert read([str(tmp_path / "out")]).keys() == manifests.keys()
    assert {manifests.team(manifests[key]) for key in read([str(files[1])])} == {"speech"}
    out, err = capsys.readouterr()
    assert f"{len(manifests)} objects in 3 files" in err
    assert (json.loads(out)["files"] == [str(file) for file in files]) if options else out == ""


def test_what_cannot_be_printed_reads_back_from_print_and_file(tmp_path, capsys):
    title = "tab\tspace\u00a0turned\u202eback"
    stack = write(tmp_path, a={"metadata": {"name": "a", "title": title}, "quota": {"h100": 8}})
    assert muster.main(["render", str(stack)]) == 0
    (tmp_path / "printed.yaml").write_text(capsys.readouterr().out)
    assert muster.main(["render", str(stack), "-o", str(tmp_path / "out")]) == 0
    for path in (tmp_path / "printed.yaml", tmp_path / "out"):
        (space,) = read([str(path)]).of_kind("", "Namespace")
        assert space.body["metadata"]["annotations"]["muster/title"] == title


@pytest.mark.parametrize("options", [[], ["--format", "json"]])
def test_a_stack_that_cannot_be_read_is_exit_2(tmp_path, capsys, options):
    assert muster.main(["render", str(tmp_path), *options]) == 2
    out, err = capsys.readouterr()
    message = "holds no environment.yaml"
    if options:
        (finding,) = json.loads(out)["findings"]
        assert message in finding["message"]
    else:
        assert message in err
