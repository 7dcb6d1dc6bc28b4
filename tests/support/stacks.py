"""Stack folders for tests, written from plain mappings."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tenancy.canonical import written
from tenancy.environment import Environment
from tenancy.errors import ConfigError
from tenancy.load import load

EXAMPLES = Path(__file__).parents[2] / "stacks"
NAMES = ("azure-team", "dev", "prod")
HEAD = {"apiVersion": "muster/v1alpha1"}
H100 = {
    "node": {"gpu": "nvidia-h100-80gb", "gpus": 8, "cpu": 64, "memory": "512Gi"},
    "tiers": [
        {"name": "owned", "nodes": 1, "purchase": "owned", "price": 10},
        {"name": "reserved", "nodes": 2, "purchase": "reserved", "price": 20},
        {"name": "spot", "nodes": {"max": 4}, "purchase": "spot", "price": 5},
    ],
}
CPU = {
    "node": {"cpu": 16, "memory": "64Gi"},
    "tiers": [{"name": "owned", "nodes": 4, "purchase": "owned", "price": 1}],
}
POOLS = {"cpu": CPU, "h100": H100}
PRIORITIES = {"normal": {"value": 100, "default": True}, "urgent": 1000}


def environment_file(**fields: Any) -> dict[str, Any]:
    """Return environment.yaml as a mapping: two pools, two priorities, and *fields*."""
    base = {**HEAD, "kind": "Environment", "metadata": {"name": "test"}, "pools": POOLS, "priorities": PRIORITIES}
    return {**base, **fields}


def team_file(name: str, **fields: Any) -> dict[str, Any]:
    """Return a team file as a mapping: name, owners, and *fields*."""
    return {**HEAD, "kind": "Team", "metadata": {"name": name}, "owners": [f"oidc:{name}-leads"], **fields}


def write(folder: Path, environment: Mapping[str, Any] | None = None, **teams: Mapping[str, Any]) -> Path:
    """Write a stack into *folder*: *environment* over the base of `environment_file`, and a file for each team."""
    (folder / "teams").mkdir(parents=True, exist_ok=True)
    (folder / "environment.yaml").write_text(written(environment_file(**(environment or {}))))
    for name, fields in teams.items():
        (folder / "teams" / f"{name}.yaml").write_text(written(team_file(name, **fields)))
    return folder


def loaded(folder: Path, environment: Mapping[str, Any] | None = None, **teams: Mapping[str, Any]) -> Environment:
    """Write a stack into *folder* and load it."""
    return load(write(folder, environment, **teams))


def complaints(folder: Path) -> list[str]:
    """Return the lines that loading *folder* is refused with, files as seen from the folder; none where it loads."""
    try:
        load(folder)
    except ConfigError as error:
        return [line.replace(f"{folder}/", "") for line in str(error).splitlines()]
    return []


def wrong(folder: Path, environment: Mapping[str, Any] | None = None, **teams: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with a stack, each line without its place."""
    lines = complaints(write(folder, environment, **teams))
    return [line.split(": ", 1)[1] for line in lines]
