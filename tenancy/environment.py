"""An environment: one cluster, what it has, what it costs and how it is shared."""

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import Field, PrivateAttr

from tenancy import kueue_configuration
from tenancy.document import Document
from tenancy.finding import PathKey, Place
from tenancy.names import CURRENCY, KUBERNETES, LabelKey, LabelValue, PriorityName, SubdomainName, TeamName
from tenancy.pool import Pool
from tenancy.schema import CountByName, Flag, Model, Shorthand
from tenancy.team import Cidr, Port, Settings, Team, Weight

HIGHEST_PRIORITY = 1_000_000_000
LOWEST_PRIORITY = -(2**31)
DEFAULTS = "defaults"


class EnvironmentMetadata(Model):
    """What the environment is called."""

    name: TeamName
    title: str | None = None


class Platform(Model):
    """Who runs the cluster."""

    owners: tuple[str, ...] = ()
    contact: str | None = None


class Kueue(kueue_configuration.Settings):
    """The Kueue manager: its version and the fields of its Configuration."""

    version: Literal["0.19"] = "0.19"
    namespace: TeamName = "kueue-system"


class Cohort(Model):
    """Teams that share; a cohort may stand inside another."""

    parent: SubdomainName | None = None
    weight: Weight | None = None
    quota: Mapping[TeamName, CountByName] = {}
    """GPUs (or CPUs) that belong to the cohort as a whole, by pool: a number on the pool's first tier, or by tier.
    Of a pool named in any cohort nothing else is shared."""
    borrow: Mapping[TeamName, CountByName] = {}
    lend: Mapping[TeamName, CountByName] = {}


class Priority(Shorthand):
    """How important a job is, to the queue and to its pods."""

    shorthand: ClassVar[str] = "value"

    value: Annotated[int, Field(strict=True, ge=LOWEST_PRIORITY, le=HIGHEST_PRIORITY)]
    preempts: Literal["lower", "never"] = "lower"
    """Whether its pods evict pods of lower priority from nodes."""
    default: Flag = False
    """The priority of jobs that name none."""
    description: Annotated[str, Field(max_length=2048)] = ""


class ApiServer(Model):
    """The API server's endpoints as pods reach them, after address translation."""

    cidr: Cidr
    port: Port = 6443


class Dns(Model):
    """Where the cluster's DNS runs."""

    namespace: TeamName = "kube-system"
    labels: Mapping[LabelKey, LabelValue] = {"k8s-app": "kube-dns"}
    node_local: Cidr | None = None
    """The address of NodeLocal DNS, where it is used."""


class Network(Model):
    """What every namespace must reach."""

    api_server: tuple[ApiServer, ...] = ()
    dns: Dns = Dns()


class EnvironmentFile(Model):
    """What environment.yaml holds."""

    api_version: Literal["muster/v1alpha1"]
    kind: Literal["Environment"]
    metadata: EnvironmentMetadata
    currency: Annotated[str, Field(pattern=CURRENCY)] = "USD"
    protect: Flag = False
    """Whether Pulumi refuses to delete namespaces and queues."""
    kubernetes: Annotated[str, Field(pattern=KUBERNETES)] = "1.35"
    """The cluster's version, to which pod security is pinned; quoted."""
    platform: Platform = Platform()
    kueue: Kueue = Kueue()
    pools: Mapping[TeamName, Pool] = Field(min_length=1)
    cohorts: Mapping[SubdomainName, Cohort] = {"all": Cohort()}
    priorities: Mapping[PriorityName, Priority] = {}
    network: Network = Network()
    defaults: Settings = Settings()


class Environment(EnvironmentFile):
    """One cluster and its teams, checked as a whole, with the place of every value."""

    teams: Mapping[str, Team]
    unreadable: frozenset[str] = frozenset()
    """Teams whose files hold mistakes; never any in an environment that `load` returns."""
    _sources: Mapping[str, Document] = PrivateAttr(default_factory=dict)

    @property
    def name(self) -> str:
        """Return the environment's name."""
        return self.metadata.name

    def place(self, path: Sequence[PathKey]) -> Place:
        """Return where the value at *path* was written; what a team inherits stands in the environment's defaults."""
        return place(self._sources, path)

    def ancestry(self, cohort: str) -> list[str]:
        """Return *cohort* and the cohorts around it, up to the root."""
        found = [cohort]
        while parent := self.cohorts[found[-1]].parent:
            found.append(parent)
        return found


def place(sources: Mapping[str, Document], path: Sequence[PathKey]) -> Place:
    """Return where *path* stands in *sources*, keyed by team, the environment's own file by the empty name."""
    if len(path) > 1 and path[0] == "teams" and path[1] in sources:
        document, inner = sources[str(path[1])], list(path[2:])
        if inner and inner[0] in Settings.field_aliases():
            own, inherited = document.known(inner), sources[""].known([DEFAULTS, *inner]) - 1
            if own == 0 or own < inherited:
                return sources[""].place([DEFAULTS, *inner])
        return document.place(inner)
    return sources[""].place(path)
