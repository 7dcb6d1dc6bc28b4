"""Manifests from YAML text or mappings."""

from collections.abc import Mapping
from typing import Any

import yaml

from tenancy.finding import Place
from tenancy.manifests import Manifests, Origin, declared


def manifests(*objects: str | Mapping[str, Any]) -> Manifests:
    """Return *objects* (YAML text or mappings) as manifests."""
    bodies = [yaml.safe_load(body) if isinstance(body, str) else body for body in objects]
    return Manifests(declared(body, Origin(Place("world.yaml"))) for body in bodies)
