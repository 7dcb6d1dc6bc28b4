"""Why one workload waits at one instant, who holds what it needs, when it starts, and what would start it at once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from scheduling.kueue.activity import Gate
from scheduling.kueue.queues import pending
from scheduling.kueue.reasons import Lack, Refusal, holders, refusal
from scheduling.kueue.workload import Info
from simulator.clock import Started
from simulator.engines import KueueEngine
from simulator.ledger import Ledger, Outcome
from simulator.metrics import NOT_DEVICES
from simulator.past import Past, Standing, State
from simulator.present import Present
from simulator.remedies import Remedy, remedies
from simulator.workload import Workload


class Holder(NamedTuple):
    """A workload that holds *amount* of what *lack* misses, from *since* to *until* as replayed."""

    lack: Lack
    workload: str
    team: str
    queue: str
    priority: int
    amount: int
    since: int
    until: int | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Why a workload waits: its *refusal*, or else that of the first in line, where only that is tried.

    *ahead* are those before it in its queue, *holders* who holds what is missing, *starts* when it gets quota in the
    replay (None: never, or not known), *thanks_to* whose end or eviction comes at that instant.
    """

    reason: str
    refusal: Refusal
    ahead: tuple[str, ...]
    holders: tuple[Holder, ...]
    starts: int | None
    thanks_to: tuple[str, ...]
    remedies: tuple[Remedy, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is known of *workload* at the instant *now*, of a replay that ended as *outcome* says (None: of a cluster).

    *said* is what Kueue itself says of it in a cluster. *gate* says why it is not tried at all, *waiting* why it has no
    quota; both are None where that is not so.
    """

    workload: Workload
    queue: str
    strategy: str
    now: int
    standing: Standing
    outcome: Outcome | None
    gate: Gate | None
    waiting: Waiting | None
    said: str = ""


def explain(past: Past, ledger: Ledger, number: int, now: int) -> Explanation:
    """Explain where workload *number* of *past* stands at *now*; *ledger* is the whole replay of it."""
    engine, standing = past.at(now, number)
    queue = engine.infos[number].shape.queue
    waiting = None
    if standing.state is State.WAITING:
        waiting = _waiting(past.workloads, ledger, engine, number, now)
    return Explanation(
        past.workloads[number],
        queue.name,
        queue.spec.queueing_strategy,
        now,
        standing,
        ledger.outcomes[number],
        engine.gated.get(number),
        waiting,
    )


def explain_present(present: Present, number: int) -> Explanation:
    """Explain where Workload *number* of a cluster stands; nothing is known of when anything ends."""
    engine, standing = present.at(number)
    queue = engine.infos[number].shape.queue
    started = {event.workload for event in engine.settle(present.now) if isinstance(event, Started)}
    waiting = None
    if standing.state is State.WAITING and number not in started:
        waiting = _waiting(present.workloads, None, engine, number, present.now)
    return Explanation(
        present.workloads[number],
        queue.name,
        queue.spec.queueing_strategy,
        present.now,
        standing,
        None,
        engine.gated.get(number),
        waiting,
        present.said.get(number, ""),
    )


def _waiting(
    workloads: Sequence[Workload], ledger: Ledger | None, engine: KueueEngine, number: int, now: int
) -> Waiting:
    info = engine.infos[number]
    spans = ledger.spans if ledger else ()
    refused = refusal(info)
    first = refusal(refused.behind)._replace(behind=refused.behind) if refused.behind else refused
    line = list(pending(info.shape.queue))
    starts = min((span.start for span in spans if span.workload == info.name and span.start > now), default=None)
    ended = {span.workload: None for span in spans if span.end == starts and span.workload != info.name}
    ends = {span.workload: span.end for span in spans if span.start <= now < span.end}
    return Waiting(
        str(refused.reason),
        first,
        tuple(waiting.name for waiting in line[: line.index(info)]),
        tuple(_holders(workloads, ends, info, first)),
        starts,
        tuple(ended),
        tuple(remedies(engine, workloads, number, now, refused)),
    )


def _holders(workloads: Sequence[Workload], ends: Mapping[str, int], info: Info, refused: Refusal) -> Iterator[Holder]:
    """Yield who holds what is missing, most first: of each flavor the devices, or else what is missing first."""
    for lack in _main_lacks(refused):
        found = sorted(holders(info.shape.queue, lack), key=lambda pair: (-pair[1], pair[0].uid))
        for other, amount in found:
            held = workloads[other.uid]
            queue, priority = other.shape.queue.name, other.shape.priority
            yield Holder(lack, other.name, held.team, queue, priority, amount, other.reserved_at, ends.get(other.name))


def _main_lacks(refused: Refusal) -> Iterator[Lack]:
    by_flavor: dict[str, list[Lack]] = {}
    for lack in refused.lacks:
        by_flavor.setdefault(lack.flavor, []).append(lack)
    for lacks in by_flavor.values():
        yield min(lacks, key=lambda lack: lack.resource in NOT_DEVICES)
