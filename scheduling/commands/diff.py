"""`muster diff`: what a change means, object by object."""

from itertools import groupby
from typing import Annotated, Any

import typer

from scheduling.world import open_world
from tenancy.difference import Change, Verb, difference
from tenancy.drift import drift
from tenancy.errors import MusterError
from tenancy.live import ContextOption, LiveOption
from tenancy.manifests import Manifests
from tenancy.terminal import Format, FormatOption, finding_json, note, print_json, say

app = typer.Typer(add_completion=False, rich_markup_mode=None)
SIGNS = {Verb.ADDED: "+", Verb.CHANGED: "~", Verb.REPLACED: "!", Verb.REMOVED: "-"}
LONGEST_VALUE = 100


@app.command()
def diff(
    base: Annotated[str, typer.Argument(help="A stack folder, or a file or folder of manifests.")],
    head: Annotated[str | None, typer.Argument(help="The same, after the change; or --live.")] = None,
    live: LiveOption = False,
    context: ContextOption = None,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit with 1 when there are differences.")] = False,
    format_: FormatOption = Format.TEXT,
) -> int:
    """Say what turns BASE into HEAD: objects added, changed, removed and replaced, by team.

    Quantities compare by value (8 = 8000m); what only the server writes is ignored. With --live in place of HEAD it is
    the drift of a cluster: what differs there from what BASE declares, and where BASE declares it.

    Examples: muster diff stacks/prod /tmp/prod-with-my-change; muster diff stacks/prod --live
    """
    if live == (head is not None):
        raise MusterError("name what to compare with: HEAD, or --live for the cluster of your kubeconfig")
    before = open_world([base]).manifests
    after = open_world([] if head is None else [head], live, context).manifests
    changes = drift(before, after) if live else difference(before, after)
    skipped = [*before.skipped, *after.skipped]
    if format_ is Format.JSON:
        left_out = [finding_json(finding) for finding in skipped]
        print_json("diff", {"changes": [_json(change, before) for change in changes], "skipped": left_out})
    else:
        _print(changes, before if live else None)
        for finding in skipped:
            note(str(finding))
    return 1 if changes and exit_code else 0


def _json(change: Change, before: Manifests) -> dict[str, Any]:
    place = before[change.key].origin.place if change.key in before else None
    return {
        "verb": change.verb.value,
        "object": str(change.key),
        "group": change.key.group,
        "team": change.team,
        "declared": str(place) if place else "",
        "because": list(change.because),
        "fields": [{"path": f.path, "before": f.before, "after": f.after} for f in change.fields],
    }


def _print(changes: tuple[Change, ...], declared: Manifests | None) -> None:
    """Print changes by team; with *declared*, where each object is declared."""
    if not changes:
        say("no difference")
        return
    for team, of_team in groupby(changes, key=lambda change: change.team):
        say(f"{team or 'cluster'}:")
        for change in of_team:
            why = f" (immutable: {', '.join(change.because)})" if change.because else ""
            where = f" (declared at {declared[change.key].origin.place})" if declared and change.key in declared else ""
            say(f"  {SIGNS[change.verb]} {change.key} {change.verb}{why}{where}")
            for field in change.fields:
                say(f"      {field.path}: {_value(field.before)} -> {_value(field.after)}")
    counts = {verb: sum(change.verb is verb for change in changes) for verb in Verb}
    say(", ".join(f"{count} {verb}" for verb, count in counts.items() if count))


def _value(value: Any) -> str:
    if value is None:
        return "(none)"
    text = str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
