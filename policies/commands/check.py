"""`muster check`: an environment or manifests against the rules."""

from typing import Annotated

import typer

from policies.outputs import REPORTERS
from policies.rule import judge
from policies.rules import RULES
from scheduling.world import open_world
from tenancy.finding import Severity
from tenancy.live import ContextOption, LiveOption
from tenancy.terminal import Format, FormatOption

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def check(
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="ENV|PATH...", help="A stack folder, or manifests: files, folders, `-`."),
    ] = None,
    live: LiveOption = False,
    context: ContextOption = None,
    fail_on: Annotated[Severity, typer.Option(help="The severity from which findings fail the check.")] = (
        Severity.MEDIUM
    ),
    format_: FormatOption = Format.TEXT,
) -> int:
    """Check an environment, or plain Kueue, Volcano and core manifests, against the rules.

    Exit code 0 when clean, 1 with findings at or above --fail-on, 2 when something cannot be read.

    Examples: muster check stacks/prod; muster check --live; kubectl get clusterqueues,localqueues -A -o yaml | muster
    check -
    """
    world = open_world(paths or [], live, context)
    judgement = judge(world, RULES)
    REPORTERS[format_](world, judgement)
    return 1 if any(finding.severity >= fail_on for finding in judgement.findings) else 0
