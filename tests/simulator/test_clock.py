"""The order of things at one instant, with an engine that starts and stops by script."""

from collections.abc import Iterator, Sequence

from simulator.clock import Ended, Started, Stopped, replay


class Script:
    """An engine that does at each instant what its script says, and writes down what it is told."""

    def __init__(self, script: dict[int, list[Started | Stopped]]) -> None:
        self.script = script
        self.told: list[object] = []
        self.next_at: int | None = None

    def arrive(self, workload: int) -> None:
        self.told.append(("arrive", workload))

    def finish(self, workloads: Sequence[int], now: int) -> None:  # noqa: ARG002 - as the protocol has it
        self.told.append(("finish", *workloads))

    def settle(self, now: int) -> Iterator[Started | Stopped]:
        self.told.append(("settle", now))
        if self.next_at == now:
            self.next_at = None
        yield from self.script.get(now, [])


def start(number: int) -> Started:
    return Started(number, "q", (), 1)


def test_arrivals_come_in_order_of_time_then_number_and_the_engine_settles_after_them() -> None:
    engine = Script({})
    assert list(replay([5, 5, 2], [1, 1, 1], engine, lambda _: None)) == []
    assert engine.told == [
        ("arrive", 2), ("settle", 2), ("arrive", 0), ("arrive", 1), ("settle", 5),
    ]  # fmt: skip


def test_what_ends_ends_before_what_arrives() -> None:
    engine = Script({0: [start(0)], 10: [start(1)]})
    events = list(replay([0, 10], [10, 5], engine, lambda _: None))
    assert events == [(0, start(0)), (10, Ended(0)), (10, start(1)), (15, Ended(1))]
    assert engine.told[-5:-2] == [("arrive", 1), ("finish", 0), ("settle", 10)]


def test_a_stopped_workload_starts_again_from_zero_and_its_old_end_is_no_instant() -> None:
    stop = Stopped(0, 1, "why", 1)
    engine = Script({0: [start(0)], 4: [stop], 6: [start(0)]})
    events = list(replay([0, 4, 6], [10, 1, 1], engine, lambda _: None))
    assert events == [(0, start(0)), (4, stop), (6, start(0)), (16, Ended(0))]
    assert ("settle", 10) not in engine.told


def test_progress_is_told_as_jobs_arrive() -> None:
    seen: list[int] = []
    list(replay([0, 0, 3], [1, 1, 1], Script({}), seen.append))
    assert seen == [2, 3]


def test_what_the_engine_alone_knows_is_an_instant_too() -> None:
    engine = Script({0: [start(0)], 7: [Stopped(0, None, "AdmissionCheck", gone=True)]})
    engine.next_at = 7
    events = list(replay([0], [10], engine, lambda _: None))
    assert [now for now, _ in events] == [0, 7]


def test_a_workload_ends_when_it_has_run_not_when_it_got_quota() -> None:
    late = Started(0, "q", (), 1, delay=5)
    assert list(replay([0], [10], Script({0: [late]}), lambda _: None)) == [(0, late), (15, Ended(0))]
