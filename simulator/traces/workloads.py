"""From a job history to workloads in the queues of a world: whose they are, when they come, what they ask for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from scheduling.gangs import on_pool
from scheduling.world import World
from simulator.traces.destinations import Destination, Destinations
from simulator.traces.job import Trace, TraceJob, between
from simulator.traces.mapping import TraceMapping, mapping_of
from simulator.traces.pods import Shaper, Size
from simulator.traces.tenants import Allotment, tenants
from simulator.workload import SCALE, Workload
from tenancy.environment import LOWEST_PRIORITY
from tenancy.errors import TraceError
from tenancy.finding import quoted
from tenancy.mistakes import did_you_mean


@dataclass(frozen=True, slots=True)
class Mapped:
    """The *workloads* of a history by arrival, the first at 0, which is *start* of the history (ms).

    *absolute* tells whether *start* counts from 1970 or from the history's own zero. *notes* say in one line each what
    was left out and why, and what was converted.
    """

    workloads: tuple[Workload, ...]
    start: int
    notes: tuple[str, ...]
    absolute: bool = False


def workloads(trace: Trace, mapping: TraceMapping | None, world: World) -> Mapped:
    """Return the jobs of *trace* as workloads in *world*; without *mapping* tenants must be called like its teams."""
    rules = mapping or mapping_of({})
    chosen = between(trace, rules.first, rules.last)
    destinations = Destinations(world, rules)
    sizes, notes = _sizes(trace, chosen, rules)
    field_name = rules.team or ("team" if any(job.team for job in chosen) else trace.tenant)
    works = ((getattr(job, field_name), size.gpus * job.duration) for job, size in zip(chosen, sizes, strict=True))
    allotment = Allotment(tenants(works), rules, destinations, field_name, trace.source)
    allotment.settle()
    maker = _Maker(trace.source, _shaper(rules, world), Importances(rules, destinations.objects.priorities))
    goals = (allotment.found.get(getattr(job, field_name)) for job in chosen)
    placed = [
        (job, size, goal)
        for job, size, goal in zip(chosen, sizes, goals, strict=True)
        if goal and (size.gpus or size.cpu)
    ]
    if not placed:
        raise TraceError("; ".join(["no job is left to replay", *notes, *allotment.notes]), trace.source)
    start = placed[0][0].submit
    made = tuple(maker.workload(job, size, goal, start) for job, size, goal in placed)
    notes = [*_left_out(trace, chosen), *notes, *allotment.notes, *maker.notes(placed)]
    return Mapped(made, start, tuple(notes), trace.absolute)


def _left_out(trace: Trace, chosen: Sequence[TraceJob]) -> Iterator[str]:
    yield from trace.notes
    for reason, (number, lines) in trace.skipped.items():
        yield f"{number:,} rows left out: {reason} (first in line {lines[0]})"
    if trace.inversions:
        yield f"{trace.inversions:,} rows were submitted before the row above them; the jobs are put in order of time"
    if outside := len(trace.jobs) - len(chosen):
        yield f"{outside:,} jobs left out: submitted on other days"


def _sizes(trace: Trace, jobs: Sequence[TraceJob], rules: TraceMapping) -> tuple[list[Size], list[str]]:
    """Return what each job asks for in whole GPUs, and notes on what became of the rest."""
    source = rules.gpus.source or ("gpus" if trace.has_gpus else "processors")
    if source == "gpus":
        sizes, notes = [_size(job, -(-job.gpus // SCALE)) for job in jobs], list(_rounded(jobs))
    else:
        per = rules.gpus.per
        sizes = [_size(job, -(-job.processors // per)) for job in jobs]
        notes = [f"one GPU stands for {f'{per} processors, rounded up' if per > 1 else 'one processor'}"]
    if nothing := sum(not (size.gpus or size.cpu) for size in sizes):
        notes.append(f"{nothing:,} jobs left out: they ask for neither GPUs nor CPU")
    if without := sum(not size.gpus and size.cpu > 0 for size in sizes):
        notes.append(f"{without:,} jobs ask for no GPU, but for CPU")
    return sizes, notes


def _size(job: TraceJob, gpus: int) -> Size:
    return Size(gpus, job.pods) if gpus else Size(0, job.pods, job.cpu or job.processors * SCALE, job.memory)


def _rounded(jobs: Sequence[TraceJob]) -> Iterator[str]:
    """Say what whole GPUs add: Kueue counts devices in whole units, and no API server takes a part of one."""
    parts = [job for job in jobs if job.gpus % SCALE]
    if parts:
        asked = sum(job.gpus * job.duration for job in jobs)
        added = sum(-job.gpus % SCALE * job.duration for job in parts)
        yield (
            f"{len(parts):,} jobs ask for a part of a GPU, rounded up to whole ones: "
            f"that adds {100 * added / asked:.1f} % to the GPU time of all"
        )


def _shaper(rules: TraceMapping, world: World) -> Shaper:
    environment = world.environment
    companions = environment is not None if rules.companions is None else rules.companions
    return Shaper(rules.pod_gpus, companions, on_pool(environment, rules.pool) if environment else {})


class Importances:
    """How important jobs are: by the mapping's rule, by their own priority, or else as their destination has it."""

    def __init__(self, rules: TraceMapping, known: Mapping[str, int]) -> None:
        """Resolve the names in the rule; ConfigError where one is none of the *known* priorities."""
        self.known = known
        self.field = rules.priority.field if rules.priority else None
        self.values: dict[str, int] = {}
        for value, importance in rules.priority.values.items() if rules.priority else ():
            number = self._number(importance)
            if number is None:
                message = f"there is no priority {quoted(importance)}{did_you_mean(str(importance), known)}"
                raise rules.error(["priority", "values", value], message)
            self.values[value] = number

    def _number(self, importance: str | int) -> int | None:
        try:
            number = int(importance)
        except ValueError:
            return self.known.get(str(importance))
        return number if LOWEST_PRIORITY <= number < -LOWEST_PRIORITY else None

    def of(self, job: TraceJob, destination: Destination, source: str) -> int:
        """Return the priority of *job* as a number; TraceError where its own is none of the cluster's."""
        if self.field and getattr(job, self.field) in self.values:
            return self.values[getattr(job, self.field)]
        if not job.priority:
            return destination.priority
        number = self._number(job.priority)
        if number is None:
            message = f"there is no priority {quoted(job.priority)}{did_you_mean(job.priority, self.known)}"
            raise TraceError(message, source, job.line)
        return number


