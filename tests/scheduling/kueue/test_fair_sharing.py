"""Dominant resource shares, by hand."""

import pytest

from scheduling.kueue.fair_sharing import NOTHING_BORROWED, Share, Shares
from scheduling.kueue.quota import Limits, Node, add_usage, grow


def tree(weight: float = 1.0) -> tuple[Node, Node, Shares]:
    """Return queue q (2 CPUs, 4 GPUs of two flavors) and its cohort's other queue (6 CPUs, 4 GPUs)."""
    q = Node("q", [Limits(2), Limits(1), Limits(3)], True, weight)
    other = Node("o", [Limits(6), Limits(4), Limits(0)], True)
    nodes = {"queue/q": q, "queue/o": other, "cohort/c": Node("c", [Limits()] * 3, False)}
    grow(nodes, {"queue/q": "cohort/c", "queue/o": "cohort/c"})
    return q, other, Shares({"cpu": [0], "gpu": [1, 2]})


def test_within_quota_there_is_no_share() -> None:
    q, _, shares = tree()
    add_usage(q, 0, 2)
    assert shares.share(q) == NOTHING_BORROWED


def test_the_highest_ratio_of_borrowed_to_lendable_counts() -> None:
    q, _, shares = tree()
    add_usage(q, 0, 4)
    assert shares.share(q) == Share(False, 2 * 1000 / 8, (0,))
    add_usage(q, 1, 4)
    assert shares.share(q) == Share(False, 3 * 1000 / 8, (0, 1)), "3 of 8 GPUs over both flavors"


def test_idle_quota_of_one_flavor_does_not_offset_another() -> None:
    q, _, shares = tree()
    add_usage(q, 1, 2)
    assert shares.share(q).borrowed == (1,)


@pytest.mark.parametrize(("weight", "expected"), [(2.0, Share(False, 125.0, (0,))), (0.0, Share(True, 250.0, (0,)))])
def test_weights_divide_and_zero_is_beyond_all(weight: float, expected: Share) -> None:
    q, other, shares = tree(weight)
    add_usage(q, 0, 4)
    add_usage(other, 0, 0)
    assert shares.share(q) == expected
    assert (expected.order > (False, 10**9)) is (weight == 0.0)


def test_the_root_has_no_share() -> None:
    q, _, shares = tree()
    add_usage(q, 0, 99)
    assert q.parent is not None
    assert shares.share(q.parent) == NOTHING_BORROWED
