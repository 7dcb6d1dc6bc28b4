"""A job history on the command line: read, mapped to the queues of a world, said what became of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from scheduling.world import World
from simulator.traces.formats import read_trace
from simulator.traces.kueue import jobs
from simulator.traces.mapping import TraceMapping, load_mapping, mapping_of
from simulator.traces.workloads import Mapped, workloads
from tenancy.errors import MusterError

TraceOption = Annotated[
    str | None,
    typer.Option("--trace", metavar="FILE", help="The job history; `-` is standard input. With --live: its Workloads."),
]
MapOption = Annotated[Path | None, typer.Option("--map", metavar="FILE", help="Which field names the team, and more.")]
FromOption = Annotated[
    datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day to replay, as the file has it.")
]
UntilOption = Annotated[datetime | None, typer.Option("--until", formats=["%Y-%m-%d"], help="The last day to replay.")]


@dataclass(frozen=True, slots=True)
class History:
    """Which history to replay: a file, how it is mapped, and which days of it."""

    trace: str | None
    map: Path | None = None
    first: datetime | None = None
    last: datetime | None = None
    live: bool = False

    def __post_init__(self) -> None:
        """MusterError where there is neither a file nor a cluster."""
        if self.trace is None and not self.live:
            raise MusterError("name a job history with --trace; with --live the Workloads of the cluster are one")

    def mapped(self, world: World) -> Mapped:
        """Return the history as workloads in the queues of *world*; without a file, the Workloads of *world* are it."""
        trace = jobs(world.manifests, "the cluster") if self.trace is None else read_trace(self.trace)
        return workloads(trace, self._mapping(), world)

    def _mapping(self) -> TraceMapping:
        mapping = load_mapping(self.map) if self.map else mapping_of({})
        days = {name: day.date() for name, day in (("first", self.first), ("last", self.last)) if day is not None}
        return mapping.model_copy(update=days)

    def about(self, mapped: Mapped) -> dict[str, object]:
        """Return what a ledger says of the history it was made from."""
        return {
            "trace": self.trace or "the cluster",
            "map": str(self.map or ""),
            "start": mapped.start,
            "notes": list(mapped.notes),
        }


def words(mapped: Mapped) -> Iterator[str]:
    """Yield what became of the history, one line each."""
    yield f"{len(mapped.workloads):,} jobs"
    yield from mapped.notes
