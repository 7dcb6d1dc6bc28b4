"""Who may do what: Roles and RoleBindings of each namespace, to groups.

Leads, members and viewers of a team get roles of Muster's own: the built-in `edit` and `admin` may write
NetworkPolicies, and no built-in role may write Volcano jobs. Nobody inside a team may write quotas, limits, queues,
network policies, roles or bindings.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from tenancy.environment import Environment
from tenancy.job_kinds import INTEGRATIONS, JobKind
from tenancy.kinds import KUEUE, RBAC
from tenancy.manifests import Manifest, declared
from tenancy.namespaces import metadata, namespace_name, origin
from tenancy.team import Namespace, Team

Rule = dict[str, list[str]]
READ = ("get", "list", "watch")
WRITE = ("create", "delete", "deletecollection", "patch", "update")
WITH_SERVICES = frozenset({JobKind.DEPLOYMENT, JobKind.STATEFUL_SET, JobKind.NOTEBOOK, JobKind.INFERENCE_SERVICE})
SEEN = (
    "configmaps",
    "events",
    "limitranges",
    "persistentvolumeclaims",
    "pods",
    "resourcequotas",
    "serviceaccounts",
    "services",
)


class Role(StrEnum):
    """What a group is to a team's namespaces."""

    LEAD = "lead"
    MEMBER = "member"
    VIEWER = "viewer"


def groups(team: Team) -> Mapping[Role, tuple[str, ...]]:
    """Return the groups of each role."""
    return {Role.LEAD: team.owners, Role.MEMBER: team.members, Role.VIEWER: team.viewers}


def rules(role: Role, namespace: Namespace) -> list[Rule]:
    """Return what *role* may do in a namespace; leads may do what members may, members what viewers may."""
    granted = _viewer(namespace)
    if role is not Role.VIEWER:
        granted += _member(namespace)
    if role is Role.LEAD:
        granted.append(_rule("", ("secrets",), (*READ, *WRITE)))
        granted.append(_rule("", ("serviceaccounts",), WRITE))
        granted.append(_rule("", ("pods",), ("delete",)))
    return granted


def _viewer(namespace: Namespace) -> list[Rule]:
    return [
        _rule("", SEEN, READ),
        _rule("", ("pods/log", "pods/status"), ("get",)),
        _rule("batch", ("jobs",), READ),
        _rule(KUEUE, ("localqueues", "workloads"), READ),
        _rule(f"visibility.{KUEUE}", ("localqueues/pendingworkloads",), ("get",)),
        _rule("networking.k8s.io", ("networkpolicies",), READ),
        *(_rule(group, plurals, READ) for group, plurals in _accepted(namespace)),
    ]


def _member(namespace: Namespace) -> list[Rule]:
    with_services = ("services",) if WITH_SERVICES.intersection(namespace.accepts) else ()
    return [
        _rule("", ("configmaps", "persistentvolumeclaims", *with_services), WRITE),
        _rule("", ("pods/exec", "pods/portforward"), ("create", "get")),
        *(_rule(group, plurals, WRITE) for group, plurals in _accepted(namespace)),
    ]


def _accepted(namespace: Namespace) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the API groups of what the namespace accepts, each with its resources."""
    by_group: dict[str, list[str]] = {}
    for kind in namespace.accepts:
        by_group.setdefault(INTEGRATIONS[kind].group, []).append(INTEGRATIONS[kind].plural)
    for group, plurals in sorted(by_group.items()):
        yield group, tuple(sorted(plurals))


def _rule(group: str, resources: tuple[str, ...], verbs: tuple[str, ...]) -> Rule:
    return {"apiGroups": [group], "resources": list(resources), "verbs": list(verbs)}


def declare(environment: Environment) -> Iterator[Manifest]:
    """Yield a Role and a RoleBinding for each role that has groups, in each namespace of each team."""
    for team in environment.teams.values():
        for key, namespace in team.namespaces.items():
            where = origin(environment, "teams", team.name, "namespaces", key)
            name = namespace_name(team, key)
            for role, members in groups(team).items():
                if members:
                    yield declared(_role(team, namespace, role, name), where)
                    yield declared(_binding(team, role, members, name), where)


def _role(team: Team, namespace: Namespace, role: Role, name: str) -> dict[str, Any]:
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": "Role",
        "metadata": metadata(team, str(role), name),
        "rules": rules(role, namespace),
    }


def _binding(team: Team, role: Role, members: tuple[str, ...], name: str) -> dict[str, Any]:
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": metadata(team, str(role), name),
        "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": str(role)},
        "subjects": [{"apiGroup": RBAC, "kind": "Group", "name": member} for member in members],
    }
