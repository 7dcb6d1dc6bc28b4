"""The order in which the heads of one cycle are processed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from scheduling.kueue.fair_sharing import Share
from scheduling.kueue.quota import Height, Node, add_usage, ancestors, remove_usage
from scheduling.kueue.workload import Info

if TYPE_CHECKING:
    from scheduling.kueue.nomination import Entry
    from scheduling.kueue.tree import Tree

SharesBelow = Mapping[Node, Share]
"""The shares that an admission would give, by the cohort in which they are compared."""


def precedence(info: Info, level: Height) -> tuple[Height, int, int, str]:
    """Return what sorts heads: nearest quota first, then priority, then time; on ties the names of their queues."""
    return level, -info.shape.priority, info.timestamp, info.shape.queue.name


def classical_order(entries: Sequence[Entry]) -> list[Entry]:
    """Sort heads in the order in which they are processed."""
    return sorted(entries, key=lambda entry: precedence(entry.info, entry.assignment.borrowing))


def fair_order(tree: Tree, entries: Sequence[Entry]) -> Iterator[Entry]:
    """Yield heads one by one: after each, those left compete anew with what it has taken.

    In every cohort the children compete by the share that they would have with their nominee; the winner of the root
    goes next.
    """
    left = {entry.queue.node: entry for entry in entries}
    while left:
        if len(left) == 1:
            yield left.popitem()[1]
            return
        shares = {node: _shares_with(tree, entry) for node, entry in left.items()}
        winner = _winner(tree.root, left, shares)
        assert winner is not None  # noqa: S101 - there are entries left below the root
        del left[winner.queue.node]
        yield winner


def _shares_with(tree: Tree, entry: Entry) -> SharesBelow:
    """Return the share of the entry's queue and of each cohort around it, if the entry were admitted."""
    node = entry.queue.node
    for index, amount in entry.assignment.usage:
        add_usage(node, index, amount)
    shares = {}
    child = node
    for cohort in ancestors(node):
        shares[cohort] = tree.shares.share(child)
        child = cohort
    for index, amount in entry.assignment.usage:
        remove_usage(node, index, amount)
    return shares


def _winner(cohort: Node, left: Mapping[Node, Entry], shares: Mapping[Node, SharesBelow]) -> Entry | None:
    candidates = [_winner(child, left, shares) if not child.is_queue else left.get(child) for child in cohort.children]
    found = [entry for entry in candidates if entry is not None]
    if not found:
        return None
    return min(found, key=lambda entry: _rank(entry, shares[entry.queue.node][cohort]))


def _rank(entry: Entry, share: Share) -> tuple[bool, tuple[bool, float], int, int, str]:
    """Who does not borrow on what it asks for goes first, then the lowest share, priority, time, and the name."""
    wanted = {index for index, amount in entry.assignment.usage if amount > 0}
    borrows = not wanted.isdisjoint(share.borrowed)
    return borrows, share.order, -entry.info.shape.priority, entry.info.timestamp, entry.queue.name
