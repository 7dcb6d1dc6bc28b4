"""What we write is accepted by a real API server and Kueue's webhooks; what we refuse, they refuse."""

import os
from collections import Counter
from random import Random
from typing import Any

import pytest

from e2e.client import RefusedError
from e2e.cluster import Cluster
from e2e.core_mutants import CORE_BASES, CORE_VALUES
from e2e.mutants import BASES, VALUES, Body, mutant
from scheduling.declare import declare
from scheduling.kueue.objects import refusals
from support.stacks import EXAMPLES, NAMES
from tenancy import core_objects
from tenancy.finding import Place
from tenancy.load import load
from tenancy.manifests import Manifests, Origin, declared

pytestmark = pytest.mark.e2e
MUTANTS = int(os.environ.get("MUSTER_E2E_MUTANTS", "2400"))
KINDS = ["kueue", "core"]


@pytest.mark.parametrize("stack", NAMES)
def test_every_object_of_the_example_stacks_is_accepted(cluster: Cluster, stack: str) -> None:
    manifests = declare(load(EXAMPLES / stack))
    refused = []
    for manifest in manifests.values():
        try:
            cluster.client.apply(manifest.body)
        except RefusedError as error:
            refused.append(f"{manifest.key}: {error}")
    for manifest in reversed(list(manifests.values())):
        try:
            cluster.client.delete(manifest.body)
        except RefusedError as error:
            if error.code != 404:
                raise
    assert refused == []
    gone = [manifest.key.name for manifest in manifests.values() if manifest.key.kind == "Namespace"]
    cluster.plane.processes.wait_until("namespaces are gone", lambda: not present(cluster, gone))


def present(cluster: Cluster, names: list[str]) -> list[str]:
    return [
        body["metadata"]["name"]
        for body in cluster.client.items("v1", "Namespace")
        if body["metadata"]["name"] in names
    ]


def ours(body: dict[str, Any]) -> str | None:
    """Return what we say against an object; None where nothing."""
    manifests = Manifests([declared(body, Origin(Place("mutant.yaml")))])
    found = [*refusals(manifests), *core_objects.refusals(manifests)]
    return f"{found[0].path}: {found[0].message}" if found else None


def theirs(cluster: Cluster, body: dict[str, Any]) -> str | None:
    """Return what the server says against an object; None where nothing."""
    try:
        cluster.client.create(body, dryRun="All", fieldValidation="Ignore")
    except RefusedError as error:
        return str(error)
    return None


def test_the_bases_of_mutants_are_accepted(cluster: Cluster) -> None:
    bases = [*BASES, *CORE_BASES]
    assert [theirs(cluster, body) for body in bases] == [None] * len(bases)
    assert [ours(body) for body in bases] == [None] * len(bases)


def known(body: dict[str, Any]) -> bool:
    """Tell whether we refuse an object on purpose that the server accepts: numbers that blind Kueue's manager."""
    if body["kind"] == "PriorityClass":
        return False
    spec = body.get("spec")
    retry = spec.get("retryStrategy") if isinstance(spec, dict) else None
    numbers = [body.get("value"), *(retry.values() if isinstance(retry, dict) else ())]
    return any(isinstance(number, int) and abs(number) > 2**31 - 1 for number in numbers)


@pytest.mark.parametrize(
    ("bases", "values", "count"), [(BASES, VALUES, MUTANTS), (CORE_BASES, CORE_VALUES, MUTANTS // 2)], ids=KINDS
)
def test_we_refuse_what_the_server_refuses_and_nothing_else(
    cluster: Cluster, bases: tuple[Body, ...], values: tuple[Any, ...], count: int
) -> None:
    random = Random(7)
    outcomes: Counter[str] = Counter()
    disagreements = []
    for number in range(count):
        body = mutant(random, bases[number % len(bases)], values)
        we, they = ours(body), theirs(cluster, body)
        outcomes["refused" if they else "accepted"] += 1
        if (we is None) != (they is None) and not known(body):
            disagreements.append(f"{number} {body['kind']}: ours: {we} | theirs: {they} | {body}")
    assert min(outcomes["refused"], outcomes["accepted"]) > count // 10, outcomes
    assert not disagreements, "\n".join([f"{len(disagreements)} of {count}", *disagreements])
