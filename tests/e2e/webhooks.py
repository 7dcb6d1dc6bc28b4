"""Webhook configurations and CRDs of modules, pointed at processes on the loopback interface."""

import base64
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from e2e.client import Client
from e2e.processes import Processes

Body = dict[str, Any]
EXEMPT = ["kube-system", "kueue-system", "volcano-system"]


def documents(*files: Path) -> Iterator[Body]:
    """Yield the objects of YAML files."""
    for file in files:
        yield from (body for body in yaml.safe_load_all(file.read_text()) if body)


def at(configuration: Body, port: int, authority: Path, served: Collection[str] | None = None) -> Body:
    """Return a webhook configuration that calls 127.0.0.1:*port*; of groups that are not *served* nothing is left."""
    kept = []
    for webhook in configuration["webhooks"]:
        if served is None or all(group in served for rule in webhook["rules"] for group in rule["apiGroups"]):
            path = webhook["clientConfig"]["service"]["path"]
            webhook["clientConfig"] = client_configuration(port, path, authority)
            kept.append(webhook)
    return {**configuration, "webhooks": kept}


def client_configuration(port: int, path: str, authority: Path) -> Body:
    """Return how the API server reaches a webhook."""
    bundle = base64.b64encode(authority.read_bytes()).decode()
    return {"url": f"https://127.0.0.1:{port}{path}", "caBundle": bundle}


def only_in_other_namespaces(webhook: Body) -> None:
    """Keep a webhook from judging what the programs themselves need."""
    selector = webhook.setdefault("namespaceSelector", {})
    name = {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": EXEMPT}
    selector["matchExpressions"] = [*selector.get("matchExpressions", []), name]


def install(client: Client, definitions: Iterable[Body], processes: Processes) -> None:
    """Apply CustomResourceDefinitions and wait until the server serves them."""
    names = []
    for definition in definitions:
        definition.pop("status", None)
        client.apply(definition)
        names.append(definition["metadata"]["name"])
    processes.wait_until("CRDs are established", lambda: all(_established(client, name) for name in names))


def _established(client: Client, name: str) -> bool:
    found = client.get("apiextensions.k8s.io/v1", "CustomResourceDefinition", name=name)
    conditions = (found.get("status") or {}).get("conditions") or ()
    return any(c["type"] == "Established" and c["status"] == "True" for c in conditions)
