"""YAML that every dialect reads alike and that is the same for equal values."""

from collections.abc import Mapping
from typing import Any

import yaml

from tenancy.finding import printable
from tenancy.scalars import must_be_quoted

WIDTH = 120


class _Dumper(yaml.CSafeDumper):
    """Writes no aliases, and quotes text that some dialect would take for something else."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def _text(dumper: yaml.CSafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=_style(text))


def _style(text: str) -> str | None:
    """Return how to quote *text*: what cannot be printed stands in double quotes, where it can be escaped."""
    if not text.replace("\n", "").isprintable():
        return '"'
    if must_be_quoted(text):
        return "'"
    return "|" if "\n" in text else None


_Dumper.add_representer(str, _text)


def canonical(value: Any) -> Any:
    """Return *value* with the keys of its mappings in stable order: name first, then by alphabet."""
    if isinstance(value, Mapping):
        return {key: canonical(value[key]) for key in sorted(value, key=lambda key: (key != "name", key))}
    return [canonical(item) for item in value] if isinstance(value, list | tuple) else value


def written(value: Mapping[str, Any]) -> str:
    """Write *value* as one YAML document, its keys in the order they have and all below in canonical order."""
    ordered = {key: canonical(member) for key, member in value.items()}
    text: str = yaml.dump(
        ordered, Dumper=_Dumper, sort_keys=False, default_flow_style=False, allow_unicode=True, width=WIDTH
    )
    return "\n".join(printable(line) for line in text.split("\n"))
