"""A plain client of the API server: objects as mappings, refusals as values."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import requests

from e2e.certificates import Pair

Body = Mapping[str, Any]
MANAGER = "muster-e2e"


class RefusedError(Exception):
    """The server did not do what it was asked to."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Resource:
    """Where the objects of a kind are."""

    prefix: str
    plural: str
    namespaced: bool


class Client:
    """Speaks with one API server as one user."""

    def __init__(self, server: str, authority: str, pair: Pair) -> None:
        self.server = server
        self.authority, self.pair = authority, pair
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = authority
        self.session.cert = (str(pair.certificate), str(pair.key))
        self.known: dict[tuple[str, str], Resource] = {}

    def another(self) -> Client:
        """Return a client for the same user with connections of its own, for another thread."""
        return Client(self.server, self.authority, self.pair)

    def request(self, method: str, path: str, body: Any = None, kind: str = "application/json", **query: Any) -> Any:
        """Return the server's answer; RefusedError where it is none of 2xx."""
        data = None if body is None else json.dumps(body)
        headers = {"Content-Type": kind}
        answer = self.session.request(method, self.server + path, data=data, headers=headers, params=query, timeout=60)
        if not answer.ok:
            try:
                message = answer.json().get("message", answer.text)
            except ValueError:
                message = answer.text
            raise RefusedError(answer.status_code, message)
        return answer.json() if "json" in answer.headers.get("Content-Type", "") else answer.text

    def ready(self) -> bool:
        """Tell whether the server answers that it is ready."""
        try:
            return bool(self.request("GET", "/readyz") == "ok")
        except (RefusedError, requests.ConnectionError):
            return False

    def resource(self, api_version: str, kind: str) -> Resource:
        """Return where objects of a kind are, as the server says."""
        key = api_version, kind
        if key not in self.known:
            prefix = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
            for found in self.request("GET", prefix)["resources"]:
                if "/" not in found["name"]:
                    self.known[api_version, found["kind"]] = Resource(prefix, found["name"], found["namespaced"])
        return self.known[key]

    def path(self, api_version: str, kind: str, namespace: str = "", name: str = "") -> str:
        """Return the path of an object, or of all objects of a kind."""
        resource = self.resource(api_version, kind)
        where = f"/namespaces/{namespace}" if resource.namespaced and namespace else ""
        return f"{resource.prefix}{where}/{resource.plural}" + (f"/{name}" if name else "")

    def path_of(self, body: Body, name: bool = True) -> str:
        """Return the path of an object that is described in full."""
        metadata = body["metadata"]
        namespace = metadata.get("namespace", "default")
        return self.path(body["apiVersion"], body["kind"], namespace, metadata["name"] if name else "")

    def apply(self, body: Body, **query: Any) -> Any:
        """Apply an object on the server's side, with strict fields."""
        settings = {"fieldManager": MANAGER, "force": "true", "fieldValidation": "Strict", **query}
        return self.request("PATCH", self.path_of(body), body, "application/apply-patch+yaml", **settings)

    def create(self, body: Body, **query: Any) -> Any:
        """Create an object, with strict fields."""
        return self.request("POST", self.path_of(body, name=False), body, **{"fieldValidation": "Strict", **query})

    def get(self, api_version: str, kind: str, namespace: str = "", name: str = "") -> Any:
        """Return one object, or all of a kind as a list."""
        return self.request("GET", self.path(api_version, kind, namespace, name))

    def items(self, api_version: str, kind: str, namespace: str = "") -> list[dict[str, Any]]:
        """Return all objects of a kind."""
        found: list[dict[str, Any]] = self.get(api_version, kind, namespace)["items"]
        return found

    def delete(self, body: Body, **query: Any) -> None:
        """Delete an object."""
        self.request("DELETE", self.path_of(body), {"propagationPolicy": "Background"}, **query)

    def patch(self, body: Body, change: Body, subresource: str = "") -> Any:
        """Merge a change into an object."""
        path = self.path_of(body) + (f"/{subresource}" if subresource else "")
        return self.request("PATCH", path, change, "application/merge-patch+json")

    def watch(self, api_version: str, kind: str, since: str) -> Iterator[dict[str, Any]]:
        """Yield what happens to objects of a kind after the resource version *since*."""
        query = {"watch": "true", "resourceVersion": since, "allowWatchBookmarks": "false"}
        url = self.server + self.path(api_version, kind)
        with self.session.get(url, params=query, stream=True, timeout=(10, 600)) as answer:
            for line in answer.iter_lines():
                if line:
                    yield json.loads(line)
