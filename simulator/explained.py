"""An explanation in words for people and in JSON for machines."""

from collections.abc import Callable, Sequence
from itertools import groupby, islice
from typing import Any

from scheduling.kueue.quota import Node
from scheduling.kueue.reasons import Lack
from simulator.explain import Explanation, Holder, Waiting
from simulator.ledger import Outcome
from simulator.past import State
from simulator.remedies import Remedy
from simulator.summary import SECOND, duration
from simulator.workload import BYTES
from tenancy.quantity import from_bytes, from_milli, written
from tenancy.terminal import print_table, say

SHOWN = 8
OF_A_FLAVOR = 3
Moment = Callable[[int], str]
"""Writes an instant of the replay as the history has it."""


def print_explanation(found: Explanation, when: Moment) -> None:
    """Print where the workload stands and why; where it waits, what is missing, who holds it, and what would help."""
    workload = found.workload
    say(f"{workload.name} of team {workload.team}: {_asks(found)}, priority {workload.priority}")
    say(f"LocalQueue {workload.namespace}/{workload.queue} of ClusterQueue {found.queue} ({found.strategy})")
    since = "; it comes at" if found.standing.state is State.NOT_ARRIVED else " since"
    say(f"at {when(found.now)} it {found.standing.state}{since} {when(found.standing.since)}{_gate(found)}")
    if found.said:
        say(f"Kueue says: {found.said}")
    if found.waiting:
        _print_waiting(found.waiting, found.now, when, live=found.outcome is None)
    elif found.outcome is not None and found.standing.state is not State.REFUSED:
        say(_fate(found.outcome, when))
    elif found.standing.state is State.WAITING:
        say("nothing is in its way: it is admitted as things are")


def _gate(found: Explanation) -> str:
    return f": {found.gate.reason} ({found.gate.message})" if found.gate else ""


def _fate(outcome: Outcome, when: Moment) -> str:
    wait = "it never ran" if outcome.wait is None else f"it waited {duration(outcome.wait)} for its first start"
    end = f", and finished at {when(outcome.finished)}" if outcome.finished is not None else ""
    return f"{wait}{end}"


def _asks(found: Explanation) -> str:
    parts = []
    for pod_set in found.workload.pod_sets:
        amounts = ", ".join(f"{_amount(name, amount)} {name}" for name, amount in sorted(pod_set.requests.items()))
        parts.append(f"{pod_set.count} pods of {amounts}" if pod_set.count > 1 else f"a pod of {amounts}")
    return " and ".join(parts)


def _amount(resource: str, amount: int) -> str:
    return from_bytes(amount) if resource in BYTES else from_milli(amount)


def _print_waiting(waiting: Waiting, now: int, when: Moment, live: bool) -> None:
    say(f"why: {waiting.reason}{_line(waiting)}")
    if waiting.refusal.lacks:
        columns = ["flavor", "reason", "resource", "asked", "free", "missing", "at most", "limited by"]
        print_table("", columns, [_lack(lack) for lack in waiting.refusal.lacks], left=3)
    if waiting.holders:
        columns = ["held by", "team", "ClusterQueue", "flavor", "resource", "amount", "priority", "since", "until"]
        shown = _most(waiting.holders)
        print_table("", columns, [_holder(holder, when) for holder in shown], left=5)
        if more := len(waiting.holders) - len(shown):
            say(f"and {more} more (--format json has all)")
    if not live:
        say(_start(waiting, now, when))
    if waiting.remedies:
        columns = ["one change", "what", "starts now", "on", "preempts"]
        print_table("", columns, [_remedy(remedy) for remedy in waiting.remedies], left=5)


def _line(waiting: Waiting) -> str:
    if not waiting.ahead:
        return ""
    first, more = waiting.ahead[0], len(waiting.ahead) - 1
    held_up = f"; only {first}, the first in line, is tried, and" if waiting.refusal.behind else ";"
    return f"{held_up} {first}{f' and {more} more' if more else ''} in its queue come before it"


def _lack(lack: Lack) -> list[str]:
    head = [lack.flavor, str(lack.why)]
    if lack.limit is None:
        return [*head, lack.note, "", "", "", "", ""]
    amounts = (lack.asked, lack.free, lack.missing, lack.most)
    return [*head, lack.resource, *(written(lack.resource, amount) for amount in amounts), _limit(lack.limit)]


