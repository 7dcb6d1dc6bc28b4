"""Kueue's view of a world: its objects typed, old API versions converted, refusals named."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import yaml
from pydantic import ValidationError

from scheduling.kueue.api import (
    ClusterQueueSpec,
    CohortSpec,
    LocalQueueSpec,
    WorkloadPriorityClass,
)
from scheduling.kueue.api_flavors import ResourceFlavorSpec, TopologySpec
from scheduling.kueue.api_workloads import WorkloadSpec
from scheduling.kueue.api_workloads import converted as converted_workload
from scheduling.kueue.checks import (
    PROVISIONING,
    AdmissionCheckSpec,
    MultiKueueClusterSpec,
    MultiKueueConfigSpec,
    ProvisioningRequestConfigSpec,
)
from scheduling.kueue.topology import NodeView, node_view
from tenancy.api import Api
from tenancy.document import Dialect, Document, documents
from tenancy.errors import ConfigError
from tenancy.finding import Finding, Severity, dotted
from tenancy.kinds import KUEUE
from tenancy.kueue_configuration import Configuration
from tenancy.manifests import Manifest, Manifests
from tenancy.mistakes import mistakes

REFUSED = "refused"
CONFIG_GROUP = "config.kueue.x-k8s.io"
SPECS: Mapping[str, type[Api]] = {
    "ClusterQueue": ClusterQueueSpec,
    "Cohort": CohortSpec,
    "LocalQueue": LocalQueueSpec,
    "ResourceFlavor": ResourceFlavorSpec,
    "Topology": TopologySpec,
    "WorkloadPriorityClass": WorkloadPriorityClass,
    "Workload": WorkloadSpec,
    "AdmissionCheck": AdmissionCheckSpec,
    "ProvisioningRequestConfig": ProvisioningRequestConfigSpec,
    "MultiKueueConfig": MultiKueueConfigSpec,
    "MultiKueueCluster": MultiKueueClusterSpec,
}


class LocalQueueKey(NamedTuple):
    """What tells LocalQueues apart."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class Objects:
    """The Kueue objects of a world by name, the labels of its namespaces, and its nodes that take pods.

    *inactive_checks* are admission checks whose controller is not ready. *configuration* is None where the world does
    not hold the manager's: then the defaults of 0.19 are assumed.
    """

    cluster_queues: Mapping[str, ClusterQueueSpec] = field(default_factory=dict)
    cohorts: Mapping[str, CohortSpec] = field(default_factory=dict)
    local_queues: Mapping[LocalQueueKey, LocalQueueSpec] = field(default_factory=dict)
    flavors: Mapping[str, ResourceFlavorSpec] = field(default_factory=dict)
    priorities: Mapping[str, int] = field(default_factory=dict)
    namespaces: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    configuration: Configuration | None = None
    topologies: Mapping[str, TopologySpec] = field(default_factory=dict)
    nodes: tuple[NodeView, ...] = ()
    checks: Mapping[str, AdmissionCheckSpec] = field(default_factory=dict)
    inactive_checks: frozenset[str] = frozenset()
    provisioning: Mapping[str, ProvisioningRequestConfigSpec] = field(default_factory=dict)

    def parents(self) -> dict[str, str]:
        """Return the cohort of everything that has one; keys are `queue/<name>` and `cohort/<name>`."""
        queues = {f"queue/{name}": spec.cohort_name for name, spec in self.cluster_queues.items()}
        cohorts = {f"cohort/{name}": spec.parent_name for name, spec in self.cohorts.items()}
        return {child: f"cohort/{parent}" for child, parent in {**queues, **cohorts}.items() if parent}


def read(manifests: Manifests) -> Objects:
    """Return the typed objects of *manifests*; ConfigError carries everything that the server would refuse."""
    found = list(_judged(manifests))
    refused = [finding for _, _, findings in found for finding in findings]
    configuration, wrong = _configuration(manifests)
    if refused or wrong:
        raise ConfigError([*refused, *wrong])
    specs: dict[str, dict[Any, Any]] = {kind: {} for kind in SPECS}
    for manifest, spec, _ in found:
        if spec is None:
            continue
        key = manifest.key
        name = LocalQueueKey(key.namespace, key.name) if key.kind == "LocalQueue" else key.name
        specs[key.kind][name] = spec
    return Objects(
        specs["ClusterQueue"],
        specs["Cohort"],
        specs["LocalQueue"],
        specs["ResourceFlavor"],
        {name: spec.value for name, spec in specs["WorkloadPriorityClass"].items()},
        {manifest.key.name: manifest.labels for manifest in manifests.of_kind("", "Namespace")},
        configuration,
        specs["Topology"],
        tuple(node for manifest in manifests.of_kind("", "Node") if (node := node_view(manifest.body)) is not None),
        specs["AdmissionCheck"],
        frozenset(_inactive_checks(manifests, specs)),
        specs["ProvisioningRequestConfig"],
    )


