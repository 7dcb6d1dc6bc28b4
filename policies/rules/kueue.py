"""K: Kueue's objects and what they refer to."""

from collections.abc import Iterator
from inspect import cleandoc

from policies.rule import NotApplicable, Problem, rule
from scheduling.kueue.objects import Objects, refusals
from scheduling.world import World
from tenancy.errors import ConfigError
from tenancy.finding import Severity, quoted
from tenancy.kinds import KUEUE
from tenancy.manifests import Manifest, Manifests
from tenancy.mistakes import did_you_mean

FLAVOR = cleandoc("""
    apiVersion: kueue.x-k8s.io/v1beta2
    kind: ResourceFlavor
    metadata: {name: h100}
    """)
QUEUE = cleandoc("""
    apiVersion: kueue.x-k8s.io/v1beta2
    kind: ClusterQueue
    metadata: {name: vision}
    spec:
      namespaceSelector: {}
      resourceGroups:
      - coveredResources: [nvidia.com/gpu]
        flavors:
        - name: h100
          resources: [{name: nvidia.com/gpu, nominalQuota: 8}]
    """)
LOCAL_QUEUE = cleandoc("""
    apiVersion: kueue.x-k8s.io/v1beta2
    kind: LocalQueue
    metadata: {name: default, namespace: vision-train}
    spec: {clusterQueue: vision}
    """)


def kueue_objects(world: World) -> Objects:
    """Return the typed Kueue objects; NotApplicable where some are refused or no queue is there."""
    try:
        objects = world.kueue
    except ConfigError as error:
        raise NotApplicable("Kueue refuses some objects (K000); mend these first") from error
    if not objects.cluster_queues:
        raise NotApplicable("there is no ClusterQueue here; name the files that hold them to have jobs judged")
    return objects


def names(manifests: Manifests, kind: str) -> set[str]:
    """Return the names of the Kueue objects of *kind*; NotApplicable where the world holds none."""
    found = {manifest.key.name for manifest in manifests.of_kind(KUEUE, kind)}
    if not found:
        raise NotApplicable(f"there is no {kind} here; name the files that hold them to have references judged")
    return found


def cluster_queues(manifests: Manifests) -> list[Manifest]:
    """Return the ClusterQueues; NotApplicable where there are none."""
    names(manifests, "ClusterQueue")
    return list(manifests.of_kind(KUEUE, "ClusterQueue"))


@rule(
    "K000",
    Severity.CRITICAL,
    bad=QUEUE.replace("namespaceSelector: {}", "preemption: {borrowWithinCohort: {policy: LowerPriority}}"),
    good=QUEUE,
)
def accepted_by_kueue(world: World) -> Iterator[Problem]:
    """Kueue accepts every one of its objects.

    The API server, a CEL rule or a webhook of Kueue refuses the object (or, of the manager's Configuration, the
    manager does not start with it), so that it never takes effect. The finding names the field and what is allowed.
    """
    for finding in refusals(world.manifests):
        field = f"{finding.path}: " if finding.path else ""
        yield Problem(f"{finding.target}: {field}{finding.message}", place=finding.place)


@rule("K001", Severity.HIGH, bad=QUEUE + "\n---\n" + FLAVOR.replace("h100", "a100"), good=QUEUE + "\n---\n" + FLAVOR)
def flavors_exist(world: World) -> Iterator[Problem]:
    """Every flavor that a ClusterQueue names exists.

    A ClusterQueue with one missing ResourceFlavor is inactive as a whole (reason FlavorNotFound): nothing in it is
    admitted, not even to its other flavors. Declare the flavor, or take it out of the queue.
    """
    queues = cluster_queues(world.manifests)
    flavors = names(world.manifests, "ResourceFlavor")
    for queue in queues:
        for group_number, group in enumerate(_items(queue.spec.get("resourceGroups"))):
            for number, flavor in enumerate(_items(group.get("flavors"))):
                name = flavor.get("name")
                if isinstance(name, str) and name not in flavors:
                    path = ("spec", "resourceGroups", group_number, "flavors", number, "name")
                    hint = did_you_mean(name, flavors)
                    message = f"ClusterQueue {queue.key.name} names flavor {quoted(name)}, which does not exist{hint}"
                    yield Problem(message, queue, path)


@rule(
    "K002",
    Severity.HIGH,
    bad=LOCAL_QUEUE.replace("vision}", "visoin}") + "\n---\n" + QUEUE,
    good=LOCAL_QUEUE + "\n---\n" + QUEUE,
)
def local_queues_lead_somewhere(world: World) -> Iterator[Problem]:
    """Every LocalQueue leads to a ClusterQueue that exists.

    Jobs in a LocalQueue without ClusterQueue stay suspended for ever, and nothing on the job says why. Name an
    existing ClusterQueue; the field cannot be changed later, so the LocalQueue must be made anew.
    """
    queues = names(world.manifests, "ClusterQueue")
    for local in world.manifests.of_kind(KUEUE, "LocalQueue"):
        target = local.spec.get("clusterQueue")
        if target not in queues:
            hint = did_you_mean(str(target), queues)
            message = f"{local.key} leads to ClusterQueue {quoted(target)}, which does not exist{hint}"
            yield Problem(message, local, ("spec", "clusterQueue"))


def _items(value: object) -> list[dict[str, object]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
