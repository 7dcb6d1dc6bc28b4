"""Preemption loops of a run in words: who chases whom, by which settings, when first and how often."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from scheduling.kueue.livelock import Loop

SHOWN = 3


def recorded(loops: Sequence[Loop]) -> list[dict[str, Any]]:
    """Return *loops* as a ledger holds them: the same settings in the same queues are one, with its first instant."""
    found: dict[object, dict[str, Any]] = {}
    for loop in loops:
        settings = [list(setting) for setting in loop.settings]
        entry = found.setdefault(
            loop.settings,
            {"at": loop.at, "times": 0, "settings": settings, "preemptions": [list(pair) for pair in _pairs(loop)]},
        )
        entry["times"] += 1
    return list(found.values())


def _pairs(loop: Loop) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield preemptor, its queue, victim, its queue, and reason, each pair once."""
    seen = set()
    for preempted in loop.preemptions:
        by, victim = preempted.by, preempted.info
        pair = by.name, by.shape.queue.name, victim.name, victim.shape.queue.name, str(preempted.target.reason)
        if pair not in seen:
            seen.add(pair)
            yield pair


def sentence(loop: Mapping[str, Any], when: str) -> str:
    """Return one loop in a sentence."""
    chases = [f"{by} ({queue}) preempts {victim} ({of})" for by, queue, victim, of, _ in loop["preemptions"][:SHOWN]]
    more = len(loop["preemptions"]) - SHOWN
    settings = [f"{queue + ': ' if queue else ''}{field} {value}" for queue, field, value in loop["settings"]]
    again = f", {loop['times']} times" if loop["times"] > 1 else ""
    return (
        f"preemption loop {when} into the run{again}: {', '.join(chases)}{f' and {more} more' if more > 0 else ''}; "
        f"real Kueue would go on for ever; what lets them: {'; '.join(settings)}"
    )
