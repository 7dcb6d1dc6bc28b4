from typing import get_args

import pytest

from tenancy.job_kinds import INTEGRATIONS, JobKind, frameworks
from tenancy.kueue_configuration import Framework


def test_every_kind_has_its_integration_and_every_framework_is_one_of_kueue():
    assert INTEGRATIONS.keys() == set(JobKind)
    named = {integration.framework for integration in INTEGRATIONS.values()} - {None}
    assert named <= set(get_args(Framework))


def test_no_two_kinds_are_one_resource():
    resources = [(integration.group, integration.plural) for integration in INTEGRATIONS.values()]
    assert len(set(resources)) == len(resources)


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        (set(), []),
        ({JobKind.JOB}, ["batch/job"]),
        ({JobKind.VOLCANO_JOB}, []),
        ({JobKind.NOTEBOOK}, ["pod"]),
        ({JobKind.DEPLOYMENT}, ["deployment", "pod"]),
        ({JobKind.STATEFUL_SET, JobKind.JOB}, ["batch/job", "pod", "statefulset"]),
        ({JobKind.LEADER_WORKER_SET}, ["leaderworkerset.x-k8s.io/leaderworkerset", "pod"]),
        ({JobKind.RAY_JOB}, ["ray.io/rayjob"]),
    ],
)
def test_frameworks_bring_what_they_need(kinds, expected):
    assert frameworks(kinds) == expected
