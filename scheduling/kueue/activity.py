"""Which ClusterQueues are active, and which workloads may stand in a queue at all."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from scheduling.kueue.api import ClusterQueueSpec
from scheduling.kueue.checks import MULTI_KUEUE, PROVISIONING
from scheduling.kueue.objects import LocalQueueKey, Objects
from tenancy.selectors import selected


class Inactive(NamedTuple):
    """Why a ClusterQueue admits nothing, in Kueue's words: the reason of its Active condition, and the message."""

    reason: str
    message: str


def inactive(objects: Objects) -> dict[str, Inactive]:
    """Return the ClusterQueues that Kueue would set inactive, each with the first of its reasons.

    A reference to a kind of which there is no object is not judged.
    """
    found = {name: list(_reasons(objects, spec)) for name, spec in objects.cluster_queues.items()}
    return {
        name: Inactive(reasons[0].reason, f"Can't admit new workloads: {', '.join(r.message for r in reasons)}.")
        for name, reasons in found.items()
        if reasons
    }


def _reasons(objects: Objects, spec: ClusterQueueSpec) -> Iterator[Inactive]:
    flavors = dict.fromkeys(flavor.name for group in spec.resource_groups for flavor in group.flavors)
    if spec.stop_policy != "None":
        yield Inactive("Stopped", "is stopped")
    missing = [name for name in flavors if name not in objects.flavors] if objects.flavors else []
    if missing:
        yield Inactive("FlavorNotFound", f"references missing ResourceFlavor(s): {','.join(sorted(missing))}")
    if objects.checks:
        yield from _check_reasons(objects, spec, list(flavors))
    for name in flavors:
        topology = objects.flavors[name].topology_name if name in objects.flavors else None
        if objects.topologies and topology is not None and topology not in objects.topologies:
            yield Inactive("TopologyNotFound", f'there is no Topology "{topology}" for TAS flavor "{name}"')


def _check_reasons(objects: Objects, spec: ClusterQueueSpec, flavors: list[str]) -> Iterator[Inactive]:
    named = {check.name: check for check in spec.check_rules}
    known = {name: objects.checks[name].controller_name for name in sorted(named) if name in objects.checks}
    multi = [name for name, controller in known.items() if controller == MULTI_KUEUE]
    provisioning = [name for name, controller in known.items() if controller == PROVISIONING]
    per_flavor = [name for name in multi if named[name].on_flavors and set(named[name].on_flavors) != set(flavors)]
    if missing := sorted(named.keys() - known.keys()):
        yield Inactive("AdmissionCheckNotFound", f"references missing AdmissionCheck(s): {','.join(missing)}")
    if asleep := [name for name in known if name in objects.inactive_checks]:
        yield Inactive("AdmissionCheckInactive", f"references inactive AdmissionCheck(s): {','.join(asleep)}")
    if len(multi) > 1:
        message = f"Cannot use multiple MultiKueue AdmissionChecks on the same ClusterQueue, found: {','.join(multi)}"
        yield Inactive("MultipleMultiKueueAdmissionChecks", message)
    if per_flavor:
        message = f"Cannot specify MultiKueue AdmissionCheck per flavor, found: {','.join(per_flavor)}"
        yield Inactive("MultiKueueAdmissionCheckAppliedPerFlavor", message)
    if multi and provisioning:
        both = f"{','.join(multi)}, {','.join(provisioning)}"
        message = f"Cannot use both MultiKueue and ProvisioningRequest AdmissionChecks together, found: {both}"
        yield Inactive("MultiKueueWithProvisioningRequest", message)


class Gate(NamedTuple):
    """Why a workload is not tried: a *reason* of its QuotaReserved condition, and a *message*."""

    reason: str
    message: str


def gates(objects: Objects) -> Mapping[LocalQueueKey, Gate]:
    """Return the LocalQueues whose workloads are never tried, with the reason."""
    asleep = inactive(objects)
    found: dict[LocalQueueKey, Gate] = {}
    for key, local in objects.local_queues.items():
        name = local.cluster_queue
        spec = objects.cluster_queues.get(name)
        if local.stop_policy != "None":
            found[key] = Gate("Suspended", f"LocalQueue {key.name} is stopped")
        elif spec is None:
            found[key] = Gate("Misconfigured", f"ClusterQueue {name} is terminating or missing")
        elif spec.stop_policy != "None":
            found[key] = Gate("Suspended", f"ClusterQueue {name} is stopped")
        elif name in asleep:
            found[key] = Gate("Misconfigured", f"ClusterQueue {name} is inactive")
        elif not takes(objects, spec, key.namespace):
            found[key] = Gate("Misconfigured", "Workload namespace doesn't match ClusterQueue selector")
    return found


def takes(objects: Objects, spec: ClusterQueueSpec, namespace: str) -> bool:
    """Tell whether the queue takes workloads of *namespace*; without any Namespace only their names are known."""
    selector: Mapping[str, Any] | None = spec.namespace_selector
    if selector is None:
        return False
    labels = objects.namespaces.get(namespace)
    if labels is None:
        return not objects.namespaces or not (selector.get("matchLabels") or selector.get("matchExpressions"))
    return selected(selector, {"kubernetes.io/metadata.name": namespace, **labels})
