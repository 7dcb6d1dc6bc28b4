"""Capacity arithmetic: numbers worked out by hand from the rules, one row a case."""

import pytest

from scheduling.kueue.quota import (
    Limits,
    Node,
    add_usage,
    ancestors,
    available,
    borrowing_with,
    grow,
    local_available,
    lowest_subtree_that_fits,
    queues_below,
    remove_usage,
    within_nominal,
)


def flat(*queues: Limits) -> list[Node]:
    """Return queues q0, q1, ... in one cohort."""
    nodes = {f"queue/q{number}": Node(f"q{number}", [limits], True) for number, limits in enumerate(queues)}
    nodes["cohort/c"] = Node("c", [Limits()], False)
    grow(nodes, {name: "cohort/c" for name in nodes if name.startswith("queue/")})
    return [nodes[f"queue/q{number}"] for number in range(len(queues))]


def three_levels() -> dict[str, Node]:
    """Return queues a, b in `left`, c in `right`, both in `root`, which has a quota of its own."""
    nodes = {
        "queue/a": Node("a", [Limits(4)], True),
        "queue/b": Node("b", [Limits(4, lending_limit=1)], True),
        "queue/c": Node("c", [Limits(6)], True),
        "cohort/left": Node("left", [Limits(2, borrowing_limit=3, lending_limit=4)], False),
        "cohort/right": Node("right", [Limits()], False),
        "cohort/root": Node("root", [Limits(10)], False),
    }
    parents = {
        "queue/a": "cohort/left",
        "queue/b": "cohort/left",
        "queue/c": "cohort/right",
        "cohort/left": "cohort/root",
        "cohort/right": "cohort/root",
    }
    grow(nodes, parents)
    return {node.name: node for node in nodes.values()}


@pytest.mark.parametrize(
    ("limits", "others", "expected"),
    [
        (Limits(4), [Limits(6)], 10),
        (Limits(4, borrowing_limit=3), [Limits(6)], 7),
        (Limits(4, borrowing_limit=0), [Limits(6)], 4),
        (Limits(4), [Limits(6, lending_limit=2)], 6),
        (Limits(4, lending_limit=1), [Limits(6)], 10),
        (Limits(0), [Limits(6, lending_limit=0)], 0),
    ],
)
def test_an_idle_queue_may_use_its_nominal_quota_and_what_others_lend(
    limits: Limits, others: list[Limits], expected: int
) -> None:
    queue = flat(limits, *others)[0]
    assert available(queue, 0) == queue.potential[0] == expected


def test_usage_beyond_the_unlent_part_is_charged_to_the_cohort() -> None:
    mine, other = flat(Limits(4, lending_limit=1), Limits(6))
    add_usage(mine, 0, 2)
    assert (local_available(mine, 0), available(other, 0)) == (1, 7)
    add_usage(mine, 0, 5)
    assert (local_available(mine, 0), available(other, 0)) == (0, 3)
    remove_usage(mine, 0, 5)
    assert available(other, 0) == 7


def test_debt_of_a_limit_makes_what_is_available_negative() -> None:
    queue = flat(Limits(4, borrowing_limit=1), Limits(6))[0]
    add_usage(queue, 0, 7)
    assert available(queue, 0) == -2


def test_quota_of_every_level_adds_up() -> None:
    nodes = three_levels()
    assert nodes["left"].subtree == [4 + 1 + 2]
    assert nodes["left"].local == [7 - 4]
    assert nodes["root"].subtree == [10 + 4 + 6]
    assert nodes["left"].potential == [min(7 + 3, 3 + 20)]
    assert nodes["a"].potential == [10]
    assert nodes["b"].potential == [3 + 10]
    assert available(nodes["a"], 0) == 10


@pytest.mark.parametrize(
    ("queue", "amount", "expected"),
    [("a", 4, (0, True)), ("a", 5, (1, True)), ("a", 7, (1, True)), ("a", 8, (2, False)), ("a", 99, (2, False))],
)
def test_the_lowest_subtree_that_fits(queue: str, amount: int, expected: tuple[int, bool]) -> None:
    assert lowest_subtree_that_fits(three_levels()[queue], 0, amount) == expected


def test_heights_count_from_the_queues() -> None:
    nodes = three_levels()
    assert [nodes[name].height for name in ("a", "left", "right", "root")] == [0, 1, 1, 2]
    empty = {"cohort/e": Node("e", [Limits()], False), "cohort/p": Node("p", [Limits()], False)}
    grow(empty, {"cohort/e": "cohort/p"})
    assert [empty["cohort/e"].height, empty["cohort/p"].height] == [0, 1]


def test_a_queue_without_cohort_never_borrows() -> None:
    queue = Node("q", [Limits(4)], True)
    grow({"queue/q": queue}, {})
    assert lowest_subtree_that_fits(queue, 0, 9) == (0, False)
    assert (available(queue, 0), borrowing_with(queue, 0, 5), borrowing_with(queue, 0, 4)) == (4, True, False)


def test_within_nominal_looks_at_the_given_amounts_only() -> None:
    node = Node("q", [Limits(4), Limits(1)], True)
    grow({"queue/q": node}, {})
    add_usage(node, 1, 2)
    assert within_nominal(node, frozenset({0}))
    assert not within_nominal(node, frozenset({0, 1}))


def test_walks() -> None:
    nodes = three_levels()
    assert [node.name for node in ancestors(nodes["a"])] == ["left", "root"]
    assert [node.name for node in queues_below(nodes["root"])] == ["a", "b", "c"]
