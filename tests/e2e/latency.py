"""How long a live Kueue takes: requests for an admission, delay when idle, batches; measured from outside."""

import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import requests

from e2e.client import Client
from e2e.cluster import Cluster

Body = dict[str, Any]
API = "kueue.x-k8s.io/v1beta2"
NAME = "latency"


@dataclass
class Clocked:
    """When things were first seen, by job: in seconds of this process."""

    created: dict[str, float] = field(default_factory=dict)
    running: dict[str, float] = field(default_factory=dict)
    finished: dict[str, float] = field(default_factory=dict)

    def pod(self, body: Body) -> None:
        """Note when the first pod of a Job runs."""
        if body["status"].get("phase") == "Running":
            self.running.setdefault(body["metadata"]["labels"]["job-name"], time.monotonic())

    def job(self, body: Body) -> None:
        """Note when a Job is complete."""
        conditions = body["status"].get("conditions", ())
        if any(c["type"] == "Complete" and c["status"] == "True" for c in conditions):
            self.finished.setdefault(body["metadata"]["name"], time.monotonic())

    def waits(self, jobs: Sequence[str]) -> list[float]:
        """Return how long jobs took from their creation to their first running pod."""
        return [self.running[job] - self.created[job] for job in jobs]


def queue(cpus: int, **spec: Any) -> list[Body]:
    """Return a namespace with a queue of its own."""
    group = {
        "coveredResources": ["cpu"],
        "flavors": [{"name": NAME, "resources": [{"name": "cpu", "nominalQuota": cpus}]}],
    }
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAME}},
        {"apiVersion": API, "kind": "ResourceFlavor", "metadata": {"name": NAME}, "spec": {}},
        {
            "apiVersion": API,
            "kind": "ClusterQueue",
            "metadata": {"name": NAME},
            "spec": {"namespaceSelector": {}, "resourceGroups": [group], **spec},
        },
        {
            "apiVersion": API,
            "kind": "LocalQueue",
            "metadata": {"name": NAME, "namespace": NAME},
            "spec": {"clusterQueue": NAME},
        },
    ]


def job(name: str, seconds: int, cpus: int = 1) -> Body:
    """Return a Job of one pod that runs so long under kwok."""
    container = {"name": "main", "image": "none", "resources": {"requests": {"cpu": str(cpus)}}}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": NAME, "labels": {"kueue.x-k8s.io/queue-name": NAME}},
        "spec": {
            "suspend": True,
            "template": {
                "metadata": {"annotations": {"e2e.muster/runs": f"{seconds}s"}},
                "spec": {"containers": [container], "restartPolicy": "Never", "terminationGracePeriodSeconds": 0},
            },
        },
    }


def watched(client: Client) -> Clocked:
    """Follow pods and Jobs of the namespace in threads of their own."""
    clocked = Clocked()
    for kind, note in ((("v1", "Pod"), clocked.pod), (("batch/v1", "Job"), clocked.job)):
        since = client.get(*kind)["metadata"]["resourceVersion"]
        threading.Thread(target=_follow, args=(client.another(), kind, since, note), daemon=True).start()
    return clocked


def _follow(client: Client, kind: tuple[str, str], since: str, note: Callable[[Body], None]) -> None:
    try:
        for event in client.watch(*kind, since):
            if event["object"]["metadata"].get("namespace") == NAME:
                note(event["object"])
    except (requests.RequestException, ValueError):
        return


@contextmanager
def deployed(cluster: Cluster, cpus: int, **spec: Any) -> Iterator[Clocked]:
    """Declare the queue, and watch; at the end all is gone."""
    objects = queue(cpus, **spec)
    for body in objects:
        cluster.client.apply(body)
    time.sleep(1)
    yield watched(cluster.client)
    for body in reversed(objects):
        cluster.client.delete(body)
    wait(lambda: not any(left(cluster, *kind) for kind in (("v1", "Namespace"), (API, "ClusterQueue"))), 120)


def left(cluster: Cluster, api_version: str, kind: str) -> bool:
    """Tell whether the object of a kind is still there."""
    return any(body["metadata"]["name"] == NAME for body in cluster.client.items(api_version, kind))


def submit(cluster: Cluster, clocked: Clocked, body: Body) -> str:
    """Create a Job; return its name."""
    name = str(body["metadata"]["name"])
    clocked.created[name] = time.monotonic()
    cluster.client.create(body)
    return name


def wait(holds: Callable[[], bool], seconds: float) -> None:
    """Wait until *holds*; AssertionError when time is up."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.05)


def throughput(cluster: Cluster, count: int) -> float:
    """Return how many Jobs per second start when all may start at once."""
    with deployed(cluster, count, stopPolicy="Hold") as clocked:
        names = [submit(cluster, clocked, job(f"j{number}", 3600)) for number in range(count)]
        wait(lambda: len(cluster.client.items(API, "Workload", NAME)) == count, 120)
        time.sleep(3)
        cluster.client.apply(queue(count, stopPolicy="None")[2])
        wait(lambda: len(clocked.running) == count, 300)
        started = sorted(clocked.running[name] for name in names)
        half = count // 2
        return (count - 1 - half) / (started[-1] - started[half])


def idle_delay(cluster: Cluster, count: int) -> float:
    """Return the median seconds from the creation of a Job to its running pod where nothing else happens."""
    with deployed(cluster, count) as clocked:
        names = []
        for number in range(count):
            names.append(submit(cluster, clocked, job(f"j{number}", 3600)))
            time.sleep(0.7)
        wait(lambda: len(clocked.running) == count, 60)
        return statistics.median(clocked.waits(names))


def handover(cluster: Cluster, count: int) -> float:
    """Return the median seconds from the end of a Job to the start of one that had no room beside it."""
    with deployed(cluster, 1) as clocked:
        names = [submit(cluster, clocked, job(f"j{number}", 2)) for number in range(count)]
        wait(lambda: len(clocked.finished) == count, 60 + 5 * count)
        order = sorted(names, key=clocked.running.__getitem__)
        return statistics.median(clocked.running[then] - clocked.finished[first] for first, then in pairwise(order))


def ending(cluster: Cluster, count: int, seconds: int = 3) -> float:
    """Return the median seconds from the end of a pod to the completion of its Job where nothing else happens."""
    with deployed(cluster, count) as clocked:
        names = []
        for number in range(count):
            names.append(submit(cluster, clocked, job(f"j{number}", seconds)))
            time.sleep(0.7)
        wait(lambda: len(clocked.finished) == count, 60)
        return statistics.median(clocked.finished[name] - clocked.running[name] - seconds for name in names)
