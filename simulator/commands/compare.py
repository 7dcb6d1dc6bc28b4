"""`muster compare`: two runs on the same jobs, paired."""

from pathlib import Path
from typing import Annotated

import typer

from scheduling.world import open_world
from simulator import ledger as ledgers
from simulator.compare import pair
from simulator.engines import ENGINES
from simulator.history import FromOption, History, MapOption, UntilOption
from simulator.ledger import Ledger
from simulator.run import simulate
from simulator.summary import comparison_json, print_comparison
from tenancy.errors import MusterError
from tenancy.mistakes import did_you_mean
from tenancy.terminal import Format, FormatOption, print_json, progress

app = typer.Typer(add_completion=False, rich_markup_mode=None)
LEDGER = ".parquet"
AT = "@"


@app.command(name="compare")
def command(
    a: Annotated[str, typer.Argument(help="A ledger (*.parquet), or a stack folder or manifests, `@engine` behind.")],
    b: Annotated[str, typer.Argument(help="The same, for the other run.")],
    trace: Annotated[str | None, typer.Option("--trace", metavar="FILE", help="The job history to replay.")] = None,
    map_: MapOption = None,
    first: FromOption = None,
    last: UntilOption = None,
    format_: FormatOption = Format.TEXT,
) -> int:
    """Pair two runs on the same jobs: who waits longer, who waits less.

    Examples: muster compare static.parquet kueue.parquet; muster compare stacks/prod@static stacks/prod --trace
    jobs.csv
    """
    history = History(trace, map_, first, last) if trace else None
    pairs = pair(_ledger(a, history), _ledger(b, history))
    if format_ is Format.JSON:
        print_json("compare", {"a": a, "b": b, "teams": comparison_json(pairs)})
    else:
        print_comparison(pairs, *_short(a, b))
    return 0


def _ledger(name: str, history: History | None) -> Ledger:
    if name.endswith(LEDGER):
        return ledgers.read(Path(name))
    path, _, engine = name.partition(AT)
    if engine and engine not in ENGINES:
        raise MusterError(f"{name}: there is no engine {engine}{did_you_mean(engine, ENGINES)}")
    if history is None:
        raise MusterError(f"{name} is no ledger; say with --trace which job history to replay in it")
    world = open_world([path])
    mapped = history.mapped(world)
    with progress(f"replaying in {name}", len(mapped.workloads)) as done:
        return simulate(world, mapped.workloads, engine or "kueue", {"world": path, **history.about(mapped)}, done)


def _short(a: str, b: str) -> tuple[str, str]:
    """Return names for the columns: those of the files or folders, where these differ."""
    names = Path(a).name.removesuffix(LEDGER), Path(b).name.removesuffix(LEDGER)
    return names if names[0] != names[1] else ("a", "b")
