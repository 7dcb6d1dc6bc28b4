"""What really happened to jobs in a cluster, as the Workloads tell it, in the order of the server."""

import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import requests

from e2e.client import Client

API = "kueue.x-k8s.io/v1beta2"


@dataclass(frozen=True)
class Event:
    """Something that happened to the job *job* of *namespace*.

    *kind* is arrived, admitted, evicted, released or finished; *detail* the flavor and count of an admission, or the
    reason of an eviction. *second* is the server's clock, *at* when we heard of it, *order* the server's order.
    """

    order: int
    namespace: str
    job: str
    uid: str
    kind: str
    detail: str
    second: int
    at: float


class Observer:
    """Follows all Workloads in a thread of its own."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.events: dict[str, list[Event]] = defaultdict(list)
        self.states: dict[str, frozenset[str]] = {}
        found = client.get(API, "Workload")
        self.since = found["metadata"]["resourceVersion"]
        self.thread = threading.Thread(target=self._follow, daemon=True)
        self.thread.start()

    def _follow(self) -> None:
        try:
            for event in self.client.watch(API, "Workload", self.since):
                if event["type"] in ("ADDED", "MODIFIED"):
                    self._note(event["object"])
        except (requests.RequestException, ValueError):
            return

    def _note(self, workload: dict[str, Any]) -> None:
        metadata, status = workload["metadata"], workload.get("status", {})
        job = metadata["ownerReferences"][0]["name"]
        order, now = int(metadata["resourceVersion"]), time.monotonic()

        def note(kind: str, detail: str, at: str) -> None:
            event = Event(order, metadata["namespace"], job, metadata["uid"], kind, detail, _second(at), now)
            self.events[metadata["namespace"]].append(event)

        before = self.states.get(metadata["uid"])
        if before is None:
            note("arrived", "", metadata["creationTimestamp"])
        conditions = {condition["type"]: condition for condition in status.get("conditions", ())}
        true = frozenset(name for name, condition in conditions.items() if condition["status"] == "True")
        self.states[metadata["uid"]] = true
        for name in sorted(
            (true ^ (before or frozenset())) & conditions.keys(),
            key=lambda name: conditions[name]["lastTransitionTime"],
        ):
            kind, detail = _change(name, true, conditions, status)
            if kind:
                note(kind, detail, conditions[name]["lastTransitionTime"])

    def finished(self, namespace: str) -> set[str]:
        """Return the jobs that have ended."""
        return {event.job for event in self.events[namespace] if event.kind == "finished"}

    def last(self, namespace: str) -> Sequence[Event]:
        """Return what happened in a namespace so far, in order."""
        return sorted(self.events[namespace], key=lambda event: event.order)


def _change(
    name: str, true: frozenset[str], conditions: Mapping[str, Any], status: Mapping[str, Any]
) -> tuple[str, str]:
    """Return which event the change of the condition *name* is, with its detail; none of ours: empty."""
    match name:
        case "QuotaReserved" if name in true:
            return "admitted", _admission(status["admission"])
        case "QuotaReserved" if "Evicted" in true:
            return "released", ""
        case "Evicted" if name in true:
            reason = conditions[name]["reason"]
            why = conditions.get("Preempted", {}).get("reason", "") if reason == "Preempted" else ""
            return "evicted", f"{reason} {why}".strip()
        case "Finished" if name in true:
            return "finished", ""
    return "", ""


def _admission(admission: dict[str, Any]) -> str:
    assignments = admission["podSetAssignments"]
    return " ".join(f"{a['flavors'].get('cpu', '')} x{a.get('count', 1)}" for a in assignments)


def _second(at: str) -> int:
    return int(datetime.fromisoformat(at).timestamp())
