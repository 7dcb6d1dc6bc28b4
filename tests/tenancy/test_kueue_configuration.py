import pytest
from pydantic import ValidationError

from tenancy.kueue_configuration import Configuration, Settings

HEAD = {"apiVersion": "config.kueue.x-k8s.io/v1beta2", "kind": "Configuration"}


def test_pods_are_waited_for_as_019_does():
    waiting = Configuration.model_validate(HEAD).wait_for_pods_ready
    assert (waiting.timeout, waiting.block_admission, waiting.recovery_timeout) == ("30m", False, None)
    requeuing = waiting.requeuing_strategy
    assert (requeuing.timestamp, requeuing.backoff_limit_count) == ("Eviction", None)
    assert (requeuing.backoff_base_seconds, requeuing.backoff_max_seconds) == (60, 3600)


FAIR = ("LessThanOrEqualToFinalShare", "LessThanInitialShare")


@pytest.mark.parametrize(
    ("fields", "good"),
    [
        ({"fairSharing": {"preemptionStrategies": [FAIR[0]]}}, True),
        ({"fairSharing": {"preemptionStrategies": [FAIR[1]]}}, True),
        ({"fairSharing": {"preemptionStrategies": list(FAIR)}}, True),
        ({"fairSharing": {"preemptionStrategies": [FAIR[1], FAIR[0]]}}, False),
        ({"fairSharing": {"preemptionStrategies": []}}, False),
        ({"fairSharing": {}}, False),
        ({"fairSharing": None}, True),
        ({"resources": {"quotaCheckStrategy": "IgnoreUndeclared"}}, True),
        ({"resources": {"quotaCheckStrategy": "IgnoreUndeclared", "excludeResourcePrefixes": ["a"]}}, False),
        ({"resources": {"transformations": [{"input": "a"}, {"input": "b"}]}}, True),
        ({"resources": {"transformations": [{"input": "a"}, {"input": "a"}]}}, False),
        ({"resources": {"transformations": [{"input": "a", "outputs": {"b": "1Gi"}}]}}, True),
        ({"resources": {"transformations": [{"input": "a", "outputs": {"b": "1GB"}}]}}, False),
        ({"resources": {"transformations": [{"input": "a", "outputs": {"b": True}}]}}, False),
        ({"resources": {"deviceClassMappings": [{"name": "a"}] * 16}}, True),
        ({"resources": {"deviceClassMappings": [{"name": "a"}] * 17}}, False),
        ({"admissionFairSharing": {"usageHalfLifeTime": "168h", "resourceWeights": {"cpu": 0}}}, True),
        ({"admissionFairSharing": {"usageHalfLifeTime": "168h", "resourceWeights": {"cpu": -1}}}, False),
        ({"admissionFairSharing": {"usageHalfLifeTime": "168h", "resourceWeights": {"cpu": "1"}}}, False),
        ({"admissionFairSharing": {}}, False),
        ({"waitForPodsReady": {"timeout": "5m", "requeuingStrategy": {"timestamp": "Creation"}}}, True),
        ({"waitForPodsReady": {"timeout": "5 minutes"}}, False),
        ({"integrations": {"frameworks": ["batch/job", "pod"]}}, True),
        ({"integrations": {"frameworks": ["batch/jobs"]}}, False),
        ({"integrations": {"externalFrameworks": ["Foo.v1.example.org"]}}, True),
        ({"integrations": {"externalFrameworks": ["example.org/foo"]}}, False),
        ({"featureGates": {"TopologyAwareScheduling": False}}, True),
        ({"featureGates": {"TopologyAwareScheduling": "no"}}, False),
        ({"fairSharin": None}, False),
    ],
)
def test_what_the_manager_refuses_is_refused(fields, good):
    for model, content in ((Settings, fields), (Configuration, {**HEAD, **fields})):
        if good:
            assert model.model_validate(content)
        else:
            with pytest.raises(ValidationError):
                model.model_validate(content)
