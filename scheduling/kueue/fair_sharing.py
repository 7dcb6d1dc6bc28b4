"""Dominant resource shares: how much more than its own quota a queue or cohort uses, by weight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from scheduling.kueue.quota import Index, Node

PER_MILLE = 1000.0


class Share(NamedTuple):
    """The share of a node; shares compare by (*unbounded*, *value*).

    With weight 0 whoever borrows has an unbounded share; two such compare by their unweighted ratios. *borrowed* are
    the flavor-resources on which the node exceeds its quota.
    """

    unbounded: bool
    value: float
    borrowed: tuple[Index, ...] = ()

    @property
    def order(self) -> tuple[bool, float]:
        """Return what shares are compared by."""
        return self[:2]


NOTHING_BORROWED = Share(False, 0.0)


class Shares:
    """Computes shares in one cohort tree, in which a resource stands at *indices* for its flavors."""

    def __init__(self, resources: Mapping[str, Sequence[Index]]) -> None:
        """Remember where the flavors of each resource stand."""
        self.resource_of = {index: name for name, indices in resources.items() for index in indices}
        self.indices = resources
        self.lendable: dict[Node, dict[str, int]] = {}

    def share(self, node: Node) -> Share:
        """Return the dominant resource share of *node*: the highest ratio, over resources, of borrowed to lendable.

        The root of a tree has none. Ratios are float64 per mille, as upstream computes them.
        """
        if node.parent is None:
            return NOTHING_BORROWED
        borrowed: dict[str, int] = {}
        indices = []
        for index, used in enumerate(node.usage):
            excess = used - node.subtree[index]
            if excess > 0:
                resource = self.resource_of[index]
                borrowed[resource] = borrowed.get(resource, 0) + excess
                indices.append(index)
        if not borrowed:
            return NOTHING_BORROWED
        lendable = self._lendable(node.parent)
        ratio = max(
            (float(amount) * PER_MILLE / float(lendable[name]) for name, amount in borrowed.items() if lendable[name]),
            default=0.0,
        )
        if ratio == 0.0:
            return Share(False, 0.0, tuple(indices))
        if node.weight == 0.0:
            return Share(True, ratio, tuple(indices))
        return Share(False, ratio / node.weight, tuple(indices))

    def _lendable(self, cohort: Node) -> dict[str, int]:
        """Return what *cohort* could ever use of each resource, over all flavors; never below 0."""
        found = self.lendable.get(cohort)
        if found is None:
            found = self.lendable[cohort] = {
                name: max(0, sum(cohort.potential[index] for index in indices))
                for name, indices in self.indices.items()
            }
        return found
