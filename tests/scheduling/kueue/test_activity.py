"""Which ClusterQueues are active, and whose workloads are never tried."""

from typing import Any

import pytest

from scheduling.kueue.activity import gates, inactive
from scheduling.kueue.objects import LocalQueueKey, Objects, read
from support.manifests import manifests

FLAVOR = "{apiVersion: kueue.x-k8s.io/v1beta2, kind: ResourceFlavor, metadata: {name: %s}, spec: {%s}}"
CHECK = (
    "{apiVersion: kueue.x-k8s.io/v1beta2, kind: AdmissionCheck, metadata: {name: %s}, spec: {controllerName: %s},"
    " status: {conditions: [{type: Active, status: '%s'}]}}"
)
TOPOLOGY = (
    "{apiVersion: kueue.x-k8s.io/v1beta2, kind: Topology, metadata: {name: rack}, spec: {levels: [{nodeLabel: r}]}}"
)
NAMESPACE = "{apiVersion: v1, kind: Namespace, metadata: {name: ns, labels: {team: vision}}}"
MULTI, PROVISIONING = "kueue.x-k8s.io/multikueue", "kueue.x-k8s.io/provisioning-request"


def world(*others: str, local: str = "", **spec: Any) -> Objects:
    """Return a queue `q` with flavor `f`, a LocalQueue that leads to it from `ns`, and *others*."""
    flavor = {"name": "f", "resources": [{"name": "cpu", "nominalQuota": 4}]}
    queue = {
        "apiVersion": "kueue.x-k8s.io/v1beta2",
        "kind": "ClusterQueue",
        "metadata": {"name": "q"},
        "spec": {
            "namespaceSelector": {},
            "resourceGroups": [{"coveredResources": ["cpu"], "flavors": [flavor]}],
            **spec,
        },
    }
    local_queue = f"""{{apiVersion: kueue.x-k8s.io/v1beta2, kind: LocalQueue, metadata: {{name: lq, namespace: ns}},
                      spec: {{clusterQueue: q{local}}}}}"""
    return read(manifests(queue, local_queue, *others))


def checks(*names: str, flavors: list[str] | None = None) -> dict[str, Any]:
    rules = [{"name": name, **({"onFlavors": flavors} if flavors else {})} for name in names]
    return {"admissionChecksStrategy": {"admissionChecks": rules}}


READY = [FLAVOR % ("f", "")]


@pytest.mark.parametrize(
    ("objects", "reason", "message"),
    [
        pytest.param(lambda: world(*READY), None, "", id="active"),
        pytest.param(world, None, "", id="without any flavor in the world it is not judged"),
        pytest.param(lambda: world(*READY, stopPolicy="Hold"), "Stopped", "is stopped", id="stopped"),
        pytest.param(
            lambda: world(FLAVOR % ("other", "")),
            "FlavorNotFound",
            "references missing ResourceFlavor(s): f",
            id="flavor",
        ),
        pytest.param(
            lambda: world(*READY, CHECK % ("there", "x.io/y", "True"), **checks("missing")),
            "AdmissionCheckNotFound",
            "references missing AdmissionCheck(s): missing",
            id="check",
        ),
        pytest.param(
            lambda: world(*READY, CHECK % ("c", "x.io/y", "False"), **checks("c")),
            "AdmissionCheckInactive",
            "references inactive AdmissionCheck(s): c",
            id="check that is not ready",
        ),
        pytest.param(
            lambda: world(*READY, CHECK % ("p", PROVISIONING, "True"), **checks("p")),
            "AdmissionCheckInactive",
            "references inactive AdmissionCheck(s): p",
            id="provisioning without parameters",
        ),
        pytest.param(
            lambda: world(*READY, CHECK % ("m", MULTI, "True"), CHECK % ("n", MULTI, "True"), **checks("m", "n")),
            "MultipleMultiKueueAdmissionChecks",
            "found: m,n",
            id="two MultiKueue",
        ),
        pytest.param(
            lambda: world(FLAVOR % ("f", "nodeLabels: {a: b}, topologyName: rack"), TOPOLOGY.replace("rack", "other")),
            "TopologyNotFound",
            'there is no Topology "rack" for TAS flavor "f"',
            id="topology",
        ),
    ],
)
def test_reasons(objects: Any, reason: str | None, message: str) -> None:
    found = inactive(objects())
    assert (found["q"].reason if found else None) == reason
    assert not found or message in found["q"].message


def test_the_first_reason_is_the_reason_and_all_are_in_the_message() -> None:
    found = inactive(world(FLAVOR % ("other", ""), stopPolicy="HoldAndDrain"))
    assert found["q"] == (
        "Stopped",
        "Can't admit new workloads: is stopped, references missing ResourceFlavor(s): f.",
    )


KEY = LocalQueueKey("ns", "lq")


@pytest.mark.parametrize(
    ("objects", "reason"),
    [
        pytest.param(lambda: world(*READY), None, id="open"),
        pytest.param(lambda: world(*READY, local=", stopPolicy: Hold"), "Suspended", id="LocalQueue stopped"),
        pytest.param(lambda: world(*READY, stopPolicy="HoldAndDrain"), "Suspended", id="ClusterQueue stopped"),
        pytest.param(lambda: world(FLAVOR % ("other", "")), "Misconfigured", id="inactive"),
        pytest.param(lambda: world(*READY, namespaceSelector=None), "Misconfigured", id="selector matches nothing"),
        pytest.param(
            lambda: world(*READY, NAMESPACE, namespaceSelector={"matchLabels": {"team": "vision"}}), None, id="matches"
        ),
        pytest.param(
            lambda: world(*READY, NAMESPACE, namespaceSelector={"matchLabels": {"team": "speech"}}),
            "Misconfigured",
            id="another team",
        ),
        pytest.param(
            lambda: world(
                *READY,
                NAMESPACE,
                namespaceSelector={
                    "matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["ns"]}]
                },
            ),
            None,
            id="by name",
        ),
        pytest.param(
            lambda: world(*READY, namespaceSelector={"matchLabels": {"team": "x"}}),
            None,
            id="no Namespace in the world",
        ),
    ],
)
def test_gates(objects: Any, reason: str | None) -> None:
    gate = gates(objects()).get(KEY)
    assert (gate.reason if gate else None) == reason
