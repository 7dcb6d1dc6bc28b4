"""PriorityClasses: how important pods are to the nodes' scheduler."""

from collections.abc import Iterator
from typing import Any

from tenancy.environment import Environment
from tenancy.manifests import Manifest, declared
from tenancy.namespaces import MANAGED_BY, origin
from tenancy.team import Gang, Team


def declare(environment: Environment) -> Iterator[Manifest]:
    """Yield a PriorityClass for each priority."""
    for name, priority in environment.priorities.items():
        body: dict[str, Any] = {
            "apiVersion": "scheduling.k8s.io/v1",
            "kind": "PriorityClass",
            "metadata": {"name": name, "labels": MANAGED_BY},
            "value": priority.value,
            "globalDefault": priority.default,
            "preemptionPolicy": "Never" if priority.preempts == "never" else "PreemptLowerPriority",
        }
        if priority.description:
            body["description"] = priority.description
        yield declared(body, origin(environment, "priorities", name))


def priority_of(environment: Environment, team: Team, gang: Gang | None = None) -> str | None:
    """Return the priority of the team's jobs, or of one gang; None where the environment has no default either."""
    defaults = [name for name, priority in environment.priorities.items() if priority.default]
    return (gang and gang.priority) or team.priority or (defaults[0] if defaults else None)
