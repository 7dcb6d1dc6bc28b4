"""Capacity arithmetic on cohort trees: who may use how much of what.

Every ClusterQueue and Cohort is a node. Amounts are integers in the units of Kueue's quota (milli-CPU, base units for
the rest), in lists indexed by flavor-resource. All queries and updates touch only the path from a node to its root.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

Index = int
"""The place of a (flavor, resource) pair in the lists of a tree."""
Height = int


@dataclass(frozen=True, slots=True)
class Limits:
    """The quota of one node on one flavor-resource; None means no limit."""

    nominal: int = 0
    borrowing_limit: int | None = None
    lending_limit: int | None = None


NOTHING = Limits()


class Node:
    """A ClusterQueue or a Cohort with its quota and usage.

    *subtree* is the quota of the node and what its children lend it, *local* the part that is never lent upward,
    *potential* what the node could ever use, *height* the distance from the farthest ClusterQueue below (0 for one).
    """

    __slots__ = (
        "borrowing_limit",
        "children",
        "height",
        "is_queue",
        "lending_limit",
        "local",
        "name",
        "nominal",
        "parent",
        "potential",
        "subtree",
        "usage",
        "weight",
    )

    def __init__(self, name: str, quotas: Sequence[Limits], is_queue: bool, weight: float = 1.0) -> None:
        """Make a node without relatives; `grow` gives it its place."""
        self.name = name
        self.is_queue = is_queue
        self.weight = weight
        self.parent: Node | None = None
        self.children: list[Node] = []
        self.height: Height = 0
        self.nominal = [limits.nominal for limits in quotas]
        self.borrowing_limit = [limits.borrowing_limit for limits in quotas]
        self.lending_limit = [limits.lending_limit for limits in quotas]
        self.subtree: list[int] = []
        self.local: list[int] = []
        self.potential: list[int] = []
        self.usage = [0] * len(quotas)

    def __repr__(self) -> str:
        return f"Node({self.name!r})"


def grow(nodes: Mapping[str, Node], parents: Mapping[str, str]) -> list[Node]:
    """Join *nodes* to trees by *parents* (child key -> parent key), add their quotas up, and return the roots.

    The parents must not form a circle. Children stand in the order of the keys.
    """
    for child, parent in sorted(parents.items()):
        nodes[child].parent = nodes[parent]
        nodes[parent].children.append(nodes[child])
    roots = [node for _, node in sorted(nodes.items()) if node.parent is None]
    for root in roots:
        settle_quotas(root)
    return roots


def settle_quotas(root: Node) -> None:
    """Work out what follows in a tree from the quotas of its nodes."""
    _add_up(root)
    _reach(root)


def _add_up(node: Node) -> None:
    for child in node.children:
        _add_up(child)
    node.subtree = [
        own + sum(child.subtree[index] - child.local[index] for child in node.children)
        for index, own in enumerate(node.nominal)
    ]
    node.local = [
        0 if lend is None else max(0, quota - lend)
        for quota, lend in zip(node.subtree, node.lending_limit, strict=True)
    ]
    if not node.is_queue and node.children:
        node.height = max(1, *(0 if child.is_queue else child.height + 1 for child in node.children))


def _reach(node: Node) -> None:
    """Compute what *node* and all below it could ever use."""
    parent = node.parent
    if parent is None:
        node.potential = list(node.subtree)
    else:
        node.potential = [
            reach if limit is None else min(subtree + limit, reach)
            for subtree, limit, reach in zip(
                node.subtree,
                node.borrowing_limit,
                (local + above for local, above in zip(node.local, parent.potential, strict=True)),
                strict=True,
            )
        ]
    for child in node.children:
        _reach(child)


def ancestors(node: Node) -> Iterator[Node]:
    """Yield the cohorts around *node*, nearest first."""
    parent = node.parent
    while parent is not None:
        yield parent
        parent = parent.parent


def queues_below(node: Node) -> Iterator[Node]:
    """Yield the ClusterQueues in the tree of *node*, itself if it is one."""
    if node.is_queue:
        yield node
    for child in node.children:
        yield from queues_below(child)


def local_available(node: Node, index: Index) -> int:
    """Return what is unused of the quota that *node* never lends."""
    free = node.local[index] - node.usage[index]
    return free if free > 0 else 0


def available(node: Node, index: Index) -> int:
    """Return what *node* may still use; below 0 where a limit or the tree is exceeded.

    Walking up: what is free of each node's own unlent quota adds up, and a borrowing limit caps all that lies above.
    """
    own = 0
    capped: int | None = None
    parent = node.parent
    while parent is not None:
        usage, local = node.usage[index], node.local[index]
        if usage < local:
            own += local - usage
            usage = local
        limit = node.borrowing_limit[index]
        if limit is not None:
            cap = own + node.subtree[index] - usage + limit
            if capped is None or cap < capped:
                capped = cap
        node, parent = parent, parent.parent
    found = own + node.subtree[index] - node.usage[index]
    return found if capped is None or found < capped else capped


def narrowest(node: Node, index: Index) -> Node:
    """Return the node that limits what `available` returns: that with the lowest borrowing limit above, or the root."""
    own, limiting = 0, node
    capped: int | None = None
    while node.parent is not None:
        usage, local = node.usage[index], node.local[index]
        own += max(0, local - usage)
        limit = node.borrowing_limit[index]
        if limit is not None:
            cap = own + node.subtree[index] - max(usage, local) + limit
            if capped is None or cap < capped:
                capped, limiting = cap, node
        node = node.parent
    found = own + node.subtree[index] - node.usage[index]
    return node if capped is None or found <= capped else limiting


def add_usage(node: Node | None, index: Index, amount: int) -> None:
    """Charge *amount* to *node*, and to its ancestors what exceeds the quota that is never lent."""
    while node is not None:
        usage, local = node.usage[index], node.local[index]
        node.usage[index] = usage + amount
        if usage < local:
            amount -= local - usage
        if amount <= 0:
            return
        node = node.parent


def remove_usage(node: Node | None, index: Index, amount: int) -> None:
    """Take back a charge of *amount*, which must not be negative."""
    while node is not None:
        usage = node.usage[index]
        node.usage[index] = usage - amount
        stored_above = usage - node.local[index]
        if stored_above <= 0:
            return
        if stored_above < amount:
            amount = stored_above
        node = node.parent


def borrowing_with(node: Node, index: Index, amount: int) -> bool:
    """Tell whether *node* would exceed its quota with *amount* more."""
    return node.subtree[index] < node.usage[index] + amount


def lowest_subtree_that_fits(queue: Node, index: Index, amount: int) -> tuple[Height, bool]:
    """Return the height of the lowest subtree around *queue* with quota for *amount* more.

    The second value tells whether that subtree is smaller than the whole tree, so that the queue may reclaim what
    others use of it.
    """
    node = queue
    while node.parent is not None:
        usage = node.usage[index]
        if usage + amount <= node.subtree[index]:
            return node.height, True
        if usage < node.local[index]:
            amount -= node.local[index] - usage
        node = node.parent
    return node.height, False


def within_nominal(node: Node, indices: Sequence[Index] | frozenset[Index]) -> bool:
    """Tell whether *node* uses no more than its quota on any of *indices*."""
    usage, subtree = node.usage, node.subtree
    return all(usage[index] <= subtree[index] for index in indices)
