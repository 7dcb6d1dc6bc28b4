import json

import pytest
from jsonschema import Draft202012Validator

import muster


def test_schemas_are_printed_as_one_document(capsys):
    assert muster.main(["schema"]) == 0
    schemas = json.loads(capsys.readouterr().out)
    assert list(schemas) == ["environment", "team"]
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("options", [[], ["--format", "json"]])
def test_schemas_are_written_to_a_folder(tmp_path, capsys, options):
    assert muster.main(["schema", "-o", str(tmp_path / "new"), *options]) == 0
    files = sorted((tmp_path / "new").iterdir())
    assert [file.name for file in files] == ["environment.schema.json", "team.schema.json"]
    assert json.loads(files[1].read_text())["title"] == "Team"
    out = capsys.readouterr().out
    assert (json.loads(out)["files"] == [str(file) for file in files]) if options else out == ""


def test_a_folder_that_cannot_be_written_is_said(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert muster.main(["schema", "-o", str(tmp_path / "file")]) == 2
    assert "cannot be written" in capsys.readouterr().err
