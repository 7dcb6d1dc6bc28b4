"""LocalQueues that take turns by what they have used lately."""

from typing import Any

import pytest

from scheduling.kueue.admission_fair_sharing import Memories
from scheduling.kueue.objects import LocalQueueKey
from support.kueue_worlds import GPU, Bench, cluster, queue
from tenancy.kueue_configuration import AdmissionFairSharing

HOUR = 3_600_000
A, B = LocalQueueKey("ns", "a"), LocalQueueKey("ns", "b")


def memories(half_life: str = "1h", weights: dict[LocalQueueKey, float] | None = None, **settings: Any) -> Memories:
    fields = {"usageHalfLifeTime": half_life, "usageSamplingInterval": "30m", **settings}
    return Memories(AdmissionFairSharing.model_validate(fields), weights or {A: 1.0, B: 1.0})


def test_usage_of_what_runs_grows_towards_what_is_held() -> None:
    memory = memories()
    memory.admitted(A, 0, [(GPU, 8)], 0)
    assert [memory.usage(A, hours * HOUR) for hours in (0, 1, 2)] == pytest.approx([0, 4, 6])


def test_usage_is_sampled_at_intervals() -> None:
    memory = memories()
    memory.admitted(A, 0, [(GPU, 8)], 0)
    assert memory.usage(A, HOUR // 2 - 1) == 0
    assert memory.usage(A, HOUR // 2) == pytest.approx(8 * (1 - 0.5**0.5))


def test_usage_decays_by_half_in_a_half_life() -> None:
    memory = memories()
    memory.admitted(A, 0, [(GPU, 8)], 0)
    memory.usage(A, HOUR)
    memory.lost(A, 0, [(GPU, 8)], HOUR)
    assert memory.usage(A, 2 * HOUR) == pytest.approx(2)


def test_the_entry_penalty_is_one_interval_of_the_request_and_is_settled_at_admission() -> None:
    memory = memories()
    penalty = 8 * (1 - 0.5**0.5)
    memory.reserved(A, 0, [(GPU, 8)], 0)
    assert memory.usage(A, 0) == pytest.approx(penalty)
    memory.admitted(A, 0, [(GPU, 8)], 0)
    assert memory.usage(A, 0) == pytest.approx(penalty), "now part of what was consumed"
    memory.reserved(B, 1, [(GPU, 8)], 0)
    memory.lost(B, 1, [(GPU, 8)], 0)
    assert memory.usage(B, 0) == 0, "never admitted: dropped"


def test_weights() -> None:
    memory = memories(weights={A: 2.0, B: 0.0}, resourceWeights={"cpu": 3.0, "memory": 0.0})
    for key in (A, B):
        memory.admitted(key, 0, [("cpu", 4000), ("memory", 2**40)], 0)
    assert memory.usage(A, HOUR) == pytest.approx(2 * 3.0 / 2)
    assert memory.usage(B, HOUR) == float("inf"), "a queue without weight comes last"


def test_without_half_life_nothing_is_remembered() -> None:
    memory = memories(half_life="0s")
    memory.reserved(A, 0, [(GPU, 8)], 0)
    memory.admitted(A, 0, [(GPU, 8)], 0)
    assert memory.usage(A, 9 * HOUR) == 0


def engine(**spec: Any) -> Bench:
    scope = {"admissionScope": {"admissionMode": "UsageBasedAdmissionFairSharing"}}
    sharing = {"usageHalfLifeTime": "1h", "usageSamplingInterval": "1m"}
    local = {key: {"clusterQueue": "q"} for key in (A, B)}
    return Bench(cluster({"q": queue({"h100": 2}, **scope, **spec)}, local_queues=local, admissionFairSharing=sharing))


def test_the_queue_that_used_less_goes_first_before_priority() -> None:
    bench = engine()
    bench.submit("a0", "q", 2, local_queue=A)
    assert bench.settle() == ["+a0 h100"]
    for name, key, priority in (("a1", A, 9), ("b1", B, 0)):
        bench.submit(name, "q", 2, priority, local_queue=key)
        assert bench.settle() == []
    bench.now = HOUR
    bench.finish("a0")
    assert bench.settle() == ["+b1 h100"]
    bench.now = 2 * HOUR
    bench.finish("b1")
    assert bench.settle() == ["+a1 h100"]


def test_candidates_of_the_queue_that_used_more_go_first() -> None:
    bench = engine(preemption={"withinClusterQueue": "LowerPriority"})
    for name, key in (("a0", A), ("b0", B)):
        bench.submit(name, "q", 1, local_queue=key)
        bench.settle()
        bench.now += HOUR
    bench.submit("urgent", "q", 1, 5, local_queue=B)
    assert bench.settle() == ["-a0 urgent InClusterQueue", "+urgent h100"], "b0 is the more recent, but a used more"


def test_without_the_managers_setting_the_scope_changes_nothing() -> None:
    scope = {"admissionScope": {"admissionMode": "UsageBasedAdmissionFairSharing"}}
    world = cluster({"q": queue({"h100": 1}, **scope)})
    assert world.queues["q"].memories is None
