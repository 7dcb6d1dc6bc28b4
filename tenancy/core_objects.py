"""The core objects of a world, typed; what the API server would refuse of them."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from tenancy.api import Api
from tenancy.core_api import LimitRangeSpec, PriorityClassBody, ResourceQuotaSpec
from tenancy.finding import Finding, Severity, dotted
from tenancy.manifests import Manifest, Manifests
from tenancy.mistakes import mistakes
from tenancy.network_api import NetworkPolicySpec

REFUSED = "refused"
Spec = TypeVar("Spec", bound=Api)
SPECS: Mapping[tuple[str, str], type[Api]] = {
    ("", "ResourceQuota"): ResourceQuotaSpec,
    ("", "LimitRange"): LimitRangeSpec,
    ("scheduling.k8s.io", "PriorityClass"): PriorityClassBody,
    ("networking.k8s.io", "NetworkPolicy"): NetworkPolicySpec,
}


def refusals(manifests: Manifests) -> list[Finding]:
    """Return what the API server would refuse of quotas, limits, priorities and network policies."""
    return [
        Finding(REFUSED, Severity.CRITICAL, message, manifest.origin.of(path), str(manifest.key), dotted(path))
        for manifest, error, prefix, model in _refused(manifests)
        for path, message in ((prefix + path, message) for path, message in mistakes(error, model))
    ]


def typed(manifests: Manifests, model: type[Spec]) -> Iterator[tuple[Manifest, Spec]]:
    """Yield the objects of a model's kind that the server accepts, with their specs."""
    for (group, kind), found in SPECS.items():
        if found is model:
            for manifest in manifests.of_kind(group, kind):
                try:
                    yield manifest, model.model_validate(_body(manifest, model)[1])
                except ValidationError:
                    continue


def _refused(manifests: Manifests) -> Iterator[tuple[Manifest, ValidationError, tuple[str, ...], type[Api]]]:
    for (group, kind), model in SPECS.items():
        for manifest in manifests.of_kind(group, kind):
            prefix, body = _body(manifest, model)
            try:
                model.model_validate(body)
            except ValidationError as error:
                yield manifest, error, prefix, model


def _body(manifest: Manifest, model: type[Api]) -> tuple[tuple[str, ...], Any]:
    """Return the part of an object that a model describes, and where it stands; what is null counts as not written."""
    if model is PriorityClassBody:
        return (), {**_written(manifest.body), "name": manifest.key.name}
    spec = manifest.body.get("spec")
    return ("spec",), {} if spec is None else _written(spec)


def _written(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _written(member) for key, member in value.items() if member is not None}
    return [_written(member) for member in value] if isinstance(value, list) else value
