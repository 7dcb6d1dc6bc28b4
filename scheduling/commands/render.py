"""`muster render`: an environment's objects as YAML."""

from pathlib import Path
from typing import Annotated

import typer

from scheduling.declare import declare
from tenancy.files import write_text
from tenancy.load import load
from tenancy.manifests import Manifests, to_yaml
from tenancy.terminal import Format, FormatOption, note, print_json, say

app = typer.Typer(add_completion=False, rich_markup_mode=None)
CLUSTER = "cluster"


@app.command()
def render(
    environment: Annotated[Path, typer.Argument(metavar="ENV", help="A stack folder, such as stacks/prod.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder for one file per team.")] = None,
    format_: FormatOption = Format.TEXT,
) -> int:
    """Write the Kubernetes objects of an environment, in the order in which they are made.

    Examples: muster render stacks/dev; muster render stacks/prod -o manifests
    """
    manifests = declare(load(environment))
    if output is not None:
        files = _write(manifests, output)
        note(f"{len(manifests)} objects in {len(files)} files in {output}")
        if format_ is Format.JSON:
            print_json("render", {"objects": len(manifests), "files": [str(file) for file in files]})
    elif format_ is Format.JSON:
        print_json("render", {"items": [manifest.body for manifest in manifests.values()]})
    else:
        say(to_yaml(manifests.values()).rstrip("\n"))
    return 0


def _write(manifests: Manifests, folder: Path) -> list[Path]:
    by_team: dict[str, list[str]] = {}
    for manifest in manifests.values():
        by_team.setdefault(manifests.team(manifest) or CLUSTER, []).append(to_yaml([manifest]))
    files = {folder / f"{team}.yaml": "---\n".join(objects) for team, objects in sorted(by_team.items())}
    for file, text in files.items():
        write_text(file, text)
    return list(files)
