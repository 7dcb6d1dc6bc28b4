import pytest

from support.stacks import EXAMPLES, NAMES, loaded
from tenancy import access
from tenancy.access import Role, groups, rules
from tenancy.job_kinds import INTEGRATIONS, JobKind
from tenancy.load import load
from tenancy.team import Namespace

WRITES = ("create", "update", "patch", "delete", "deletecollection")
GUARDED = [
    ("", "resourcequotas"),
    ("", "limitranges"),
    ("", "namespaces"),
    ("kueue.x-k8s.io", "localqueues"),
    ("kueue.x-k8s.io", "clusterqueues"),
    ("kueue.x-k8s.io", "cohorts"),
    ("kueue.x-k8s.io", "workloads"),
    ("scheduling.volcano.sh", "queues"),
    ("networking.k8s.io", "networkpolicies"),
    ("rbac.authorization.k8s.io", "roles"),
    ("rbac.authorization.k8s.io", "rolebindings"),
]


def may(granted, verb, group, resource):
    """Tell what the API server would say to a request under these rules."""
    return any(
        verb in rule["verbs"] and group in rule["apiGroups"] and resource in rule["resources"] for rule in granted
    )


def namespace(*kinds):
    return Namespace(accepts=kinds)


@pytest.mark.parametrize("kind", list(JobKind))
@pytest.mark.parametrize("role", [Role.MEMBER, Role.LEAD])
def test_members_submit_what_their_namespace_accepts_and_see_what_becomes_of_it(role, kind):
    granted = rules(role, namespace(kind))
    group, plural = INTEGRATIONS[kind].group, INTEGRATIONS[kind].plural
    for verb in ("get", "list", "watch", *WRITES):
        assert may(granted, verb, group, plural)
    for group, resource in [
        ("", "pods"),
        ("", "pods/log"),
        ("", "events"),
        ("kueue.x-k8s.io", "workloads"),
        ("kueue.x-k8s.io", "localqueues"),
        ("visibility.kueue.x-k8s.io", "localqueues/pendingworkloads"),
    ]:
        assert may(granted, "get", group, resource)
    for verb in ("create", "get"):
        assert may(granted, verb, "", "pods/exec")


@pytest.mark.parametrize("kind", [kind for kind in JobKind if kind is not JobKind.JOB])
@pytest.mark.parametrize("role", list(Role))
def test_nobody_submits_what_the_namespace_does_not_accept(role, kind):
    granted = rules(role, namespace(JobKind.JOB))
    group, plural = INTEGRATIONS[kind].group, INTEGRATIONS[kind].plural
    allowed = [verb for verb in WRITES if may(granted, verb, group, plural)]
    assert allowed == (["delete"] if (role, kind) == (Role.LEAD, JobKind.POD) else [])


@pytest.mark.parametrize("role", list(Role))
def test_nobody_inside_a_team_edits_what_bounds_it(role):
    granted = rules(role, namespace(*JobKind))
    assert [(verb, *what) for what in GUARDED for verb in WRITES if may(granted, verb, *what)] == []
    assert not any(
        word in rule[part] for rule in granted for part in ("apiGroups", "resources", "verbs") for word in ("*",)
    )
    assert not {"escalate", "bind", "impersonate"}.intersection(verb for rule in granted for verb in rule["verbs"])


def test_viewers_look_on():
    granted = rules(Role.VIEWER, namespace(*JobKind))
    assert {verb for rule in granted for verb in rule["verbs"]} == {"get", "list", "watch"}
    assert not may(granted, "get", "", "secrets")
    assert not may(granted, "get", "", "pods/exec")


@pytest.mark.parametrize(
    ("role", "resource", "allowed"),
    [
        (Role.MEMBER, "secrets", False),
        (Role.LEAD, "secrets", True),
        (Role.MEMBER, "serviceaccounts", False),
        (Role.LEAD, "serviceaccounts", True),
        (Role.MEMBER, "configmaps", True),
        (Role.MEMBER, "persistentvolumeclaims", True),
    ],
)
def test_leads_keep_secrets_and_accounts(role, resource, allowed):
    granted = rules(role, namespace(JobKind.JOB))
    assert [may(granted, verb, "", resource) for verb in WRITES] == [allowed] * len(WRITES)


@pytest.mark.parametrize(
    ("kind", "allowed"), [(JobKind.JOB, False), (JobKind.DEPLOYMENT, True), (JobKind.INFERENCE_SERVICE, True)]
)
def test_services_are_for_what_serves(kind, allowed):
    assert may(rules(Role.MEMBER, namespace(kind)), "create", "", "services") is allowed


def test_kinds_of_one_group_stand_in_one_rule():
    granted = rules(Role.MEMBER, namespace(JobKind.RAY_JOB, JobKind.RAY_CLUSTER))
    assert [rule["resources"] for rule in granted if rule["apiGroups"] == ["ray.io"]] == [
        ["rayclusters", "rayjobs"]
    ] * 2


def test_groups_are_bound_in_every_namespace_of_their_team(tmp_path):
    team = {
        "quota": {"h100": 8},
        "owners": ["oidc:leads", "oidc:heads"],
        "members": ["oidc:all"],
        "namespaces": {"x1": {}, "x2": {}},
    }
    found = list(access.declare(loaded(tmp_path, a=team)))
    bindings = [manifest for manifest in found if manifest.key.kind == "RoleBinding"]
    assert [(manifest.key.namespace, manifest.key.name) for manifest in bindings] == [
        ("a-x1", "lead"),
        ("a-x1", "member"),
        ("a-x2", "lead"),
        ("a-x2", "member"),
    ]
    lead = bindings[0].body
    assert lead["roleRef"] == {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "lead"}
    assert [(subject["kind"], subject["name"]) for subject in lead["subjects"]] == [
        ("Group", "oidc:leads"),
        ("Group", "oidc:heads"),
    ]


@pytest.mark.parametrize("name", NAMES)
def test_every_binding_of_the_examples_leads_to_a_role_with_rules(name):
    environment = load(EXAMPLES / name)
    found = list(access.declare(environment))
    roles = {(m.key.namespace, m.key.name): m.body["rules"] for m in found if m.key.kind == "Role"}
    bound = {(m.key.namespace, m.body["roleRef"]["name"]) for m in found if m.key.kind == "RoleBinding"}
    assert roles.keys() == bound
    assert all(roles.values())
    members = sum(len(team.namespaces) for team in environment.teams.values() for held in groups(team).values() if held)
    assert len(bound) == members
