"""A stand-in for pulumi-resource-kubernetes, which no package registry carries: server-side apply, inputs compared."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import yaml
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from e2e.certificates import Pair
from e2e.client import Client, RefusedError
from tenancy.drift import as_wanted
from tenancy.kinds import Kind, kind_of, same_value
from tenancy.manifests import group_of

VERSION = "4.32.0"
PATIENCE = 60.0


def client(context: str | None) -> Client:
    """Return a client for a context of $KUBECONFIG, by default the current one."""
    body = yaml.safe_load(Path(os.environ["KUBECONFIG"]).read_text())
    contexts, clusters, users = (
        {entry["name"]: entry[kind] for entry in body[f"{kind}s"]} for kind in ("context", "cluster", "user")
    )
    chosen = contexts[context or body["current-context"]]
    cluster, user = clusters[chosen["cluster"]], users[chosen["user"]]
    pair = Pair(Path(user["client-certificate"]), Path(user["client-key"]))
    return Client(cluster["server"], cluster["certificate-authority"], pair)


def plain(message: Any) -> Any:
    """Return a Struct as a mapping; whole numbers become integers."""
    return whole(json_format.MessageToDict(message))


def whole(value: Any) -> Any:
    """Return *value* with integers for whole floats, as JSON of Kubernetes has them."""
    if isinstance(value, dict):
        return {key: whole(member) for key, member in value.items()}
    if isinstance(value, list):
        return [whole(member) for member in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def struct(value: Any) -> Any:
    """Return a mapping as a Struct."""
    message = struct_pb2.Struct()
    message.update(value)
    return message


def different(kind: Kind, path: tuple[str, ...], old: Any, new: Any) -> Iterator[str]:
    """Yield the paths, as Pulumi writes them, at which two values differ; quantities compare by value."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            yield from different(kind, (*path, key), old.get(key), new.get(key))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, pair in enumerate(zip(old, new, strict=True)):
            yield from different(kind, (*path, f"[{index}]"), *pair)
    elif not same_value(kind, path, old, new):
        steps = (f'["{key}"]' if "." in key or "/" in key else key if key[0] == "[" else f".{key}" for key in path)
        yield "".join(steps).removeprefix(".")


class Kubernetes(provider_pb2_grpc.ResourceProviderServicer):
    """Creates, updates, reads and deletes objects."""

    def __init__(self) -> None:
        self.client: Client
        self.upsert = False

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        return plugin_pb2.PluginInfo(version=VERSION)

    def CheckConfig(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        settings = plain(request.args)
        self.client = client(settings.get("context"))
        self.upsert = settings.get("upsertExistingObjects") in ("true", True)
        return provider_pb2.ConfigureResponse(acceptSecrets=True, acceptResources=True, supportsPreview=True)

    def Cancel(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        return empty_pb2.Empty()

    def Check(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        return provider_pb2.CheckResponse(inputs=request.news)

    def Diff(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        update = provider_pb2.PropertyDiff.UPDATE
        old, new = plain(request.old_inputs), plain(request.news)
        paths = list(different(kind_of(group_of(new["apiVersion"]), new["kind"]), (), old, new))
        response = provider_pb2.DiffResponse
        return response(
            changes=response.DIFF_SOME if paths else response.DIFF_NONE,
            diffs=sorted({path.split(".")[0].split("[")[0] for path in paths}),
            detailedDiff={path: provider_pb2.PropertyDiff(kind=update, inputDiff=True) for path in paths},
            hasDetailedDiff=True,
        )

    def Create(self, request: Any, context: Any) -> Any:  # noqa: N802
        body = plain(request.properties)
        if not request.preview:
            if not self.upsert and self._live(body) is not None:
                context.abort(grpc.StatusCode.ALREADY_EXISTS, f"{request.urn}: already exists")
            self._apply(body, context)
        return provider_pb2.CreateResponse(id=identity(body), properties=request.properties)

    def Update(self, request: Any, context: Any) -> Any:  # noqa: N802
        if not request.preview:
            self._apply(plain(request.news), context)
        return provider_pb2.UpdateResponse(properties=request.news)

    def Read(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        inputs = plain(request.inputs)
        body = inputs or located(request.urn, request.id)
        live = self._live(body)
        if live is None:
            return provider_pb2.ReadResponse()
        seen = struct(as_wanted(inputs, live) if inputs else live)
        return provider_pb2.ReadResponse(id=request.id, properties=seen, inputs=seen)

    def Delete(self, request: Any, context: Any) -> Any:  # noqa: N802
        body = plain(request.properties)
        deadline = time.monotonic() + PATIENCE
        try:
            self.client.delete(body)
            while self._live(body) is not None:
                if time.monotonic() > deadline:
                    context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, f"{request.urn}: is still there")
                time.sleep(0.1)
        except RefusedError as error:
            if error.code != 404:
                context.abort(grpc.StatusCode.UNKNOWN, f"{request.urn}: {error}")
        return empty_pb2.Empty()

    def _apply(self, body: Any, context: Any) -> None:
        try:
            self.client.apply(body)
        except RefusedError as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))

    def _live(self, body: Any) -> Any:
        try:
            return self.client.request("GET", self.client.path_of(body))
        except RefusedError as error:
            if error.code == 404:
                return None
            raise


def identity(body: Any) -> str:
    """Return what the provider calls an object."""
    metadata = body["metadata"]
    return "/".join(part for part in (metadata.get("namespace"), metadata["name"]) if part)


def located(urn: str, name: str) -> Any:
    """Return as much of an object as its type and its id tell."""
    token = urn.split("::")[2].rpartition("$")[2]
    _, api_version, kind = token.split(":")
    namespace, _, plain_name = name.rpartition("/")
    metadata = {"name": plain_name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": api_version.removeprefix("core/"), "kind": kind, "metadata": metadata}


def main() -> None:
    """Serve until told to end; the port is printed for the engine."""
    signal.signal(signal.SIGINT, lambda *_: os._exit(0))
    server = grpc.server(ThreadPoolExecutor(max_workers=8))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Kubernetes(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    server.wait_for_termination()


if __name__ == "__main__":
    main()
