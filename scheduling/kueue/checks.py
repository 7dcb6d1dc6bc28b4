"""The specs of Kueue's admission checks (kueue.x-k8s.io/v1beta2): fields, defaults and what the server refuses."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from scheduling.kueue.api_fields import Name
from tenancy.api import Api, Int32, once
from tenancy.names import LABEL_KEY

PROVISIONING = "kueue.x-k8s.io/provisioning-request"
MULTI_KUEUE = "kueue.x-k8s.io/multikueue"
Label = Annotated[str, Field(max_length=63, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
Text = Annotated[str, Field(min_length=1)]


class Parameters(Api):
    """Where a check's controller finds its settings."""

    api_group: Name
    kind: Annotated[str, Field(max_length=63, pattern=r"^[A-Za-z]([-A-Za-z0-9]*[A-Za-z0-9])?$")]
    name: Label


class AdmissionCheckSpec(Api):
    """The spec of an AdmissionCheck."""

    controller_name: Annotated[str, Field(min_length=1, max_length=253)]
    parameters: Parameters | None = None


class RetryStrategy(Api):
    """How often a ProvisioningRequest that failed is tried again, and after how long: base * 2^(n-1), at most max."""

    backoff_limit_count: Int32 = 3
    backoff_base_seconds: Int32 = 60
    backoff_max_seconds: Int32 = 1800


class NodeSelectorUpdate(Api):
    """A node selector that pods get, its value taken from what was provided."""

    key: Annotated[str, StringConstraints(pattern=LABEL_KEY, min_length=1, max_length=317)]
    value_from_provisioning_class_detail: Annotated[str, Field(min_length=1, max_length=32768)]


class PodSetUpdates(Api):
    """What changes in pods once their nodes are provided."""

    node_selector: Annotated[tuple[NodeSelectorUpdate, ...], Field(max_length=8)] = ()

    @model_validator(mode="after")
    def _accepted(self) -> Self:
        once("key", [update.key for update in self.node_selector])
        return self


class ProvisioningRequestConfigSpec(Api):
    """The spec of a ProvisioningRequestConfig."""

    provisioning_class_name: Name
    parameters: Annotated[Mapping[str, Annotated[str, Field(max_length=255)]], Field(max_length=100)] = {}
    managed_resources: Annotated[tuple[str, ...], Field(max_length=100)] = ()
    retry_strategy: RetryStrategy = RetryStrategy()
    pod_set_updates: PodSetUpdates | None = None
    pod_set_merge_policy: Literal["IdenticalPodTemplates", "IdenticalWorkloadSchedulingRequirements"] | None = None


class MultiKueueConfigSpec(Api):
    """The spec of a MultiKueueConfig."""

    clusters: tuple[Annotated[str, Field(max_length=256)], ...] = Field(min_length=1, max_length=20)

    @model_validator(mode="after")
    def _accepted(self) -> Self:
        once("cluster", self.clusters)
        return self


class KubeConfig(Api):
    """Where the kubeconfig of a worker cluster is."""

    location: Annotated[str, Field(min_length=1, max_length=256)]
    location_type: Literal["Secret", "Path"] = "Secret"


class ClusterProfile(Api):
    """A ClusterProfile that says how to reach a worker cluster."""

    name: Name


class ClusterSource(Api):
    """How to reach a worker cluster: in one of two ways."""

    kube_config: KubeConfig | None = None
    cluster_profile_ref: ClusterProfile | None = None

    @model_validator(mode="after")
    def _accepted(self) -> Self:
        if (self.kube_config is None) == (self.cluster_profile_ref is None):
            raise ValueError("exactly one of kubeConfig and clusterProfileRef must be set")
        return self


class MultiKueueClusterSpec(Api):
    """The spec of a MultiKueueCluster."""

    cluster_source: ClusterSource
