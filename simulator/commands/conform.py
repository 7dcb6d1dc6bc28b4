"""`muster conform`: recorded scheduler decisions, replayed and compared."""

from pathlib import Path
from typing import Annotated, Any

import typer

from simulator.conform import Decision, Verdict, conform
from tenancy.terminal import Format, FormatOption, print_json, progress, say

app = typer.Typer(add_completion=False, rich_markup_mode=None)
SHOWN = 3


@app.command(name="conform")
def command(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Recordings (JSON Lines, .xz or .gz too).")],
    format_: FormatOption = Format.TEXT,
) -> int:
    """Replay recorded decisions of the real Kueue scheduler through our engine and compare them, in order.

    Prints agree/total for each file and the first disagreements side by side. Scenarios with features that the engine
    does not model are counted apart, never as agreement. Exit code 0 when all agree, 1 when not.

    Example: muster conform ../shared/conformance/kueue/F2.jsonl.xz
    """
    results = {}
    with progress("replaying", len(files)) as done:
        for number, path in enumerate(files):
            results[str(path)] = list(conform(path))
            done(number + 1)
    if format_ is Format.JSON:
        print_json("conform", {"files": {name: _json(verdicts) for name, verdicts in results.items()}})
    else:
        for name, verdicts in results.items():
            _print(name, verdicts)
    return 0 if all(verdict.agrees for verdicts in results.values() for verdict in verdicts) else 1


def _counts(verdicts: list[Verdict]) -> tuple[int, int, int]:
    return sum(v.agrees for v in verdicts), len(verdicts), sum(v.unsupported is not None for v in verdicts)


def _json(verdicts: list[Verdict]) -> dict[str, Any]:
    agree, total, unsupported = _counts(verdicts)
    differing = [v for v in verdicts if not v.agrees]
    return {
        "agree": agree,
        "total": total,
        "unsupported": unsupported,
        "disagreements": [
            {
                "scenario": v.scenario,
                "unsupported": v.unsupported,
                "position": v.position,
                "ours": [list(decision) for decision in v.ours],
                "theirs": [list(decision) for decision in v.theirs],
            }
            for v in differing
        ],
    }


def _print(name: str, verdicts: list[Verdict]) -> None:
    agree, total, unsupported = _counts(verdicts)
    apart = f", {unsupported} unsupported ({_features(verdicts)})" if unsupported else ""
    say(f"{name}: {agree}/{total} agree{apart}")
    for verdict in [v for v in verdicts if not v.agrees and v.unsupported is None][:SHOWN]:
        say(f"  {verdict.scenario}: decision {verdict.position + 1}")
        for label, decisions in (("ours  ", verdict.ours), ("theirs", verdict.theirs)):
            for decision in decisions or ((),):
                say(f"    {label} {_words(decision)}")


def _features(verdicts: list[Verdict]) -> str:
    return ", ".join(sorted({v.unsupported for v in verdicts if v.unsupported}))


def _words(decision: Decision) -> str:
    if not decision:
        return "(nothing more)"
    time, cycle, kind, workload, queue, *rest = decision
    if kind in {"active", "inadmissible"}:
        return f"in the end: {workload} {kind}, {'ran before' if queue else 'never ran'}"
    if kind == "livelock":
        return f"t={time}: preemption loop"
    detail = f" by {rest[0]}: {rest[1]}" if kind == "preempted" else ""
    if kind == "admitted":
        detail = ";".join(_pod_set_words(*pod_set) for pod_set in rest)
    return f"t={time} cycle {cycle}: {workload} {kind} in {queue}{detail}"


def _pod_set_words(name: str, count: int, flavors: Decision, domains: Decision) -> str:
    on = ", ".join(f"{resource}={flavor}" for resource, flavor in flavors)
    at = ", ".join(f"{'/'.join(values)} x{pods}" for values, pods in domains)
    return f" {name} x{count} on {on}{' at ' if at else ''}{at}"
