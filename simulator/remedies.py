"""Which single change would let a waiting workload start at once; each is tried on a fork of the engine.

A change of quota is the smallest that does: enough for the workload alone or, where others in its queue would take it
first, for as few of those before it as need be.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from scheduling.kueue.queues import Queue, pending
from scheduling.kueue.quota import Index, Node, ancestors, available, narrowest
from scheduling.kueue.reasons import Refusal
from scheduling.kueue.workload import Info
from simulator.clock import Started, Stopped
from simulator.engines import KueueEngine
from simulator.workload import Workload
from tenancy.quantity import written

Apply = Callable[[KueueEngine], None]
Amounts = dict[Index, int]


class Effect(NamedTuple):
    """What a change did at once: the *flavors* that the workload got (none: it still waits), and whom it preempted."""

    flavors: tuple[str, ...]
    preempted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Remedy:
    """A change in words, of a *kind*, and what it did."""

    kind: str
    change: str
    effect: Effect

    @property
    def helps(self) -> bool:
        """Tell whether the workload starts at once."""
        return bool(self.effect.flavors)


def remedies(
    engine: KueueEngine, workloads: Sequence[Workload], number: int, now: int, refusal: Refusal
) -> Iterator[Remedy]:
    """Yield what was tried for number *number* of *workloads*, which waits at *now* for the reasons of *refusal*.

    *engine* has replayed them up to that instant, and stays as it is.
    """
    trials = _Trials(engine, workloads, number, now)
    yield from trials.quotas()
    yield from trials.priorities()
    yield from trials.flavors(refusal)


class _Trials:
    def __init__(self, engine: KueueEngine, workloads: Sequence[Workload], number: int, now: int) -> None:
        self.engine, self.workloads, self.number, self.now = engine, workloads, number, now
        self.objects = engine.cluster.objects
        self.info = engine.infos[number]
        self.queue: Queue = self.info.shape.queue

    def _try(self, apply: Apply) -> Effect:
        """Change something, and see what happens at once."""
        engine = self.engine.fork()
        apply(engine)
        placed: dict[int, tuple[str, ...]] = {}
        taken: dict[int, None] = {}
        for decision in engine.settle(self.now):
            if isinstance(decision, Started):
                placed[decision.workload] = tuple(dict.fromkeys(part.flavor for part in decision.placed))
                taken.pop(decision.workload, None)
            elif isinstance(decision, Stopped):
                placed.pop(decision.workload, None)
                if decision.by == self.number:
                    taken[decision.workload] = None
        return Effect(placed.get(self.number, ()), tuple(self.workloads[number].name for number in taken))

    def quotas(self) -> Iterator[Remedy]:
        """Try more nominal quota, and a higher borrowing limit where one is in the way, flavor by flavor.

        Flavors that have none of a resource anywhere are left out.
        """
        line = _line(self.queue, self.info)
        for flavor in _flavors(self.info):
            if not all(self.queue.tree.root.subtree[index] for index in _needs(self.info, flavor)):
                continue
            steps = [_more(self.queue, line[:count], self.info, flavor) for count in range(len(line) + 1)]
            yield from self._smallest("nominal quota", flavor, steps, 0, _raise_nominal)
            limiting = {narrowest(self.queue.node, index) for index in _needs(self.info, flavor)}
            for level, node in enumerate(_path(self.queue.node)):
                if node in limiting and node.parent is not None:
                    yield from self._smallest("borrowing limit", flavor, steps, level, _raise_limit)

    def _smallest(
        self, kind: str, flavor: str, steps: Sequence[Amounts], level: int, apply: Callable[[Node, Amounts], None]
    ) -> Iterator[Remedy]:
        """Find by bisection the first of *steps* with which the workload starts; or say that the last does not do."""

        def change(amounts: Amounts) -> Apply:
            def raised(engine: KueueEngine) -> None:
                queue = engine.infos[self.number].shape.queue
                apply(_path(queue.node)[level], amounts)
                engine.scheduler.change_quotas(queue.tree)

            return raised

        steps = [step for step in steps if step]
        if not steps:
            return
        low, high = 0, len(steps) - 1
        effect = self._try(change(steps[0]))
        if not effect.flavors and high:
            low, effect = 1, self._try(change(steps[high]))
            while effect.flavors and low < high:
                middle = (low + high) // 2
                tried = self._try(change(steps[middle]))
                low, high, effect = (low, middle, tried) if tried.flavors else (middle + 1, high, effect)
        else:
            high = 0
        node = _path(self.queue.node)[level]
        to_borrow = " to borrow" if apply is _raise_limit else ""
        yield Remedy(kind, f"{_kind(node)} {node.name}: {self._words(flavor, steps[high])}{to_borrow}", effect)

    def _words(self, flavor: str, amounts: Amounts) -> str:
        names = self.queue.offer.resources
        more = ", ".join(f"{written(names[index], amount)} {names[index]}" for index, amount in amounts.items())
        return f"{more} more of {flavor}"

    def priorities(self) -> Iterator[Remedy]:
        """Try the cluster's higher priorities, lowest first, until one helps."""
        workload = self.workloads[self.number]
        higher = {value: name for name, value in self.objects.priorities.items() if value > workload.priority}
        for value, name in sorted(higher.items()):
            changed = replace(workload, priority=value)
            effect = self._try(lambda engine, changed=changed: engine.change(self.number, changed))  # type: ignore[misc]
            remedy = Remedy("priority", f"priority {name} ({value}) instead of {workload.priority}", effect)
            yield remedy
            if remedy.helps:
                return

    def flavors(self, refusal: Refusal) -> Iterator[Remedy]:
        """Try each flavor of the queue that the pods cannot use as they are."""
        workload = self.workloads[self.number]
        unusable = dict.fromkeys(lack.flavor for lack in refusal.lacks if lack.note and lack.flavor)
        for flavor in unusable:
            spec = self.objects.flavors.get(flavor)
            if spec is None:
                continue
            tolerations = [{"key": taint.key, "operator": "Exists"} for taint in spec.node_taints]
            template = {"nodeSelector": dict(spec.node_labels), "tolerations": tolerations}
            changed = replace(workload, pod_sets=tuple(replace(p, template=template) for p in workload.pod_sets))
            effect = self._try(lambda engine, changed=changed: engine.change(self.number, changed))  # type: ignore[misc]
            tolerated = f" and tolerate {', '.join(taint.key for taint in spec.node_taints)}" if tolerations else ""
            yield Remedy("flavor", f"pods that ask for {flavor}{tolerated}", effect)