def _inactive_checks(manifests: Manifests, specs: Mapping[str, Mapping[Any, Any]]) -> Iterator[str]:
    """Yield the checks that say so in their status, or whose ProvisioningRequestConfig is missing."""
    configurations_ = specs["ProvisioningRequestConfig"]
    for manifest in manifests.of_kind(KUEUE, "AdmissionCheck"):
        conditions = (manifest.body.get("status") or {}).get("conditions") or ()
        spec = specs["AdmissionCheck"].get(manifest.key.name)
        if spec is None:
            continue
        missing = spec.parameters is None or (configurations_ and spec.parameters.name not in configurations_)
        if any(c.get("type") == "Active" and c.get("status") == "False" for c in conditions) or (
            spec.controller_name == PROVISIONING and missing
        ):
            yield manifest.key.name


def refusals(manifests: Manifests) -> list[Finding]:
    """Return what the API server or a webhook of Kueue would refuse, and what the manager would not start with."""
    _, wrong = _configuration(manifests)
    return [finding for _, _, findings in _judged(manifests) for finding in findings] + wrong


def _judged(manifests: Manifests) -> Iterator[tuple[Manifest, Api | None, list[Finding]]]:
    """Yield every object with its spec, or with what is refused; one without any spec is accepted and says nothing."""
    for kind, model in SPECS.items():
        for manifest in manifests.of_kind(KUEUE, kind):
            prefix = () if model is WorkloadPriorityClass else ("spec",)
            if (
                prefix
                and manifest.body.get("spec") is None
                and any(f.is_required() for f in model.model_fields.values())
            ):
                yield manifest, None, []
                continue
            try:
                yield manifest, model.model_validate(converted(manifest)), []
            except ValidationError as error:
                yield (
                    manifest,
                    None,
                    [_refused(manifest, (*prefix, *path), message) for path, message in mistakes(error, model)],
                )


def _refused(manifest: Manifest, path: tuple[Any, ...], message: str) -> Finding:
    place = manifest.origin.of(path)
    return Finding(REFUSED, Severity.CRITICAL, message, place, str(manifest.key), dotted(path))


def converted(manifest: Manifest) -> Any:
    """Return the spec (of a WorkloadPriorityClass, the body) in the words of v1beta2; what is no mapping as it is."""
    if manifest.key.kind == "WorkloadPriorityClass":
        return manifest.body
    spec = manifest.body.get("spec")
    if not isinstance(spec, dict):
        return {} if spec is None else spec
    spec = dict(spec)
    old = manifest.body["apiVersion"].endswith("/v1beta1")
    if old and manifest.key.kind == "Workload":
        return dict(converted_workload(spec))
    if old and manifest.key.kind == "ClusterQueue":
        if "cohort" in spec:
            spec["cohortName"] = spec.pop("cohort")
        if checks := spec.pop("admissionChecks", None):
            spec["admissionChecksStrategy"] = {"admissionChecks": [{"name": name} for name in checks]}
    return spec


def _configuration(manifests: Manifests) -> tuple[Configuration | None, list[Finding]]:
    """Return the manager's Configuration, bare or in a ConfigMap; where there are several, the first in order."""
    for manifest, value, document in configurations(manifests):
        current = {key: part for key, part in value.items() if key != "metadata"}
        try:
            return Configuration.model_validate(current), []
        except ValidationError as error:
            return None, [
                Finding(
                    REFUSED,
                    Severity.CRITICAL,
                    f"the manager would not start: {message}",
                    document.place(path) if document else manifest.origin.of(path),
                    str(manifest.key),
                    dotted(path),
                )
                for path, message in mistakes(error, Configuration)
            ]
    return None, []


def configurations(manifests: Manifests) -> Iterator[tuple[Manifest, Mapping[str, Any], Document | None]]:
    """Yield the manager's Configurations: bare, or in a ConfigMap (then with the document inside)."""
    for manifest in manifests.of_kind(CONFIG_GROUP, "Configuration"):
        yield manifest, manifest.body, None
    for manifest in manifests.of_kind("", "ConfigMap"):
        data = manifest.body.get("data")
        for name, text in data.items() if isinstance(data, dict) else ():
            if isinstance(text, str) and f"{CONFIG_GROUP}/" in text:
                for document in _inner(manifest, name, text):
                    if isinstance(document.value, dict) and document.value.get("kind") == "Configuration":
                        yield manifest, document.value, document


def _inner(manifest: Manifest, name: str, text: str) -> tuple[Document, ...]:
    try:
        return documents(text, f"{manifest.origin.of(['data', name])}[{name}]", Dialect.MANIFEST)
    except (ConfigError, yaml.YAMLError):
        return ()
