"""K020 to K026: queues of Kueue that take nothing, and flavors that lead pods astray."""

from collections.abc import Iterator
from itertools import combinations

from policies.rule import NotApplicable, Problem, rule
from policies.rules.kueue import FLAVOR, LOCAL_QUEUE, QUEUE, kueue_objects
from policies.rules.sharing import OTHER, RECLAIMS, queues
from scheduling.kueue.activity import inactive, takes
from scheduling.kueue.api import ClusterQueueSpec, ResourceGroup
from scheduling.kueue.objects import Objects
from scheduling.world import World
from tenancy.finding import Severity, quoted
from tenancy.kinds import KUEUE
from tenancy.names import LONGEST_LABEL

NAMESPACE = """
apiVersion: v1
kind: Namespace
metadata: {name: vision-train, labels: {team: vision}}
"""
LABELLED = FLAVOR.replace("{name: h100}", "{name: h100}\nspec: {nodeLabels: {pool: h100}}")
SPOT = LABELLED.replace("h100", "spot")
SECOND = """
    - name: spot
      resources: [{name: nvidia.com/gpu, nominalQuota: 8}]
"""
TWO_FLAVORS = QUEUE + SECOND
TURNED = RECLAIMS.replace("h100", "spot") + SECOND.replace("spot", "h100")
CHECKED = f"{QUEUE}\n  admissionChecksStrategy: {{admissionChecks: [{{name: nodes}}]}}\n---\n"
CHECK = """
apiVersion: kueue.x-k8s.io/v1beta2
kind: AdmissionCheck
metadata: {name: nodes}
spec: {controllerName: example.org/check}
"""
MEMORY = """
  - coveredResources: [memory]
    flavors:
    - name: large
      resources: [{name: memory, nominalQuota: 64Gi}]
"""
LARGE = LABELLED.replace("name: h100", "name: large")


@rule(
    "K020",
    Severity.HIGH,
    bad="\n---\n".join([QUEUE.replace("{}", "{matchLabels: {team: speech}}"), FLAVOR, LOCAL_QUEUE, NAMESPACE]),
    good="\n---\n".join([QUEUE.replace("{}", "{matchLabels: {team: vision}}"), FLAVOR, LOCAL_QUEUE, NAMESPACE]),
)
def namespaces_may_use_their_queue(world: World) -> Iterator[Problem]:
    """A ClusterQueue takes the namespaces whose LocalQueues lead to it.

    Without namespaceSelector a queue takes no namespace at all, with one only those whose labels match: jobs of others
    stay pending, also at the head of a StrictFIFO queue. Mend the selector or the namespace's labels.
    """
    objects = kueue_objects(world)
    for local in world.manifests.of_kind(KUEUE, "LocalQueue"):
        name = local.spec.get("clusterQueue")
        spec = objects.cluster_queues.get(str(name))
        if spec is not None and not takes(objects, spec, local.key.namespace):
            why = "has no namespaceSelector, and so takes none" if spec.namespace_selector is None else "does not take"
            message = f"{local.key} leads to ClusterQueue {name}, which {why}: namespace {local.key.namespace}"
            yield Problem(message, local, ("spec", "clusterQueue"))


@rule("K021", Severity.LOW, bad=QUEUE + "\n  stopPolicy: Hold", good=QUEUE)
def queues_are_open(world: World) -> Iterator[Problem]:
    """No queue is stopped.

    With a stopPolicy other than None nothing is admitted, HoldAndDrain also evicts what runs; jobs only say that they
    wait. It is easily left behind after maintenance. Take it out, or waive this with a date.
    """
    for kind in ("ClusterQueue", "LocalQueue"):
        for found in world.manifests.of_kind(KUEUE, kind):
            policy = found.spec.get("stopPolicy", "None")
            if policy in ("Hold", "HoldAndDrain"):
                yield Problem(f"{found.key} is stopped ({policy})", found, ("spec", "stopPolicy"))


@rule("K022", Severity.HIGH, bad=CHECKED + CHECK.replace("nodes", "other"), good=CHECKED + CHECK)
def queues_are_active(world: World) -> Iterator[Problem]:
    """Admission checks and topologies that a ClusterQueue needs exist, are ready and go together.

    One that is missing or not ready makes the whole queue inactive, as do two MultiKueue checks, one for some flavors
    only, or one beside a ProvisioningRequest check. The finding has Kueue's own reason. Declare it, or take it out.
    """
    objects = kueue_objects(world)
    found = inactive(objects)
    for queue, _ in queues(world):
        reason = found.get(queue.key.name)
        if reason and reason.reason not in ("Stopped", "FlavorNotFound"):
            yield Problem(f"{queue.key} is inactive ({reason.reason}): {reason.message}", queue, ("spec",))


