"""What a replay takes for granted, or does not model, in this world: said beside its result."""

from collections.abc import Iterator, Mapping

from scheduling.kueue.activity import inactive
from scheduling.kueue.api import ClusterQueueSpec
from scheduling.kueue.feature_gates import unmodelled
from scheduling.kueue.lifecycle import Startup
from scheduling.kueue.objects import Objects
from simulator.latency import Latency


def assumptions(objects: Objects, startups: Mapping[str, Startup], latency: Latency | None = None) -> Iterator[str]:
    """Yield in a line each what is assumed of *objects*, and what the engine does not model.

    *startups* say how long the checks of a flavor take, *latency* how long the manager does.
    """
    if latency is not None:
        yield f"latency: {latency}"
    if objects.configuration is None:
        yield "Kueue's Configuration is not among the files; assumed: defaults of 0.19"
    yield from unmodelled(objects.configuration)
    if not objects.flavors and objects.cluster_queues:
        yield "no ResourceFlavor is among the files; assumed: all exist, without labels and taints"
    for name, queue in sorted(inactive(objects).items()):
        yield f"ClusterQueue {name} is inactive ({queue.reason}): {queue.message}"
    known = {flavor for flavor, startup in startups.items() if startup.check}
    if at_once := sorted({name for spec in objects.cluster_queues.values() for name in _at_once(spec, known)}):
        yield f"admission checks {', '.join(at_once)}: how long they take is not known; assumed: they pass at once"


def _at_once(spec: ClusterQueueSpec, known: set[str]) -> Iterator[str]:
    """Yield the checks of a queue that apply to a flavor of which it is not *known* how long its checks take."""
    flavors = {flavor.name for group in spec.resource_groups for flavor in group.flavors}
    for check in spec.check_rules:
        if (set(check.on_flavors) or flavors) - known:
            yield check.name
