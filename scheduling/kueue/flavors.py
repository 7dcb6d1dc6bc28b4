"""Which flavors a workload may use: taints, node selectors and affinity against a flavor's own labels."""

from collections.abc import Mapping, Sequence
from typing import Any

from scheduling.kueue.api_flavors import ResourceFlavorSpec, Taint, Toleration
from scheduling.kueue.workload import PodSet
from tenancy.selectors import accepts

HARD_EFFECTS = frozenset({"NoSchedule", "NoExecute"})


def ineligible(flavor_name: str, flavor: ResourceFlavorSpec | None, pod_set: PodSet) -> str | None:
    """Return why *pod_set* cannot use the flavor whatever its quota, in Kueue's words; None where it can."""
    if flavor is None:
        return f"flavor {flavor_name} not found"
    own = [Toleration.model_validate(toleration) for toleration in pod_set.template.get("tolerations") or ()]
    for taint in flavor.node_taints:
        if taint.effect in HARD_EFFECTS and not any(tolerates(t, taint) for t in (*own, *flavor.tolerations)):
            value = f"={taint.value}" if taint.value else ""
            return f"untolerated taint {taint.key}{value}:{taint.effect} in flavor {flavor_name}"
    if not matches(flavor.node_labels, pod_set.template):
        return f"flavor {flavor_name} doesn't match node affinity"
    return None


def tolerates(toleration: Toleration, taint: Taint) -> bool:
    """Tell whether *toleration* lets pods onto nodes with *taint*."""
    if toleration.effect and toleration.effect != taint.effect:
        return False
    if toleration.key and toleration.key != taint.key:
        return False
    if toleration.operator == "Exists":
        return True
    return bool(toleration.key) and toleration.operator == "Equal" and toleration.value == taint.value


def matches(labels: Mapping[str, str], template: Mapping[str, Any]) -> bool:
    """Tell whether nodeSelector and required node affinity accept *labels*, looking at no other label keys.

    A term of the affinity without an expression on one of these keys could match any node; terms are alternatives, so
    the whole affinity then says nothing about the flavor. matchFields are not looked at.
    """
    selector = template.get("nodeSelector") or {}
    if any(key in labels and labels[key] != value for key, value in selector.items()):
        return False
    terms = _required_terms(template)
    relevant = [[e for e in term.get("matchExpressions") or () if e.get("key") in labels] for term in terms]
    if not relevant or not all(relevant):
        return True
    return any(all(accepts(labels, expression) for expression in term) for term in relevant)


def selects(labels: Mapping[str, str], name: str, template: Mapping[str, Any]) -> bool:
    """Tell whether nodeSelector and required node affinity accept the node *name* with *labels*."""
    selector = template.get("nodeSelector") or {}
    if any(labels.get(key) != value for key, value in selector.items()):
        return False
    terms = _required_terms(template)
    return not terms or any(_term_accepts(term, labels, name) for term in terms)


def _term_accepts(term: Mapping[str, Any], labels: Mapping[str, str], name: str) -> bool:
    """Judge one term on a node; a term without any requirement accepts none."""
    expressions, fields = term.get("matchExpressions") or (), term.get("matchFields") or ()
    own = {"metadata.name": name}
    return bool(expressions or fields) and all(
        accepts(values, requirement)
        for values, requirements in ((labels, expressions), (own, fields))
        for requirement in requirements
    )


def _required_terms(template: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    affinity = (template.get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or {}
    return required.get("nodeSelectorTerms") or ()
