"""A live cluster, read: its objects as manifests, by a kubeconfig, with the verbs get and list alone.

This is the only module that imports the Kubernetes client. Of ConfigMaps only those are read that may hold a
scheduler's configuration; Secrets never.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tenancy.errors import MusterError
from tenancy.finding import Place
from tenancy.kinds import KINDS, Kind
from tenancy.manifests import Manifest, Manifests, Origin, declared
from tenancy.terminal import progress

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

LiveOption = Annotated[bool, typer.Option("--live", help="Read the cluster of the kubeconfig (get and list alone).")]
ContextOption = Annotated[
    str | None, typer.Option("--context", metavar="NAME", help="The kubeconfig's context for --live.")
]
PAGE = 500
TIMEOUT = (10, 60)
"""Seconds until the server must be reached, and until it must answer."""
ATTEMPTS = 6
LONGEST_PAUSE = 5
"""Seconds between two attempts, unless the server says how long to wait."""
BUSY = (429, 500, 502, 503, 504)
CONFIGURATIONS: Mapping[str, Sequence[str]] = {"ConfigMap": ("kueue-manager-config", "volcano-scheduler-configmap")}
"""Of these kinds only objects of these names are read."""
NEVER_READ = frozenset({"Pod"})
"""Pods are many, and what they hold stands in their Workloads."""


def read_live(context: str | None = None) -> Manifests:
    """Return the objects of the cluster that the kubeconfig (of *context*) leads to.

    MusterError where there is no kubeconfig, the server cannot be reached or does not know the user, or an object may
    not be read: then every permission that is missing is named.
    """
    client, place = _client(context)
    with _said(client):
        served = _served(client)
        found: list[Manifest] = []
        forbidden: list[str] = []
        kinds = [kind for kind in KINDS.values() if kind.name not in NEVER_READ and (kind.group, kind.name) in served]
        with progress("reading the cluster", len(kinds)) as done:
            for number, kind in enumerate(kinds, start=1):
                version, plural = served[kind.group, kind.name]
                bodies = _bodies(client, kind, version, plural)
                if bodies is None:
                    forbidden.append(f"{plural}.{kind.group}".rstrip("."))
                else:
                    found += [declared(body, Origin(Place(f"{place}: {_title(body)}"))) for body in bodies]
                done(number)
    if forbidden:
        raise MusterError(f"{place}: you may not list {', '.join(forbidden)}; ask for the verbs get and list on them")
    return Manifests(found)


def _title(body: Mapping[str, Any]) -> str:
    metadata = body["metadata"]
    return "/".join(part for part in (body["kind"], metadata.get("namespace", ""), metadata["name"]) if part)


def _client(context: str | None) -> tuple["ApiClient", str]:
    try:
        from kubernetes import client, config
        from kubernetes.config import ConfigException
        from urllib3 import Retry
    except ImportError as error:
        raise MusterError("--live needs the Kubernetes client: pip install 'muster[live]'") from error
    settings = client.Configuration()
    file = os.environ.get("KUBECONFIG")
    try:
        load: Any = config.load_kube_config
        load(config_file=file, context=context, client_configuration=settings)
    except ConfigException as error:
        raise MusterError(
            f"{file or '~/.kube/config'}: {error}; KUBECONFIG names another file, --context a context in it"
        ) from error
    settings.retries = Retry(
        ATTEMPTS, connect=1, status_forcelist=BUSY, backoff_factor=0.5, backoff_max=LONGEST_PAUSE, raise_on_status=False
    )
    return client.ApiClient(settings), context or "live"


@contextmanager
def _said(client: "ApiClient") -> Iterator[None]:
    """Say what went wrong between us and the server in one line."""
    from kubernetes.client import ApiException
    from urllib3.exceptions import HTTPError

    host = client.configuration.host
    try:
        yield
    except ApiException as error:
        hint = {401: "; the certificate or token has expired or is another cluster's"}.get(error.status, "")
        raise MusterError(f"{host}: {error.status} {error.reason}{hint}") from error
    except HTTPError as error:
        reason = getattr(error, "reason", None) or error
        raise MusterError(f"{host}: cannot be read: {reason}") from error


def _get(client: "ApiClient", path: str, **query: Any) -> Any:
    from kubernetes.client import ApiException

    request = client.param_serialize(
        "GET",
        path,
        query_params=list(query.items()),
        header_params={"Accept": "application/json"},
        auth_settings=["BearerToken"],
    )
    answer: Any = client.call_api(*request, _request_timeout=TIMEOUT)
    answer.read()
    if answer.status != 200:
        raise ApiException(status=answer.status, reason=answer.reason)
    return json.loads(answer.data)


def _served(client: "ApiClient") -> dict[tuple[str, str], tuple[str, str]]:
    """Return the preferred version and the plural of each kind that the server has, by group and kind."""
    groups = _get(client, "/apis")["groups"]
    paths = {"": "v1", **{group["name"]: group["preferredVersion"]["groupVersion"] for group in groups}}
    found = {}
    for group in sorted({kind.group for kind in KINDS.values()} & set(paths)):
        version = paths[group]
        for resource in _get(client, f"/apis/{version}" if group else f"/api/{version}")["resources"]:
            if "/" not in resource["name"]:
                found[group, resource["kind"]] = version, resource["name"]
    return found


def _bodies(client: "ApiClient", kind: Kind, version: str, plural: str) -> list[dict[str, Any]] | None:
    """Return all objects of a kind, page by page; None where they may not be listed."""
    from kubernetes.client import ApiException

    path = f"/apis/{version}/{plural}" if kind.group else f"/api/{version}/{plural}"
    bodies: list[dict[str, Any]] = []
    for name in CONFIGURATIONS.get(kind.name, ("",)):
        query: dict[str, Any] = {"limit": PAGE, **({"fieldSelector": f"metadata.name={name}"} if name else {})}
        while True:
            try:
                page = _get(client, path, **query)
            except ApiException as error:
                if error.status == 403:
                    return None
                raise
            bodies += [{"apiVersion": version, "kind": kind.name, **item} for item in page["items"] or ()]
            if not (after := page["metadata"].get("continue")):
                break
            query["continue"] = after
    return bodies
