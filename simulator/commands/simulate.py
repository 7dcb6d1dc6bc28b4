"""`muster simulate`: a job history through the scheduler's decisions."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from scheduling.world import open_world
from simulator import ledger as ledgers
from simulator.engines import ENGINES
from simulator.history import FromOption, History, MapOption, TraceOption, UntilOption, words
from simulator.latency import LIVE
from simulator.run import simulate
from simulator.summary import print_summary, summary_json
from tenancy.errors import MusterError
from tenancy.live import ContextOption, LiveOption
from tenancy.mistakes import did_you_mean
from tenancy.terminal import Format, FormatOption, note, print_json, progress


class Clock(StrEnum):
    """The clocks of a replay."""

    IDEAL = "ideal"
    LIVE = "live"


app = typer.Typer(add_completion=False, rich_markup_mode=None)
ENGINE_HELP = "; ".join(f"{name}: {variant.help}" for name, variant in ENGINES.items())


@app.command(name="simulate")
def command(
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="ENV|PATH...", help="A stack folder, or manifests.")
    ] = None,
    trace: TraceOption = None,
    live: LiveOption = False,
    context: ContextOption = None,
    engine: Annotated[str, typer.Option(help=f"Who decides. {ENGINE_HELP}.")] = "kueue",
    latency: Annotated[
        Clock, typer.Option(help="How long the manager takes: no time, or what was measured.")
    ] = Clock.IDEAL,
    map_: MapOption = None,
    first: FromOption = None,
    last: UntilOption = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Where to write the ledger (Parquet).")] = None,
    format_: FormatOption = Format.TEXT,
) -> int:
    """Replay a job history through the decisions that the scheduler would take, and say how teams fared.

    The clock is ideal: deciding and evicting take no time; a preempted job starts again from zero. With --latency live
    the manager's requests, its batches and the start of pods take the time that a real cluster was seen to take.

    Examples: muster simulate stacks/prod --trace jobs.csv; muster simulate stacks/prod --trace jobs.csv
    --engine static -o static.parquet; kubectl get workloads -A -o yaml > past.yaml; muster simulate stacks/prod --trace
    past.yaml; muster simulate --live
    """
    if engine not in ENGINES:
        raise MusterError(f"there is no engine {engine}{did_you_mean(engine, ENGINES)}")
    history = History(trace, map_, first, last, live)
    world = open_world(paths or [], live, context)
    mapped = history.mapped(world)
    about = {"world": " ".join(paths or ["the cluster"]), **history.about(mapped)}
    with progress("replaying", len(mapped.workloads)) as done:
        ledger = simulate(world, mapped.workloads, engine, about, done, LIVE if latency is Clock.LIVE else None)
    if output is not None:
        ledgers.write(ledger, output)
    if format_ is Format.JSON:
        print_json("simulate", summary_json(ledger, world.environment))
    else:
        for line in words(mapped):
            note(line)
        print_summary(ledger, world.environment)
    return 0
