"""G: gangs and jobs against the queues that they name."""

from collections.abc import Iterator
from inspect import cleandoc

from policies.rule import NotApplicable, Problem, rule
from policies.rules.kueue import FLAVOR, LOCAL_QUEUE, QUEUE, kueue_objects
from scheduling.kueue.cluster import Cluster
from scheduling.kueue.jobs import QueuedJob, queued_jobs
from scheduling.kueue.queues import Queue
from scheduling.kueue.reasons import Why, why_pending
from scheduling.kueue.workload import Info
from scheduling.world import World
from tenancy.errors import ConfigError
from tenancy.finding import Severity
from tenancy.quantity import written

GANG = cleandoc("""
    apiVersion: batch/v1
    kind: Job
    metadata:
      name: finetune
      namespace: vision-train
      labels: {kueue.x-k8s.io/queue-name: default}
    spec:
      parallelism: 2
      template:
        spec:
          containers:
          - name: worker
            image: registry.example.org/finetune
            resources: {requests: {nvidia.com/gpu: 4}, limits: {nvidia.com/gpu: 4}}
    """)
WORLD = f"{QUEUE}\n---\n{FLAVOR}\n---\n{LOCAL_QUEUE}\n---\n{GANG}"


@rule("G001", Severity.HIGH, bad=WORLD.replace("parallelism: 2", "parallelism: 4"), good=WORLD)
def gangs_fit_their_queue(world: World) -> Iterator[Problem]:
    """No gang asks for more than its queue can ever give.

    A gang starts as a whole: if for every flavor its pods may use it asks for more than the queue's nominal quota and
    all it can borrow together (limits of the cohort included), it waits for ever, and under StrictFIFO all behind it
    do. Ask for less, raise the nominal quota or the borrowing limit, or split the job.
    """
    objects = kueue_objects(world)
    try:
        cluster = Cluster(objects)
    except ConfigError as error:
        raise NotApplicable(str(error)) from error
    for job in queued_jobs(world.manifests):
        local = objects.local_queues.get(job.queue)
        queue = cluster.queues.get(local.cluster_queue) if local else None
        if queue is not None:
            yield from _too_large(job, queue)


def _too_large(job: QueuedJob, queue: Queue) -> Iterator[Problem]:
    info = Info(0, job.manifest.key.name, 0, queue.shape(0, job.pod_sets, str(job.manifest.key)))
    why = why_pending(info)
    if why <= Why.WAITING_FOR_QUOTA:
        return
    plan = info.shape.plan(info.shape.full_counts)
    lacking = next((group.unavailable for group in plan.groups if group.unavailable), None)
    wants = ", ".join(_wants(info))
    offers = "; ".join(_offers(info, queue)) or "no flavor that its pods may use"
    message = f"{job.manifest.key} wants {wants}; ClusterQueue {queue.name} can never give more than {offers}"
    if lacking:
        message = f"{job.manifest.key}: {lacking} {queue.name}; add it to the queue's resource groups"
    yield Problem(message, job.manifest, ("spec",))


def _wants(info: Info) -> Iterator[str]:
    total: dict[str, int] = {}
    for requests in info.shape.plan(info.shape.full_counts).requests:
        for resource, amount in requests.items():
            total[resource] = total.get(resource, 0) + amount
    for resource, amount in sorted(total.items()):
        yield f"{written(resource, amount)} {resource}"


def _offers(info: Info, queue: Queue) -> Iterator[str]:
    """Yield for each flavor that the pods may use what it lacks."""
    for group in info.shape.plan(info.shape.full_counts).groups:
        for wanted in group.wanted:
            for option in wanted.options:
                short = [
                    f"{written(resource, queue.node.potential[index])} {resource}"
                    for resource, (index, amount) in zip(wanted.resources, option.needs, strict=True)
                    if amount > queue.node.potential[index]
                ]
                if short and option.unusable is None:
                    yield f"{', '.join(short)} of {option.flavor}"
