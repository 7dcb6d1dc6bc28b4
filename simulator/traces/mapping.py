"""The mapping file: which field of a history names the team, and how what jobs asked for becomes GPUs."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, PrivateAttr, ValidationError, model_validator

from tenancy.document import Dialect, Document, documents, read_text
from tenancy.errors import ConfigError
from tenancy.finding import PathKey, Place, dotted, mistake, quoted
from tenancy.mistakes import mistakes
from tenancy.schema import Count, Flag, Model

API_VERSION = "muster/v1alpha1"
KIND = "TraceMapping"
SKIP, SPREAD = "skip", "spread"
FieldName = Literal["team", "user", "group", "queue", "model", "qos"]
AtLeastOne = Annotated[Count, Field(ge=1)]


def _day(value: object) -> date:
    try:
        return value if isinstance(value, date) else date.fromisoformat(str(value))
    except ValueError:
        raise ValueError(f"{quoted(value)} is no date; write one such as 2017-10-01") from None


def _importance(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError("is neither the name of a priority nor a whole number")
    return value


Day = Annotated[date, BeforeValidator(_day)]
Importance = Annotated[str | int, BeforeValidator(_importance)]


class Gpus(Model):
    """What becomes GPUs."""

    source: Literal["gpus", "processors"] | None = Field(None, alias="from")
    """Null: GPUs where the history has any, else processors."""
    per: AtLeastOne = 1
    """How many processors are one GPU; what is left over is one more."""

    @model_validator(mode="after")
    def _of_processors(self) -> Self:
        if self.per > 1 and self.source != "processors":
            raise ValueError("per counts processors; write `from: processors` beside it")
        return self


class PriorityRule(Model):
    """How important jobs are, by one of their fields."""

    field: FieldName
    values: Mapping[str, Importance] = Field(min_length=1)
    """The name of one of the cluster's priorities, or a number, by value of the field; others get their team's."""


class TraceMapping(Model):
    """How a job history is replayed in a world."""

    api_version: Literal["muster/v1alpha1"]
    kind: Literal["TraceMapping"]
    team: FieldName | None = None
    """The field that names the tenant; null: `team` where the history has it, else the one usual for its format."""
    teams: Mapping[str, str] = {}
    """Where a tenant's jobs go: a team, a ClusterQueue or `namespace/localqueue`. One called like it needs no line."""
    others: str | None = None
    """Where all other tenants go: one of these places; `skip`: nowhere, counted; `spread`: whole tenants are dealt to
    all teams, the largest first, each to the team with the least GPU time so far for its nominal quota."""
    namespaces: Mapping[str, str] = {}
    """By team, the namespace its jobs run in, by its key or its name; without a line, its first."""
    gpus: Gpus = Gpus()
    pool: str | None = None
    """The pool that the jobs ask for; null: whichever the queue gives."""
    pod_gpus: AtLeastOne | None = None
    """The most GPUs of one pod; null: those of the largest node its team may use."""
    companions: Flag | None = None
    """Whether pods ask for the CPU and memory that go with their GPUs; null: yes in an environment of Muster's."""
    priority: PriorityRule | None = None
    first: Day | None = Field(None, alias="from")
    """The first day to replay, by the history's own clock."""
    last: Day | None = Field(None, alias="until")
    """The last day to replay."""
    _document: Document | None = PrivateAttr(None)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.first and self.last and self.first > self.last:
            raise ValueError(f"from {self.first} is after until {self.last}")
        return self

    def error(self, path: Sequence[PathKey], message: str) -> ConfigError:
        """Return the error for a mistake in the value at *path* of the file."""
        place = self._document.place(path) if self._document else Place("mapping")
        return ConfigError([mistake(message, place, dotted(path))])


def mapping_of(fields: Mapping[str, Any]) -> TraceMapping:
    """Return the mapping with *fields*, named as in the file."""
    return TraceMapping.model_validate({"apiVersion": API_VERSION, "kind": KIND, **fields})


def load_mapping(path: Path) -> TraceMapping:
    """Read the mapping file *path*; ConfigError carries every mistake in it."""
    found = documents(read_text(path, Dialect.OWN), str(path), Dialect.OWN)
    if len(found) != 1:
        problem = f"holds {len(found)} documents" if found else "is empty"
        raise ConfigError.at(str(path), f"{problem}; a mapping file holds one {KIND}")
    document = found[0]
    if not isinstance(document.value, dict):
        raise ConfigError.at(document.place(), f"is no mapping; a {KIND} begins with `kind: {KIND}`")
    try:
        mapping = TraceMapping.model_validate(document.value)
    except ValidationError as error:
        raise ConfigError(
            mistake(message, document.place(wrong), dotted(wrong)) for wrong, message in mistakes(error, TraceMapping)
        ) from error
    mapping._document = document  # noqa: SLF001 - the place of every value is set once, here
    return mapping
