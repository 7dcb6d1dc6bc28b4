"""What a change of manifests means: added, changed, removed and replaced objects, field by field."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tenancy.kinds import Kind, same_value
from tenancy.manifests import Key, Manifest, Manifests

SET_BY_SERVER = frozenset(
    {"managedFields", "resourceVersion", "uid", "creationTimestamp", "generation", "selfLink", "finalizers"}
)
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


class Verb(StrEnum):
    """What happens to an object."""

    ADDED = "added"
    CHANGED = "changed"
    REPLACED = "replaced"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field: *path* as a user writes it, its value *before* and *after* (None where it is absent)."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one object of *team* (empty: the cluster's), and why it is replaced where it is."""

    verb: Verb
    key: Key
    team: str
    fields: tuple[FieldChange, ...] = ()
    because: tuple[str, ...] = ()


def difference(base: Manifests, head: Manifests) -> tuple[Change, ...]:
    """Return what turns *base* into *head*, by team, then in the order of objects; equal values are no change."""
    changes = [*_gone_or_changed(base, head), *_new(base, head)]
    return tuple(sorted(changes, key=lambda change: (change.team, change.key)))


def _new(base: Manifests, head: Manifests) -> Iterator[Change]:
    for key, manifest in head.items():
        if key not in base:
            yield Change(Verb.ADDED, key, head.team(manifest))


def _gone_or_changed(base: Manifests, head: Manifests) -> Iterator[Change]:
    for key, before in base.items():
        after = head.get(key)
        if after is None:
            yield Change(Verb.REMOVED, key, base.team(before))
        elif fields := tuple(_fields(before.kind, (), _desired(before), _desired(after))):
            because = immutable_changes(before.kind, [change.path for change in fields])
            yield Change(Verb.REPLACED if because else Verb.CHANGED, key, head.team(after), fields, because)


def immutable_changes(kind: Kind, paths: Sequence[str]) -> tuple[str, ...]:
    """Return the immutable fields of *kind* that a change of the fields at *paths* touches."""
    return tuple(
        field
        for field in kind.immutable
        if any(path == field or path.startswith((f"{field}.", f"{field}[")) for path in paths)
    )


def _desired(manifest: Manifest) -> dict[str, Any]:
    """Return the body without what only the server writes."""
    body = {key: value for key, value in manifest.body.items() if key not in {"status", "apiVersion", "kind"}}
    metadata = {key: value for key, value in body.get("metadata", {}).items() if key not in SET_BY_SERVER}
    annotations = {key: value for key, value in (metadata.get("annotations") or {}).items() if key != LAST_APPLIED}
    if annotations:
        metadata["annotations"] = annotations
    else:
        metadata.pop("annotations", None)
    return {**body, "metadata": metadata}


def _fields(kind: Kind, path: tuple[str, ...], before: Any, after: Any) -> Iterator[FieldChange]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in sorted({*before, *after}):
            yield from _fields(kind, (*path, str(key)), before.get(key), after.get(key))
    elif isinstance(before, list) and isinstance(after, list):
        yield from _items(kind, path, before, after)
    elif not same_value(kind, path, before, after):
        yield FieldChange(_written(path), before, after)


def _items(kind: Kind, path: tuple[str, ...], before: list[Any], after: list[Any]) -> Iterator[FieldChange]:
    left, right = by_name(before), by_name(after)
    if left is None or right is None:
        if len(before) == len(after):
            for index, pair in enumerate(zip(before, after, strict=True)):
                yield from _fields(kind, (*path, f"[{index}]"), *pair)
        elif before != after:
            yield FieldChange(_written(path), before, after)
        return
    for name in {**left, **right}:
        yield from _fields(kind, (*path, f"[{name}]"), left.get(name), right.get(name))
    if list(left) != list(right) and set(left) == set(right):
        yield FieldChange(f"{_written(path)} (order)", list(left), list(right))


def by_name(items: list[Any]) -> dict[str, Any] | None:
    """Return *items* by name where each has one of its own; plain text names itself."""
    named = {}
    for item in items:
        name = item.get("name") if isinstance(item, Mapping) else item
        if not isinstance(name, str):
            return None
        named[name] = item
    return named if len(named) == len(items) else None


def _written(path: Sequence[str]) -> str:
    text = ""
    for key in path:
        separator = "" if not text or key.startswith("[") else "."
        text += f"{separator}[{key}]" if "." in key and not key.startswith("[") else f"{separator}{key}"
    return text.replace(".[", "[")
