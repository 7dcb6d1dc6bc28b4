"""`muster schema`: the JSON Schema of the YAML files."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from tenancy.environment import EnvironmentFile
from tenancy.files import write_text
from tenancy.schema import Model, json_schema
from tenancy.team import Team
from tenancy.terminal import Format, FormatOption, print_json, say

app = typer.Typer(add_completion=False, rich_markup_mode=None)
MODELS: Mapping[str, type[Model]] = {"environment": EnvironmentFile, "team": Team}


@app.command()
def schema(
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder to write *.schema.json to.")] = None,
    format_: FormatOption = Format.TEXT,
) -> int:
    """Write the JSON Schema of environment.yaml and of team files, for editors.

    Example: muster schema -o .schemas; then begin a file with
    `# yaml-language-server: $schema=.schemas/team.schema.json`.
    """
    schemas = {name: json_schema(model) for name, model in MODELS.items()}
    if output is None:
        say(json.dumps(schemas, indent=2))
        return 0
    files = {output / f"{name}.schema.json": json.dumps(content, indent=2) + "\n" for name, content in schemas.items()}
    for file, text in files.items():
        write_text(file, text)
    if format_ is Format.JSON:
        print_json("schema", {"files": [str(file) for file in files]})
    return 0
