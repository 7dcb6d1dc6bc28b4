"""T: namespaces, their quotas and limits."""

from collections.abc import Iterator
from inspect import cleandoc

from policies.rule import Problem, rule
from scheduling.world import World
from tenancy.core_api import PriorityClassBody, ResourceQuotaSpec, extended
from tenancy.core_objects import refusals, typed
from tenancy.finding import Severity
from tenancy.manifests import Manifest
from tenancy.quantity import milli

UNQUALIFIED = frozenset({"cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"})
COUNTED = ("requests.", "count/")
DEVICE_CLASS = ".deviceclass.resource.k8s.io/"

QUOTA = cleandoc("""
    apiVersion: v1
    kind: ResourceQuota
    metadata: {name: gpus, namespace: vision-train}
    spec: {hard: {requests.nvidia.com/gpu: 8}}
    """)
PRIORITY = cleandoc("""
    apiVersion: scheduling.k8s.io/v1
    kind: PriorityClass
    metadata: {name: normal}
    value: 100
    globalDefault: false
    """)
LIMITS = cleandoc("""
    apiVersion: v1
    kind: LimitRange
    metadata: {name: defaults, namespace: vision-train}
    spec:
      limits:
      - {type: Container, defaultRequest: {cpu: 1, memory: 1Gi}}
    """)


def hard(quota: Manifest) -> dict[str, object]:
    """Return the hard limits of a ResourceQuota."""
    found = quota.spec.get("hard")
    return found if isinstance(found, dict) else {}


@rule("T000", Severity.CRITICAL, bad=QUOTA.replace("requests.nvidia.com/gpu", "gpu"), good=QUOTA)
def accepted_by_the_server(world: World) -> Iterator[Problem]:
    """The API server accepts every quota, limit, priority and network policy.

    What it refuses never takes effect, and stops the deployment of what stands behind it. The finding names the field
    and what is allowed.
    """
    for finding in refusals(world.manifests):
        field = f"{finding.path}: " if finding.path else ""
        yield Problem(f"{finding.target}: {field}{finding.message}", place=finding.place)


@rule("T001", Severity.HIGH, bad=QUOTA.replace("requests.", "limits."), good=QUOTA)
def quota_keys_are_counted(world: World) -> Iterator[Problem]:
    """A ResourceQuota limits devices by the key that is counted: `requests.<resource>`.

    The API server accepts `limits.nvidia.com/gpu` and plain `nvidia.com/gpu` and never counts anything against them:
    the quota looks right and limits nothing. Write `requests.nvidia.com/gpu`.
    """
    for quota in world.manifests.of_kind("", "ResourceQuota"):
        for key in hard(quota):
            if "/" in key and not key.startswith(COUNTED) and DEVICE_CLASS not in key:
                right = f"requests.{key.removeprefix('limits.')}"
                message = f"{quota.key}: {key} is accepted and never counted; write {right}"
                yield Problem(message, quota, ("spec", "hard", key))


@rule(
    "T002",
    Severity.MEDIUM,
    bad=QUOTA.replace("requests.nvidia.com/gpu: 8", "requests.cpu: 64"),
    good=QUOTA.replace("requests.nvidia.com/gpu: 8", "requests.cpu: 64") + "\n---\n" + LIMITS,
)
def limits_beside_quotas(world: World) -> Iterator[Problem]:
    """A namespace with a CPU or memory quota has a LimitRange that gives containers defaults.

    Under such a quota the API server refuses every pod with a container that does not say its own amounts, those of
    operators and sidecars too. Add a LimitRange with defaultRequest (or default) for what the quota limits.
    """
    defaults: dict[str, set[str]] = {}
    for limit_range in world.manifests.of_kind("", "LimitRange"):
        defaults.setdefault(limit_range.key.namespace, set()).update(_defaulted(limit_range))
    for quota in world.manifests.of_kind("", "ResourceQuota"):
        for key in sorted(UNQUALIFIED.intersection(hard(quota))):
            if key.rpartition(".")[2] not in defaults.get(quota.key.namespace, set()):
                message = f"{quota.key} limits {key}, and no LimitRange of the namespace gives containers a default"
                yield Problem(message, quota, ("spec", "hard", key))


def _defaulted(limit_range: Manifest) -> set[str]:
    limits = limit_range.spec.get("limits")
    found = set()
    for limit in limits if isinstance(limits, list) else []:
        if isinstance(limit, dict) and limit.get("type") == "Container":
            for name in ("default", "defaultRequest"):
                values = limit.get(name)
                found |= {str(key) for key in values} if isinstance(values, dict) else set()
    return found


@rule(
    "T003",
    Severity.HIGH,
    bad=QUOTA.replace("gpu: 8", "gpu: 2500m"),
    good=QUOTA,
)
def devices_are_whole(world: World) -> Iterator[Problem]:
    """A ResourceQuota limits devices to a whole number.

    The API server refuses fractions of `nvidia.com/gpu`, but takes `requests.nvidia.com/gpu: 2500m` and rounds nothing:
    the third one-GPU pod is refused with half a GPU left. Write a whole number.
    """
    for quota, spec in typed(world.manifests, ResourceQuotaSpec):
        for key, amount in spec.hard.items():
            device = key.removeprefix("requests.")
            if key.startswith("requests.") and extended(device) and milli(amount) % 1000:
                message = f"{quota.key}: {key} is {amount}; there are only whole devices"
                yield Problem(message, quota, ("spec", "hard", key))


@rule(
    "T004",
    Severity.MEDIUM,
    bad=QUOTA.replace("{hard:", "{scopes: [BestEffort], hard:").replace(
        "requests.nvidia.com/gpu: 8", "count/jobs.batch: 9"
    ),
    good=QUOTA.replace("requests.nvidia.com/gpu: 8", "count/jobs.batch: 9"),
)
def scoped_quotas_count_pods(world: World) -> Iterator[Problem]:
    """A ResourceQuota with scopes limits what pods have.

    Scopes choose pods (VolumeAttributesClass: claims), and the API server lets names with a slash pass under any of
    them: a count of Jobs under a scope is never counted. Move it to a quota without scopes.
    """
    for quota, spec in typed(world.manifests, ResourceQuotaSpec):
        expressions = spec.scope_selector.match_expressions if spec.scope_selector else ()
        scopes = sorted({*spec.scopes, *(expression.scope_name for expression in expressions)})
        for key in spec.hard if scopes else ():
            if key.startswith("count/") and key != "count/pods":
                message = f"{quota.key}: {key} is never counted under scope {', '.join(scopes)}"
                yield Problem(message, quota, ("spec", "hard", key))


@rule(
    "T005",
    Severity.HIGH,
    bad=PRIORITY.replace("false", "true") + "\n---\n" + PRIORITY.replace("false", "true").replace("normal", "other"),
    good=PRIORITY + "\n---\n" + PRIORITY.replace("false", "true").replace("normal", "other"),
)
def one_priority_is_the_default(world: World) -> Iterator[Problem]:
    """At most one PriorityClass is the default of the cluster.

    The API server refuses a second globalDefault; where two are made at the same time, the smaller value counts. Keep
    one.
    """
    defaults = [found for found, spec in typed(world.manifests, PriorityClassBody) if spec.global_default]
    for second in defaults[1:]:
        message = f"{second.key} is a second default beside {defaults[0].key.name}"
        yield Problem(message, second, ("globalDefault",))