def _kind(node: Node) -> str:
    return "ClusterQueue" if node.is_queue else "Cohort"


def _path(node: Node) -> list[Node]:
    return [node, *ancestors(node)]


def _line(queue: Queue, info: Info) -> list[Info]:
    """Return who stands before *info* in its queue."""
    line = list(pending(queue))
    return line[: line.index(info)] if info in line else line


def _flavors(info: Info) -> list[str]:
    """Return the flavors that all pods of *info* may use, in order of preference."""
    plan = info.shape.plan(info.shape.full_counts)
    options = [option for group in plan.groups for wanted in group.wanted for option in wanted.options]
    bad = {option.flavor for option in options if option.unusable is not None}
    return [flavor for flavor in dict.fromkeys(option.flavor for option in options) if flavor not in bad]


def _needs(info: Info, flavor: str) -> Amounts:
    """Return what all pods of *info* would take of *flavor*."""
    total: Amounts = {}
    plan = info.shape.plan(info.shape.full_counts)
    for group in plan.groups:
        for wanted in group.wanted:
            for option in wanted.options:
                if option.flavor == flavor and option.unusable is None:
                    for index, amount in option.needs:
                        total[index] = total.get(index, 0) + amount
    return total


def _more(queue: Queue, before: Sequence[Info], info: Info, flavor: str) -> Amounts:
    """Return how much more of *flavor* must be free for *info* and those *before* it."""
    total: Amounts = {}
    for waiting in (*before, info):
        for index, amount in _needs(waiting, flavor).items():
            total[index] = total.get(index, 0) + amount
    missing = {index: amount - available(queue.node, index) for index, amount in total.items()}
    return {index: amount for index, amount in missing.items() if amount > 0}


def _raise_nominal(node: Node, amounts: Amounts) -> None:
    for index, amount in amounts.items():
        node.nominal[index] += amount


def _raise_limit(node: Node, amounts: Amounts) -> None:
    for index, amount in amounts.items():
        limit = node.borrowing_limit[index]
        if limit is not None:
            node.borrowing_limit[index] = limit + amount
