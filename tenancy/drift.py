"""How a live cluster differs from what was declared: only in what was declared, and in what Muster made."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from tenancy.difference import Change, by_name, difference
from tenancy.manifests import Manifest, Manifests
from tenancy.namespaces import MANAGED_BY

WHOLE = frozenset({"hard", "nodeLabels", "matchLabels", "data"})
"""Mappings in which what was not declared is a difference; elsewhere it is a default of the server."""


def drift(wanted: Manifests, live: Manifests) -> tuple[Change, ...]:
    """Return what turns *wanted* into *live*.

    Of objects that were not declared only those count that carry Muster's label; of fields those that were declared,
    since the server and controllers fill in others.
    """
    return difference(wanted, Manifests(_seen(wanted, live)))


def _seen(wanted: Manifests, live: Manifests) -> Iterator[Manifest]:
    for key, manifest in live.items():
        if key in wanted:
            before = wanted[key]
            written = {
                field.removeprefix("spec."): before.spec[field.removeprefix("spec.")] for field in _written(before)
            }
            body = as_wanted(before.body, manifest.body)
            yield replace(manifest, body={**body, "spec": {**body["spec"], **written}} if written else body)
        elif MANAGED_BY.items() <= manifest.labels.items():
            yield manifest


def _written(manifest: Manifest) -> Iterator[str]:
    """Yield the declared fields of the spec that a controller goes on to write."""
    for field in manifest.kind.written:
        if field.removeprefix("spec.") in manifest.spec:
            yield field


def as_wanted(wanted: Any, live: Any, whole: bool = False) -> Any:
    """Return *live* without what *wanted* does not speak of."""
    if isinstance(wanted, Mapping) and isinstance(live, Mapping):
        known = {
            key: as_wanted(value, live[key], key in WHOLE) if key in live else value
            for key, value in wanted.items()
            if key in live or not value
        }
        return {**known, **{key: value for key, value in live.items() if whole and key not in wanted}}
    if isinstance(wanted, list) and isinstance(live, list):
        return _items(wanted, live)
    return live


def _items(wanted: list[Any], live: list[Any]) -> list[Any]:
    names, others = by_name(wanted), by_name(live)
    if names is not None and others is not None:
        return [as_wanted(names.get(name, item), item) for name, item in others.items()]
    if len(wanted) == len(live):
        return [as_wanted(*pair) for pair in zip(wanted, live, strict=True)]
    return live
