"""`muster explain`: why a job waits, who holds what it needs, when it starts, what would start it now."""

from collections.abc import Sequence
from typing import Annotated

import typer

from scheduling.kueue.feature_gates import unmodelled
from scheduling.kueue.objects import read
from scheduling.kueue.provisioning import startups
from scheduling.world import World, open_world
from simulator.explain import explain, explain_present
from simulator.explained import Moment, explanation_json, print_explanation
from simulator.history import FromOption, History, MapOption, TraceOption, UntilOption
from simulator.past import Past
from simulator.present import number_of, present
from simulator.run import simulate
from simulator.summary import duration, warnings
from simulator.traces.fields import moment, written_moment
from simulator.traces.workloads import Mapped
from simulator.workload import Workload
from tenancy.duration import milliseconds
from tenancy.errors import MusterError
from tenancy.finding import quoted
from tenancy.live import ContextOption, LiveOption
from tenancy.mistakes import did_you_mean
from tenancy.terminal import Format, FormatOption, note, print_json, progress

app = typer.Typer(add_completion=False, rich_markup_mode=None)
AtOption = Annotated[
    str | None,
    typer.Option(
        "--at",
        metavar="TIME",
        help="When to look: a date and time as the history has them, or how long after its first job (36h). "
        "Default: when the job arrives.",
    ),
]


@app.command(name="explain")
def command(
    paths: Annotated[
        list[str], typer.Argument(metavar="ENV|PATH... JOB", help="A stack folder or manifests, then the job's id.")
    ],
    trace: TraceOption = None,
    live: LiveOption = False,
    context: ContextOption = None,
    at: AtOption = None,
    map_: MapOption = None,
    first: FromOption = None,
    last: UntilOption = None,
    format_: FormatOption = Format.TEXT,
) -> int:
    """Say why a job of a history waits, who holds what it needs, and when it starts, as the replay goes.

    Then single changes are tried on the state of that instant: more nominal quota, a higher borrowing limit, a higher
    priority, another flavor.

    With --live it is a Workload of a cluster as it stands now, or without a history one in a dump of its objects.

    Examples: muster explain stacks/prod job-4711 --trace jobs.csv; muster explain stacks/prod job-4711 --trace
    jobs.csv --at 2026-03-02T14:30; muster explain --live vision-train/finetune
    """
    if len(paths) < 2 - live:
        raise MusterError("name an environment or manifests, and then a job: muster explain stacks/prod job-4711 ...")
    if trace is None:
        return _now(open_world(paths[:-1], live, context), paths[-1], format_)
    if live:
        raise MusterError("--live explains Workloads of the cluster, --trace jobs of a history; leave one of them out")
    *where, job = paths
    world = open_world(where)
    mapped = History(trace, map_, first, last).mapped(world)
    number = _number(mapped.workloads, job)
    now = mapped.workloads[number].arrival if at is None else _instant(at, mapped)
    objects = read(world.manifests)
    past = Past(objects, startups(world.environment) if world.environment else {}, mapped.workloads)
    with progress("replaying", len(mapped.workloads)) as done:
        ledger = simulate(world, mapped.workloads, "kueue", {}, done)
    found = explain(past, ledger, number, now)
    if format_ is Format.JSON:
        print_json("explain", explanation_json(found, _writer(mapped)))
    else:
        for line in warnings(ledger):
            note(f"! {line}")
        print_explanation(found, _writer(mapped))
    return 0


def _now(world: World, job: str, format_: Format) -> int:
    """Explain a Workload of a cluster, or of a dump of one."""
    if world.environment is not None:
        raise MusterError("an environment runs no jobs: name a history with --trace, or --live for a cluster")
    state = present(world.manifests)
    found = explain_present(state, number_of(state.workloads, job))
    if format_ is Format.JSON:
        print_json("explain", explanation_json(found, written_moment))
    else:
        for line in unmodelled(state.objects.configuration):
            note(f"! {line}")
        print_explanation(found, written_moment)
    return 0


def _number(workloads: Sequence[Workload], job: str) -> int:
    numbers = {workload.name: number for number, workload in enumerate(workloads)}
    if job not in numbers:
        hint = did_you_mean(job, numbers) if len(numbers) < 20_000 else ""
        raise MusterError(f"the history has no job {quoted(job)} that can be replayed here{hint}")
    return numbers[job]


def _instant(text: str, mapped: Mapped) -> int:
    """Return *text* as an instant of the replay."""
    try:
        return milliseconds(text)
    except ValueError:
        if not mapped.absolute:
            raise MusterError(
                f"--at {text}: this history has no dates; say how long after its first job, such as 36h"
            ) from None
    try:
        return moment(text, "--at") - mapped.start
    except ValueError as error:
        raise MusterError(f"{error}: write 2026-03-02T14:30, or how long after the first job, such as 36h") from error


def _writer(mapped: Mapped) -> Moment:
    if mapped.absolute:
        return lambda now: written_moment(mapped.start + now)
    return lambda now: f"{duration(now)} after the first job" if now else "the first job's arrival"
