"""What happened: who held what, where, from when to when, and how it ended. Everything reported is read from here.

Times are milliseconds since the start of the run; amounts are those of `simulator.workload`. In Parquet a ledger is one
table of two kinds of rows (column `record`), with what it is *about* as JSON in the metadata.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from tenancy.errors import MusterError
from tenancy.files import write_with

SCHEMA = "muster/ledger/v1"
METADATA_KEY = b"muster"
Amounts = tuple[tuple[str, int], ...]


class End(StrEnum):
    """How a span ended."""

    FINISHED = "finished"
    PREEMPTED = "preempted"
    EVICTED = "evicted"
    RUNNING = "running"


class Span(NamedTuple):
    """One stretch of *pods* pods of a pod set holding *amounts* (by resource, in total) of one flavor.

    *attempt* counts from 1. *node* is the node, or the domain of a topology, where one was chosen. *caused_by* is the
    workload that preempted it, *reason* why, in the scheduler's words.
    """

    workload: str
    attempt: int
    pod_set: str
    pods: int
    queue: str
    flavor: str
    node: str | None
    amounts: Amounts
    start: int
    end: int
    ended: End
    caused_by: str | None = None
    reason: str | None = None


class Outcome(NamedTuple):
    """What became of one workload; None where it never came to that. *reason* says why it was never admitted.

    *duration* is how long it runs without interruption, *requested* what all its pods ask for together, *waited_again*
    the time it spent waiting after evictions.
    """

    workload: str
    team: str
    user: str
    namespace: str
    queue: str
    priority: int
    arrival: int
    duration: int
    requested: Amounts
    admitted: int | None = None
    finished: int | None = None
    attempts: int = 0
    waited_again: int = 0
    reason: str | None = None

    @property
    def wait(self) -> int | None:
        """Return the time from arrival to first admission; None where there was none."""
        return None if self.admitted is None else self.admitted - self.arrival


class Quota(NamedTuple):
    """The nominal quota of a queue on one flavor and resource, in Kueue's units."""

    queue: str
    flavor: str
    resource: str
    nominal: int


@dataclass(frozen=True, slots=True)
class Ledger:
    """All spans and outcomes of a run, in order of start and of arrival, and the world they happened in.

    *capacity* is what there is of each (flavor, resource) over all queues and cohorts, *quotas* what each queue was
    promised. *about* names what was run: engine, environment, trace, version, notes.
    """

    spans: tuple[Span, ...]
    outcomes: tuple[Outcome, ...]
    capacity: Mapping[tuple[str, str], int]
    quotas: tuple[Quota, ...]
    about: Mapping[str, Any]

    @property
    def busy(self) -> int:
        """Return how long jobs kept arriving; of a run whose jobs all came at once, how long it took."""
        arriving = max((outcome.arrival for outcome in self.outcomes), default=0)
        return arriving or max((span.end for span in self.spans), default=0)


def write(ledger: Ledger, path: Path) -> None:
    """Write *ledger* as Parquet, whole or not at all."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    about = {
        "schema": SCHEMA,
        "about": dict(ledger.about),
        "capacity": [[*key, amount] for key, amount in ledger.capacity.items()],
        "quotas": [list(quota) for quota in ledger.quotas],
    }
    tables = [
        _table(pa, "span", Span, ledger.spans),
        _table(pa, "workload", Outcome, ledger.outcomes),
    ]
    table = pa.concat_tables(tables, promote_options="default")
    table = table.replace_schema_metadata({METADATA_KEY: json.dumps(about, sort_keys=True).encode()})
    write_with(path, lambda temporary: pq.write_table(table, temporary, compression="zstd"))


def _table(pa: Any, record: str, kind: type[NamedTuple], rows: tuple[Any, ...]) -> Any:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(kind._fields)
    arrays = {name: _column(pa, kind, name, column) for name, column in zip(kind._fields, columns, strict=True)}
    return pa.table({"record": pa.array([record] * len(rows), pa.string()), **arrays})


def _column(pa: Any, kind: type[NamedTuple], name: str, values: tuple[Any, ...]) -> Any:
    annotation = kind.__annotations__[name]
    if annotation is Amounts:
        return pa.array([list(value) for value in values], pa.map_(pa.string(), pa.int64()))
    return pa.array(values, pa.int64() if annotation in {int, int | None} else pa.string())


def read(path: Path) -> Ledger:
    """Read a ledger that `write` made; MusterError where the file is none."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
        about = json.loads((table.schema.metadata or {}).get(METADATA_KEY, b"{}"))
    except (OSError, pa.ArrowException, ValueError) as error:
        raise MusterError(f"{path}: is no ledger that can be read: {str(error).splitlines()[0]}") from error
    if about.get("schema") != SCHEMA:
        raise MusterError(f"{path}: is no ledger of schema {SCHEMA}; write one with muster simulate -o {path.name}")
    return Ledger(
        tuple(_rows(table, "span", Span)),
        tuple(_rows(table, "workload", Outcome)),
        {(flavor, resource): amount for flavor, resource, amount in about["capacity"]},
        tuple(Quota(*quota) for quota in about["quotas"]),
        about["about"],
    )


def _rows(table: Any, record: str, kind: type[NamedTuple]) -> list[Any]:
    import pyarrow.compute as pc

    part = table.filter(pc.equal(table["record"], record))
    columns = []
    for name in kind._fields:
        values = part[name].to_pylist()
        if kind.__annotations__[name] is Amounts:
            values = [tuple(tuple(pair) for pair in value) for value in values]
        elif kind.__annotations__[name] is End:
            values = [End(value) for value in values]
        columns.append(values)
    return [kind(*row) for row in zip(*columns, strict=True)]
