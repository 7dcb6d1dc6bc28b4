"""Workloads of Kueue as a job history: what `kubectl get workloads -A -o yaml` prints, or a live cluster holds.

A Workload that has finished is a job from its last admission to its end. Those that wait or run are counted and left
out: how long they run is not known yet.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from sys import intern
from typing import Any

from scheduling.kueue.jobs import pod_requests
from simulator.traces.destinations import is_gpu
from simulator.traces.fields import moment
from simulator.traces.job import Rows, Trace, TraceJob
from tenancy.errors import ConfigError, TraceError
from tenancy.kinds import KUEUE
from tenancy.manifests import Manifest, Manifests, parsed

FIRST_LINE = re.compile(r"\s*(\{|\[|---|apiVersion:|items:|kind:|metadata:)")
OWNER = "ownerReferences"


def recognises(line: str) -> bool:
    """Tell whether *line* may begin a Kubernetes object in YAML or JSON."""
    return bool(FIRST_LINE.match(line))


def read(lines: Iterable[str], source: str) -> Trace:
    """Read a dump of Workloads. Their LocalQueue (namespace/name) is the tenant."""
    try:
        manifests = parsed("".join(line if line.endswith("\n") else f"{line}\n" for line in lines), source)
    except ConfigError as error:
        first = error.findings[0]
        raise TraceError(first.message, source, first.place.line if first.place else 0) from error
    return jobs(manifests, source)


def jobs(manifests: Manifests, source: str) -> Trace:
    """Return the finished Workloads of *manifests* as a history."""
    rows = Rows(source)
    for manifest in manifests.of_kind(KUEUE, "Workload"):
        line = manifest.origin.place.line
        times = _times(manifest.body.get("status") or {})
        if "Finished" not in times:
            rows.skip(line, "runs still" if "Admitted" in times else "waits still")
        elif "Admitted" not in times:
            rows.skip(line, "was never admitted")
        else:
            try:
                rows.add(_job(manifest, times, line), "ran for no time")
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                rows.broken(line, f"is no Workload as Kueue writes it ({type(error).__name__})")
    return rows.trace("kueue", "queue", absolute=True, clock="UTC")


def _times(status: Mapping[str, Any]) -> dict[str, int]:
    """Return since when conditions hold that hold."""
    found = {}
    for condition in status.get("conditions") or ():
        if condition.get("status") == "True" and condition.get("lastTransitionTime"):
            found[condition["type"]] = moment(str(condition["lastTransitionTime"]), "lastTransitionTime")
    return found


def _job(manifest: Manifest, times: Mapping[str, int], line: int) -> TraceJob:
    metadata, spec = manifest.body["metadata"], manifest.spec
    submit = moment(str(metadata["creationTimestamp"]), "creationTimestamp")
    owner = next((owner["name"] for owner in metadata.get(OWNER) or ()), metadata["name"])
    if not isinstance(spec["queueName"], str):
        raise TypeError("queueName")
    amounts: dict[str, int] = {}
    for name, amount in _requests(spec):
        amounts[name] = amounts.get(name, 0) + amount
    return TraceJob(
        id=f"{metadata['namespace']}/{owner}",
        submit=submit,
        duration=times["Finished"] - times["Admitted"],
        gpus=sum(1000 * amount for name, amount in amounts.items() if is_gpu(name)),
        cpu=amounts.get("cpu", 0),
        memory=amounts.get("memory", 0),
        pods=sum(int(pods.get("count", 1)) for pods in spec["podSets"]),
        group=intern(metadata["namespace"]),
        queue=intern(f"{metadata['namespace']}/{spec['queueName']}"),
        priority=str(spec.get("priority", "")),
        wait=max(0, times["Admitted"] - submit),
        line=line,
    )


def _requests(spec: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """Yield what all pods of all pod sets ask for, in Kueue's units."""
    for pods in spec["podSets"]:
        for name, amount in pod_requests(pods["template"]["spec"]).items():
            yield name, amount * int(pods.get("count", 1))
