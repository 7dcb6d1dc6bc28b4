"""Kueue's manager Configuration (config.kueue.x-k8s.io/v1beta2, Kueue 0.19): the fields that change scheduling.

Defaults and refusals are those of `apis/config/v1beta2` and `pkg/config/validation.go` of Kueue v0.19.2. What does
not change scheduling (leader election, TLS, metrics, ...) is kept as it is.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, Strict, model_validator

from tenancy.duration import Duration
from tenancy.quantity import quantity
from tenancy.schema import Count, Flag, Model

Framework = Literal[
    "batch/job",
    "deployment",
    "jobset.x-k8s.io/jobset",
    "kubeflow.org/jaxjob",
    "kubeflow.org/mpijob",
    "kubeflow.org/paddlejob",
    "kubeflow.org/pytorchjob",
    "kubeflow.org/tfjob",
    "kubeflow.org/xgboostjob",
    "leaderworkerset.x-k8s.io/leaderworkerset",
    "pod",
    "ray.io/raycluster",
    "ray.io/rayjob",
    "ray.io/rayservice",
    "sparkoperator.k8s.io/sparkapplication",
    "statefulset",
    "trainer.kubeflow.org/trainjob",
    "workload.codeflare.dev/appwrapper",
]
KIND_VERSION_GROUP = r"^[A-Z][A-Za-z0-9]*\.v[a-z0-9]+\.[a-z0-9][-a-z0-9.]*$"
STRATEGIES = (
    ("LessThanOrEqualToFinalShare",),
    ("LessThanInitialShare",),
    ("LessThanOrEqualToFinalShare", "LessThanInitialShare"),
)


def _is_quantity(value: object) -> object:
    quantity(value)
    return value


Quantity = Annotated[str | int | float, BeforeValidator(_is_quantity)]


class RequeuingStrategy(Model):
    """How a workload whose pods did not become ready comes back."""

    timestamp: Literal["Eviction", "Creation"] = "Eviction"
    backoff_limit_count: Count | None = None
    """How many requeues before the workload is deactivated; null: endless."""
    backoff_base_seconds: Count = 60
    backoff_max_seconds: Count = 3600


class WaitForPodsReady(Model):
    """Eviction of workloads whose pods do not become ready in time (always on in 0.19)."""

    timeout: Duration = "30m"
    block_admission: Flag = False
    recovery_timeout: Duration | None = None
    """Null: the same as timeout."""
    requeuing_strategy: RequeuingStrategy = RequeuingStrategy()


class FairSharing(Model):
    """Sharing by dominant resource share; its presence switches it on."""

    preemption_strategies: tuple[Literal["LessThanOrEqualToFinalShare", "LessThanInitialShare"], ...]

    @model_validator(mode="after")
    def _known_set(self) -> Self:
        if self.preemption_strategies not in STRATEGIES:
            raise ValueError(
                "preemptionStrategies must be LessThanOrEqualToFinalShare, LessThanInitialShare, or both in this order"
            )
        return self


class AdmissionFairSharing(Model):
    """Ordering of LocalQueues inside a ClusterQueue by their past usage."""

    usage_half_life_time: Duration
    usage_sampling_interval: Duration = "5m"
    resource_weights: Mapping[str, Annotated[float, Strict(), Field(ge=0, allow_inf_nan=False)]] = {}


class Transformation(Model):
    """Replacement of a requested resource by others for quota."""

    input: str
    strategy: Literal["Retain", "Replace"] = "Retain"
    multiply_by: str | None = None
    outputs: Mapping[str, Quantity] = {}


class Resources(Model):
    """Which requests count against quota, and as what."""

    quota_check_strategy: Literal["BlockUndeclared", "IgnoreUndeclared"] = "BlockUndeclared"
    exclude_resource_prefixes: tuple[str, ...] = ()
    transformations: tuple[Transformation, ...] = ()
    device_class_mappings: tuple[Mapping[str, Any], ...] = Field((), max_length=16)

    @model_validator(mode="after")
    def _accepted(self) -> Self:
        if self.quota_check_strategy == "IgnoreUndeclared" and self.exclude_resource_prefixes:
            raise ValueError("quotaCheckStrategy IgnoreUndeclared and excludeResourcePrefixes exclude each other")
        inputs = [transformation.input for transformation in self.transformations]
        for name in inputs:
            if inputs.count(name) > 1:
                raise ValueError(f"transformations: input {name} stands twice; keep one")
        return self


class Integrations(Model):
    """Which kinds of jobs Kueue manages; without any, batch/job."""

    frameworks: tuple[Framework, ...] = ()
    external_frameworks: tuple[Annotated[str, Field(pattern=KIND_VERSION_GROUP)], ...] = ()
    label_keys_to_copy: tuple[str, ...] = ()


class ClientConnection(Model):
    """How many requests per second the manager makes, after a first burst."""

    qps: Annotated[float, Field(gt=0)] = 300
    burst: Annotated[int, Field(strict=True, gt=0)] = 500
    accept_content_types: str = ""
    content_type: str = ""


class Settings(Model):
    """The fields of the Configuration that an environment may set."""

    fair_sharing: FairSharing | None = None
    admission_fair_sharing: AdmissionFairSharing | None = None
    wait_for_pods_ready: WaitForPodsReady = WaitForPodsReady()
    resources: Resources = Resources()
    integrations: Integrations = Integrations()
    manage_jobs_without_queue_name: Flag = False
    managed_jobs_namespace_selector: Mapping[str, Any] | None = None
    feature_gates: Mapping[str, Flag] = {}
    client_connection: ClientConnection | None = None
    object_retention_policies: Mapping[str, Any] | None = None


class Configuration(Settings):
    """The whole Configuration, as a ConfigMap of the manager holds it."""

    api_version: Literal["config.kueue.x-k8s.io/v1beta2", "config.kueue.x-k8s.io/v1beta1"]
    kind: Literal["Configuration"]
    namespace: str | None = None
    controller: Mapping[str, Any] | None = None
    leader_election: Mapping[str, Any] | None = None
    internal_cert_management: Mapping[str, Any] | None = None
    health: Mapping[str, Any] | None = None
    metrics: Mapping[str, Any] | None = None
    webhook: Mapping[str, Any] | None = None
    tls: Mapping[str, Any] | None = None
    multi_kueue: Mapping[str, Any] | None = None
    visibility_server: Mapping[str, Any] | None = None
    pprof_bind_address: str | None = None