def _most(holders: Sequence[Holder]) -> list[Holder]:
    """Return those that hold most of each flavor."""
    by_flavor = groupby(holders, key=lambda holder: holder.lack.flavor)
    return [holder for _, of_flavor in by_flavor for holder in islice(of_flavor, OF_A_FLAVOR)]


def _limit(node: Node) -> str:
    return f"{'ClusterQueue' if node.is_queue else 'Cohort'} {node.name}"


def _holder(holder: Holder, when: Moment) -> list[str]:
    lack = holder.lack
    return [
        holder.workload,
        holder.team,
        holder.queue,
        lack.flavor,
        lack.resource,
        written(lack.resource, holder.amount),
        str(holder.priority),
        when(holder.since),
        when(holder.until) if holder.until is not None else "",
    ]


def _start(waiting: Waiting, now: int, when: Moment) -> str:
    if waiting.starts is None:
        return "in this history it never starts"
    thanks = ", ".join(waiting.thanks_to[:SHOWN])
    return (
        f"it starts at {when(waiting.starts)}, in {duration(waiting.starts - now)}"
        f"{f', when these end: {thanks}' if thanks else ''}"
    )


def _remedy(remedy: Remedy) -> list[str]:
    preempted = remedy.effect.preempted
    more = len(preempted) - SHOWN
    return [
        remedy.kind,
        remedy.change,
        "yes" if remedy.helps else "no",
        "/".join(remedy.effect.flavors),
        ", ".join(preempted[:SHOWN]) + (f" and {more} more" if more > 0 else ""),
    ]


def explanation_json(found: Explanation, when: Moment) -> dict[str, Any]:
    """Return the explanation; times as the history has them, amounts as quantities, waits in seconds."""
    outcome, waiting = found.outcome, found.waiting
    return {
        "job": found.workload.name,
        "team": found.workload.team,
        "localQueue": f"{found.workload.namespace}/{found.workload.queue}",
        "clusterQueue": found.queue,
        "priority": found.workload.priority,
        "at": when(found.now),
        "state": found.standing.state.name,
        "since": when(found.standing.since),
        "gate": found.gate._asdict() if found.gate else None,
        "waitSeconds": None if outcome is None or outcome.wait is None else outcome.wait / SECOND,
        "finished": None if outcome is None or outcome.finished is None else when(outcome.finished),
        "kueueSays": found.said or None,
        "waiting": None if waiting is None else _waiting_json(waiting, when),
    }


def _waiting_json(waiting: Waiting, when: Moment) -> dict[str, Any]:
    behind = waiting.refusal.behind
    return {
        "reason": waiting.reason,
        "ahead": list(waiting.ahead),
        "missing": [_lack_json(lack) for lack in waiting.refusal.lacks],
        "behind": behind.name if behind else None,
        "holders": [
            {
                **_holding(holder.lack, holder.amount),
                "job": holder.workload,
                "team": holder.team,
                "clusterQueue": holder.queue,
                "priority": holder.priority,
                "since": when(holder.since),
                "until": None if holder.until is None else when(holder.until),
            }
            for holder in waiting.holders
        ],
        "starts": None if waiting.starts is None else when(waiting.starts),
        "thanksTo": list(waiting.thanks_to),
        "changes": [
            {
                "kind": remedy.kind,
                "change": remedy.change,
                "startsNow": remedy.helps,
                "flavors": list(remedy.effect.flavors),
                "preempts": list(remedy.effect.preempted),
            }
            for remedy in waiting.remedies
        ],
    }


def _holding(lack: Lack, amount: int) -> dict[str, str]:
    return {"flavor": lack.flavor, "resource": lack.resource, "amount": written(lack.resource, amount)}


def _lack_json(lack: Lack) -> dict[str, Any]:
    if lack.limit is None:
        return {"flavor": lack.flavor, "reason": str(lack.why), "note": lack.note}
    names = ("asked", "free", "missing", "atMost")
    amounts = (lack.asked, lack.free, lack.missing, lack.most)
    return {
        "flavor": lack.flavor,
        "reason": str(lack.why),
        "resource": lack.resource,
        **{name: written(lack.resource, amount) for name, amount in zip(names, amounts, strict=True)},
        "limitedBy": _limit(lack.limit),
    }