class _Maker:
    """Makes workloads, each with a name of its own: the job's id, numbered where an id stands twice."""

    def __init__(self, source: str, shaper: Shaper, importances: Importances) -> None:
        self.source, self.shaper, self.importances = source, shaper, importances
        self.names: dict[str, int] = {}
        self.renamed = 0

    def workload(self, job: TraceJob, size: Size, destination: Destination, start: int) -> Workload:
        """Return *job* at its *destination*, arriving as long after *start* as in the history."""
        return Workload(
            self._name(job.id),
            destination.namespace,
            destination.queue,
            job.submit - start,
            job.duration,
            self.shaper.pod_sets(destination, size),
            self.importances.of(job, destination, self.source),
            destination.owner,
            job.user,
        )

    def _name(self, wanted: str) -> str:
        number = self.names.get(wanted, 0) + 1
        name = wanted if number == 1 else f"{wanted}-{number}"
        while name in self.names:
            number += 1
            name = f"{wanted}-{number}"
        self.names[wanted] = number
        self.names.setdefault(name, 1)
        self.renamed += number > 1
        return name

    def notes(self, placed: Sequence[tuple[TraceJob, Size, Destination]]) -> Iterator[str]:
        """Say what was done to jobs to make workloads of them."""
        if self.renamed:
            yield f"{self.renamed:,} jobs have an id that stands twice; they got a number"
        most = {goal.name: self.shaper.most(goal) for goal in {goal.name: goal for _, _, goal in placed}.values()}
        if wide := sum(size.gpus > most[goal.name] for _, size, goal in placed):
            sizes = " or ".join(map(str, sorted(set(most.values()))))
            yield f"{wide:,} jobs ask for more GPUs than a pod gets ({sizes}); they become several pods"
