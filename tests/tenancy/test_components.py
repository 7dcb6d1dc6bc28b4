from importlib.util import find_spec
from pathlib import Path

import pytest

from scheduling.declare import declare
from tenancy.components import needs, protection, token
from tenancy.environment import Environment
from tenancy.finding import Place
from tenancy.load import load
from tenancy.manifests import Key, Manifests, Origin, declared

STACKS = Path(__file__).parents[2] / "stacks"
KUEUE = "kueue.x-k8s.io/v1beta2"
BUILT_IN = {"", "batch", "networking.k8s.io", "rbac.authorization.k8s.io", "scheduling.k8s.io"}


def manifest(api_version, kind, name, namespace=None, **fields):
    metadata = {"name": name, **({"namespace": namespace} if namespace else {}), **fields.pop("metadata", {})}
    body = {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}
    return declared(body, Origin(Place("here.yaml", 1)))


def test_tokens_of_built_in_kinds_are_the_providers_own():
    table = Path(find_spec("pulumi_kubernetes").origin).read_text()
    used = [m for env in ("dev", "prod") for m in declare(load(STACKS / env)).values() if m.key.group in BUILT_IN]
    assert {m.key.group for m in used} == BUILT_IN
    for used_here in used:
        assert f'"{token(used_here)}"' in table


@pytest.mark.parametrize(
    ("api_version", "kind", "expected"),
    [
        ("v1", "Namespace", "kubernetes:core/v1:Namespace"),
        ("batch/v1", "Job", "kubernetes:batch/v1:Job"),
        ("batch.volcano.sh/v1alpha1", "Job", "kubernetes:batch.volcano.sh/v1alpha1:Job"),
        (KUEUE, "ClusterQueue", "kubernetes:kueue.x-k8s.io/v1beta2:ClusterQueue"),
    ],
)
def test_token_is_made_of_api_version_and_kind(api_version, kind, expected):
    assert token(manifest(api_version, kind, "x", "y")) == expected


def test_needs_are_kept_to_what_the_world_holds():
    flavor = manifest(KUEUE, "ResourceFlavor", "here")
    groups = [{"flavors": [{"name": "here"}, {"name": "elsewhere"}]}]
    queue = manifest(KUEUE, "ClusterQueue", "q", spec={"cohortName": "elsewhere", "resourceGroups": groups})
    assert needs(queue, Manifests([flavor, queue])) == [flavor.key]


def test_a_name_means_the_object_in_the_same_namespace():
    spaces = [manifest("v1", "Namespace", name) for name in ("a", "b")]
    roles = [manifest("rbac.authorization.k8s.io/v1", "Role", "lead", name) for name in ("a", "b")]
    binding = manifest("rbac.authorization.k8s.io/v1", "RoleBinding", "lead", "b", roleRef={"name": "lead"})
    assert needs(binding, Manifests([*spaces, *roles, binding])) == [spaces[1].key, roles[1].key]


def test_what_is_named_twice_is_needed_once():
    account = manifest("v1", "ServiceAccount", "jobs", "a")
    pods = {"spec": {"serviceAccountName": "jobs"}}
    jobs = [{"name": name, "template": {"spec": {"template": pods}}} for name in ("leader", "worker")]
    job_set = manifest("jobset.x-k8s.io/v1alpha2", "JobSet", "set", "a", spec={"replicatedJobs": jobs})
    assert needs(job_set, Manifests([account, job_set])) == [account.key]


def test_a_label_names_the_queue_of_a_job():
    queue = manifest(KUEUE, "LocalQueue", "default", "a", spec={"clusterQueue": "q"})
    labels = {"labels": {"kueue.x-k8s.io/queue-name": "default"}}
    job = manifest("batch/v1", "Job", "train", "a", metadata=labels, spec={})
    assert needs(job, Manifests([queue, job])) == [Key("kueue.x-k8s.io", "LocalQueue", "a", "default")]


def test_the_sentence_names_the_file_that_protects():
    environment: Environment = load(STACKS / "prod")
    said = protection(environment)
    assert said.startswith("prod protects its namespaces and queues")
    assert f"`protect: false` in {STACKS / 'prod' / 'environment.yaml'}" in said
