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
from tenancy.terminal import Format, FormatOption, say

app = typer.Typer(add_completion=False, rich_markup_mode=None)
MODELS: Mapping[str, type[Model]] = {"environment": EnvironmentFile, "team": Team}


@app.command()
def schema(
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder to write *.schema.json to.")] = None,
    format_: FormatOption = Format.TEXT,  # noqa: ARG001 - a schema is JSON in either format
) -> int:
    """Write the JSON Schema of environment.yaml and of team files, for editors.

    Example: muster schema -o .schemas; then begin a file with
    `# yaml-language-server: $schema=.schemas/team.schema.json`.
    """
    schemas = {name: json_schema(model) for name, model in MODELS.items()}
    if output is None:
        say(json.dumps(schemas, indent=2))
        return 0
    for name, content in schemas.items():
        write_text(output / f"{name}.schema.json", json.dumps(content, indent=2) + "\n")
    return 0
