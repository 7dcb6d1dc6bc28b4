"""Ledgers written by hand."""

from simulator.ledger import Amounts, End, Ledger, Outcome, Quota, Span

GPU = "nvidia.com/gpu"
HOUR = 3_600_000


def gpus(count: int) -> Amounts:
    return ((GPU, count * 1000),)


def outcome(name: str, team: str, arrival: int, admitted: int | None, duration: int, count: int = 1) -> Outcome:
    finished = None if admitted is None else admitted + duration
    attempts = 0 if admitted is None else 1
    return Outcome(
        name,
        team,
        "",
        team,
        "default",
        0,
        arrival,
        duration,
        gpus(count),
        admitted,
        finished,
        attempts,
        0,
        "WaitingForQuota" if admitted is None else None,
    )


def span(name: str, queue: str, start: int, end: int, count: int = 1, ended: End = End.FINISHED, **more: str) -> Span:
    return Span(name, 1, "main", 1, queue, "h100", None, gpus(count), start, end, ended, **more)


def ledger(spans: list[Span], outcomes: list[Outcome], nominal: dict[str, int], shared: int = 0) -> Ledger:
    """Return a ledger of one flavor h100 of which queues have *nominal* GPUs and their cohort *shared*."""
    quotas = tuple(Quota(queue, "h100", GPU, count) for queue, count in nominal.items())
    capacity = {("h100", GPU): sum(nominal.values()) + shared}
    return Ledger(tuple(spans), tuple(outcomes), capacity, quotas, {"engine": "by hand"})
