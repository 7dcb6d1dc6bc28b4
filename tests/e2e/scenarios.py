"""Random queues and job streams, each a cohort tree of its own, so that dozens run side by side in one cluster."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

Body = dict[str, Any]
API = "kueue.x-k8s.io/v1beta2"
FLAVORS = ("first", "second")
PRIORITIES = {"low": 0, "middle": 100, "high": 1000}
WEIGHTS = ("1", "2", "500m", "0")
STRATEGIES = ("LessThanOrEqualToFinalShare", "LessThanInitialShare")
CLASSICAL: Body = {}
FAIR: Body = {"fairSharing": {"preemptionStrategies": list(STRATEGIES)}}
SPACING = 4
"""Seconds between what arrives in one scenario: above the precision of timestamps and Kueue's batches of one second.

Jobs run so many seconds and one more, so that what ends falls between what arrives.
"""


@dataclass(frozen=True)
class Arrival:
    """A job: when it comes after the start, in seconds, to which queue, how big, how urgent, and how long it runs."""

    name: str
    at: float
    queue: str
    pods: int
    cpu: int
    priority: str
    runs: int


@dataclass(frozen=True)
class Scenario:
    """Queues of one cohort tree and the jobs that come to them; *name* is the namespace too.

    *configuration* has what the manager's Configuration says beyond its defaults.
    """

    name: str
    objects: tuple[Body, ...]
    jobs: tuple[Arrival, ...]
    configuration: Body

    def job(self, arrival: Arrival) -> Body:
        """Return the manifest of a job."""
        container = {"name": "main", "image": "none", "resources": {"requests": {"cpu": str(arrival.cpu)}}}
        labels = {"kueue.x-k8s.io/queue-name": arrival.queue, "kueue.x-k8s.io/priority-class": arrival.priority}
        return {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": arrival.name, "namespace": self.name, "labels": labels},
            "spec": {
                "suspend": True,
                "parallelism": arrival.pods,
                "completions": arrival.pods,
                "backoffLimit": 1000,
                "template": {
                    "metadata": {"annotations": {"e2e.muster/runs": f"{arrival.runs}s"}},
                    "spec": {"containers": [container], "restartPolicy": "Never", "terminationGracePeriodSeconds": 0},
                },
            },
        }


def shared_objects() -> Iterator[Body]:
    """Yield what all scenarios use."""
    for flavor in FLAVORS:
        yield {"apiVersion": API, "kind": "ResourceFlavor", "metadata": {"name": flavor}, "spec": {}}
    for name, value in PRIORITIES.items():
        yield {"apiVersion": API, "kind": "WorkloadPriorityClass", "metadata": {"name": name}, "value": value}


def scenario(number: int, random: Random, configuration: Body) -> Scenario:
    """Return a scenario: two to four queues in a cohort of one or two levels, six to ten jobs."""
    name = f"s{number}"
    fair = "fairSharing" in configuration
    flavors = FLAVORS[: random.choice([1, 1, 2])]
    queues = [f"q{index}" for index in range(random.randint(2, 4))]
    cohorts = [f"{name}-root", *([f"{name}-inner"] if random.randint(0, 4) < 2 else [])]
    objects: list[Body] = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}]
    for cohort in cohorts[1:]:
        spec: Body = {"parentName": cohorts[0], **_weight(fair, random)}
        objects.append({"apiVersion": API, "kind": "Cohort", "metadata": {"name": cohort}, "spec": spec})
    for queue in queues:
        objects.append(_cluster_queue(f"{name}-{queue}", random.choice(cohorts), flavors, random, fair))
        local = {"name": queue, "namespace": name}
        objects.append(
            {"apiVersion": API, "kind": "LocalQueue", "metadata": local, "spec": {"clusterQueue": f"{name}-{queue}"}}
        )
    jobs = tuple(
        Arrival(
            f"j{index}",
            index * SPACING,
            random.choice(queues),
            random.choice([1, 1, 1, 2]),
            random.randint(1, 4),
            random.choice(list(PRIORITIES)),
            SPACING * random.randint(1, 4) + 1,
        )
        for index in range(random.randint(6, 10))
    )
    return Scenario(name, tuple(objects), jobs, configuration)


def _weight(fair: bool, random: Random) -> Body:
    return {"fairSharing": {"weight": random.choice(WEIGHTS)}} if fair else {}


def _cluster_queue(name: str, cohort: str, flavors: tuple[str, ...], random: Random, fair: bool) -> Body:
    def quota() -> Body:
        nominal = random.randint(0, 5)
        amounts: Body = {"name": "cpu", "nominalQuota": nominal}
        if random.randint(0, 3) == 0:
            amounts["borrowingLimit"] = random.randint(0, 4)
        if random.randint(0, 3) == 0:
            amounts["lendingLimit"] = random.randint(0, nominal)
        return amounts

    reclaim = random.choice(["Never", "LowerPriority", "Any"])
    preemption: Body = {
        "reclaimWithinCohort": reclaim,
        "withinClusterQueue": random.choice(["Never", "LowerPriority", "LowerOrNewerEqualPriority"]),
    }
    if reclaim != "Never" and not fair and random.randint(0, 2) == 0:
        preemption["borrowWithinCohort"] = {"policy": "LowerPriority", "maxPriorityThreshold": 100}
    steps = ["MayStopSearch", "TryNextFlavor"]
    group = {
        "coveredResources": ["cpu"],
        "flavors": [{"name": flavor, "resources": [quota()]} for flavor in flavors],
    }
    return {
        "apiVersion": API,
        "kind": "ClusterQueue",
        "metadata": {"name": name},
        "spec": {
            "namespaceSelector": {},
            "cohortName": cohort,
            "queueingStrategy": random.choice(["BestEffortFIFO", "BestEffortFIFO", "StrictFIFO"]),
            "flavorFungibility": {"whenCanBorrow": random.choice(steps), "whenCanPreempt": random.choice(steps)},
            "preemption": preemption,
            "resourceGroups": [group],
            **_weight(fair, random),
        },
    }
