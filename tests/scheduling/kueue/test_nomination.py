"""Partial admission: which counts are tried."""

from typing import Any, cast

import pytest

from scheduling.kueue.assignment import Mode
from scheduling.kueue.nomination import Nominated, Nominator
from scheduling.kueue.workload import FROM_THE_FIRST
from support.kueue_worlds import Bench, cluster, queue


class Outcome:
    """An assignment of which only the mode counts."""

    def __init__(self, fits: bool) -> None:
        self.mode = Mode.FIT if fits else Mode.NO_FIT


class Recorder(Nominator):
    """Notes which counts are tried; those in *fitting* fit."""

    def __init__(self, fitting: set[int]) -> None:
        super().__init__(lambda _: [])
        self.fitting = fitting
        self.tried: list[int] = []

    def _assign(self, counts: tuple[int, ...], *_: Any) -> Nominated:
        self.tried.append(counts[0])
        return cast("Nominated", (Outcome(counts[0] in self.fitting), []))

    def fewer(self) -> int | None:
        """Return the last count of those tried that fits, as the search finds it."""
        bench = Bench(cluster({"a": queue({"h100": 1})}))
        bench.submit("wide", "a", pods=8, min_count=1)
        self.info = bench.infos["wide"]
        found = self._with_fewer_pods(FROM_THE_FIRST, None)
        return None if found is None else min(count for count in self.tried if count in self.fitting)


@pytest.mark.parametrize(
    ("fitting", "tried"),
    [
        ({1, 2, 3, 4, 5, 6, 7}, [4, 6, 7, 8]),
        ({1, 2, 3, 4}, [4, 6, 5]),
        ({1}, [4, 2, 1]),
        (set(), [4, 2, 1]),
    ],
)
def test_the_search_is_a_bisection(fitting: set[int], tried: list[int]) -> None:
    recorder = Recorder(fitting)
    recorder.fewer()
    assert recorder.tried == tried


def test_what_fits_among_counts_that_are_skipped_is_not_found() -> None:
    """Upstream searches as if fewer pods always fitted where more do; a count that fits out of order is missed."""
    assert Recorder({7}).fewer() is None
    assert Recorder({5}).fewer() is None


def test_preempting_for_fewer_pods_is_as_good_as_fitting() -> None:
    spec = {"preemption": {"withinClusterQueue": "LowerPriority"}}
    bench = Bench(cluster({"a": queue({"h100": 6}, **spec)}))
    bench.run(("fixed", "a", 2, 9), ("low", "a", 4, 0))
    bench.submit("wide", "a", 1, priority=5, pods=8, min_count=1)
    assert bench.settle() == ["-low wide InClusterQueue", "+wide h100 x4"]