@rule(
    "K023",
    Severity.MEDIUM,
    bad=f"{TWO_FLAVORS}\n---\n{FLAVOR}\n---\n{SPOT}",
    good=f"{TWO_FLAVORS}\n---\n{LABELLED}\n---\n{SPOT}",
)
def flavors_lead_to_nodes(world: World) -> Iterator[Problem]:
    """Where a job may get one of several flavors, each says by nodeLabels which nodes it means.

    Kueue writes the labels of the flavor that it chose into the pods. Without labels the pods run anywhere: quota is
    charged to one pool and another is used. Add nodeLabels, or a topology.
    """
    objects = kueue_objects(world)
    if not objects.flavors:
        raise NotApplicable("there is no ResourceFlavor here; name the files that hold them")
    for queue, spec in queues(world):
        for number, group in enumerate(spec.resource_groups):
            for place, flavor in enumerate(group.flavors):
                known = objects.flavors.get(flavor.name)
                if len(group.flavors) > 1 and known and not known.node_labels:
                    path = ("spec", "resourceGroups", number, "flavors", place, "name")
                    yield Problem(
                        f"{queue.key}: flavor {flavor.name} is one of several and names no nodes", queue, path
                    )


@rule(
    "K024",
    Severity.HIGH,
    bad="\n---\n".join([QUEUE + MEMORY, LABELLED, LARGE.replace("pool: h100", "pool: large")]),
    good="\n---\n".join([QUEUE + MEMORY, LABELLED, LARGE]),
)
def groups_do_not_pull_pods_apart(world: World) -> Iterator[Problem]:
    """Flavors of two resource groups of a queue do not give one node label two values.

    A pod gets a flavor of each group and the node labels of all of them; of two values for one key the one that is
    written last stays, which is chance. Put the resources into one group, or use different keys.
    """
    objects = kueue_objects(world)
    for queue, spec in queues(world):
        for one, other in combinations(range(len(spec.resource_groups)), 2):
            clash = _clash(objects, spec.resource_groups[one], spec.resource_groups[other])
            if clash:
                message = f"{queue.key}: groups {one} and {other} give node label {quoted(clash)} different values"
                yield Problem(message, queue, ("spec", "resourceGroups", other))


def _clash(objects: Objects, one: ResourceGroup, other: ResourceGroup) -> str | None:
    """Return a node label for which two groups have flavors with different values."""
    for first in one.flavors:
        for second in other.flavors:
            if first.name in objects.flavors and second.name in objects.flavors:
                left, right = objects.flavors[first.name].node_labels, objects.flavors[second.name].node_labels
                for key in sorted(left.keys() & right.keys()):
                    if left[key] != right[key]:
                        return key
    return None


@rule("K025", Severity.LOW, bad=f"{TURNED}\n---\n{OTHER + SECOND}", good=f"{RECLAIMS + SECOND}\n---\n{OTHER + SECOND}")
def flavors_have_one_order(world: World) -> Iterator[Problem]:
    """Queues of one cohort try the same flavors in the same order.

    Flavors are tried from the first on. Where one queue's first choice is another's last, each borrows and reclaims in
    the other's pool while its own stands free. List them in one order, cheapest first.
    """
    first: dict[tuple[str, frozenset[str]], tuple[str, tuple[str, ...]]] = {}
    for queue, spec in queues(world):
        for number, names in _orders(spec):
            if not spec.cohort_name or len(names) < 2:
                continue
            other, order = first.setdefault((spec.cohort_name, frozenset(names)), (queue.key.name, names))
            if order != names:
                message = f"{queue.key} tries {', '.join(names)}; {other} of its cohort tries {', '.join(order)}"
                yield Problem(message, queue, ("spec", "resourceGroups", number, "flavors"))


def _orders(spec: ClusterQueueSpec) -> Iterator[tuple[int, tuple[str, ...]]]:
    for number, group in enumerate(spec.resource_groups):
        yield number, tuple(flavor.name for flavor in group.flavors)


@rule(
    "K026",
    Severity.HIGH,
    bad=LOCAL_QUEUE.replace("default", "a" * 64) + f"\n---\n{QUEUE}",
    good=LOCAL_QUEUE.replace("default", "a" * 63) + f"\n---\n{QUEUE}",
)
def jobs_can_name_their_queue(world: World) -> Iterator[Problem]:
    """The name of a LocalQueue has at most 63 characters.

    Jobs name it in a label, whose value can have no more; the API server accepts longer names of the queue itself. Make
    it anew under a shorter name.
    """
    for local in world.manifests.of_kind(KUEUE, "LocalQueue"):
        if len(local.key.name) > LONGEST_LABEL:
            message = f"{local.key}: no label can hold {len(local.key.name)} characters, so that no job can name it"
            yield Problem(message, local, ("metadata", "name"))
