"""Who may do what: the answers of a real API server, for people with real client certificates."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from e2e.client import Client, RefusedError
from e2e.cluster import Cluster
from scheduling.declare import declare
from support.stacks import EXAMPLES
from tenancy import access
from tenancy.environment import Environment
from tenancy.job_kinds import INTEGRATIONS, JobKind
from tenancy.load import load
from tenancy.namespaces import namespace_name
from tenancy.team import Namespace, Team

pytestmark = pytest.mark.e2e
VERBS = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")
RESOURCES = (
    ("", "configmaps"),
    ("", "events"),
    ("", "limitranges"),
    ("", "persistentvolumeclaims"),
    ("", "pods"),
    ("", "pods/exec"),
    ("", "pods/log"),
    ("", "resourcequotas"),
    ("", "secrets"),
    ("", "serviceaccounts"),
    ("", "services"),
    ("kueue.x-k8s.io", "localqueues"),
    ("kueue.x-k8s.io", "workloads"),
    ("networking.k8s.io", "networkpolicies"),
    ("rbac.authorization.k8s.io", "roles"),
    ("rbac.authorization.k8s.io", "rolebindings"),
    ("scheduling.volcano.sh", "queues"),
    *sorted({(kind.group, kind.plural) for kind in INTEGRATIONS.values()}),
)
CLUSTER_WIDE = (
    ("", "namespaces"),
    ("", "nodes"),
    ("kueue.x-k8s.io", "clusterqueues"),
    ("kueue.x-k8s.io", "cohorts"),
    ("kueue.x-k8s.io", "resourceflavors"),
    ("kueue.x-k8s.io", "workloadpriorityclasses"),
    ("scheduling.k8s.io", "priorityclasses"),
)


@pytest.fixture(scope="module")
def environment(cluster: Cluster) -> Environment:
    """Return an environment whose namespaces, roles and bindings are in the cluster."""
    found = load(EXAMPLES / "dev")
    for manifest in declare(found).values():
        if manifest.key.kind in ("Namespace", "Role", "RoleBinding"):
            cluster.client.apply(manifest.body)
    return found


def people(environment: Environment) -> Iterator[tuple[Team, access.Role, str]]:
    """Yield each group of each team with what it is."""
    for team in environment.teams.values():
        for role, groups in access.groups(team).items():
            for group in groups:
                yield team, role, group


def allowed(client: Client, verb: str, group: str, resource: str, namespace: str) -> bool:
    """Return the server's answer to the one who asks."""
    plural, _, part = resource.partition("/")
    asked = {"verb": verb, "group": group, "resource": plural, "subresource": part, "namespace": namespace}
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "metadata": {},
        "spec": {"resourceAttributes": asked},
    }
    answer = client.request("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", body)
    return bool(answer["status"]["allowed"])


def expected(role: access.Role, namespace: Namespace, verb: str, group: str, resource: str) -> bool:
    """Return what the environment promises a role in one of its team's namespaces."""
    return any(
        verb in rule["verbs"] and group in rule["apiGroups"] and resource in rule["resources"]
        for rule in access.rules(role, namespace)
    )


def test_the_matrix_of_roles_is_what_the_server_answers(cluster: Cluster, environment: Environment) -> None:
    different, asked, yes = [], 0, 0
    places = [(team, *item) for team in environment.teams.values() for item in team.namespaces.items()]
    for team, role, group in people(environment):
        client = cluster.plane.access(f"{team.name}-{role}", [group]).client()
        for other, key, namespace in places:
            for verb, (api, resource) in product(VERBS, RESOURCES):
                ours = other is team and expected(role, namespace, verb, api, resource)
                theirs = allowed(client, verb, api, resource, namespace_name(other, key))
                asked, yes = asked + 1, yes + theirs
                if ours is not theirs:
                    different.append(f"{role} of {team.name}: {verb} {api}/{resource} of {other.name}: {theirs}")
        for verb, (api, resource) in product(VERBS, CLUSTER_WIDE):
            if allowed(client, verb, api, resource, ""):
                different.append(f"{role} of {team.name}: {verb} {api}/{resource} of the cluster")
    assert not different, "\n".join(different)
    assert yes > 0
    assert asked > 500


def test_a_member_submits_to_the_own_namespace_and_edits_no_quota(cluster: Cluster, environment: Environment) -> None:
    one = next(team for team in environment.teams.values() if team.members)
    other = next(team for team in environment.teams.values() if team is not one)
    key = next(key for key, namespace in one.namespaces.items() if JobKind.JOB in namespace.accepts)
    own, foreign = namespace_name(one, key), namespace_name(other, next(iter(other.namespaces)))
    member = cluster.plane.access("someone", access.groups(one)[access.Role.MEMBER]).client()
    member.create(job(own), dryRun="All")
    for body in (job(foreign), queue(own), quota(own)):
        with pytest.raises(RefusedError, match="forbidden"):
            member.create(body, dryRun="All")


def job(namespace: str) -> dict[str, Any]:
    container = {"name": "main", "image": "none", "resources": {"requests": {"cpu": "1", "memory": "1Gi"}}}
    template = {"spec": {"containers": [container], "restartPolicy": "Never"}}
    metadata = {"name": "mine", "namespace": namespace, "labels": {"kueue.x-k8s.io/queue-name": "default"}}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata,
        "spec": {"suspend": True, "template": template},
    }


def queue(namespace: str) -> dict[str, Any]:
    metadata = {"name": "mine", "namespace": namespace}
    spec = {"clusterQueue": "other"}
    return {"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "LocalQueue", "metadata": metadata, "spec": spec}


def quota(namespace: str) -> dict[str, Any]:
    metadata = {"name": "mine", "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata, "spec": {"hard": {"pods": "1"}}}
