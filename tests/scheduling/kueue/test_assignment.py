"""Which flavor is chosen, and what that makes of the whole."""

from typing import Any

import pytest

from scheduling.kueue.api import ClusterQueueSpec
from scheduling.kueue.workload import Info, PodSet
from support.kueue_worlds import GPU, Bench, cluster, queue

TRY_ALL = {"whenCanBorrow": "TryNextFlavor", "whenCanPreempt": "TryNextFlavor"}
LOWER = {"withinClusterQueue": "LowerPriority", "reclaimWithinCohort": "LowerPriority"}
BORROWING = {**LOWER, "borrowWithinCohort": {"policy": "LowerPriority"}}


def bench(fungibility: dict[str, str], preemption: dict[str, Any] = LOWER, second: int = 2, lent: int = 4) -> Bench:
    """Return a queue whose first flavor is taken by low priority, and whose second can be had, in part borrowed."""
    spec = {"cohortName": "all", "flavorFungibility": fungibility, "preemption": preemption}
    found = Bench(
        cluster(
            {
                "a": queue({"first": 2, "second": second}, **spec),
                "pool": queue({"first": 0, "second": lent}, cohortName="all"),
            }
        )
    )
    found.run(("low", "a", 2))
    return found


@pytest.mark.parametrize(
    ("fungibility", "expected"),
    [
        ({}, ["+high second"]),
        ({"whenCanPreempt": "MayStopSearch"}, ["-low high InClusterQueue", "+high first"]),
        (TRY_ALL, ["+high second"]),
    ],
)
def test_when_a_scan_stops_at_a_flavor_where_it_can_preempt(fungibility: dict[str, str], expected: list[str]) -> None:
    scene = bench(fungibility)
    scene.submit("high", "a", 2, priority=9)
    assert scene.settle()[: len(expected)] == expected


@pytest.mark.parametrize(
    ("preference", "expected"),
    [
        ({}, ["+high second"]),
        ({"preference": "BorrowingOverPreemption"}, ["+high second"]),
        ({"preference": "PreemptionOverBorrowing"}, ["-low high InClusterQueue", "+high first"]),
    ],
)
def test_preference_between_preempting_and_borrowing(preference: dict[str, str], expected: list[str]) -> None:
    scene = bench({**TRY_ALL, **preference}, second=0)
    scene.submit("high", "a", 2, priority=9)
    assert scene.settle()[: len(expected)] == expected


@pytest.mark.parametrize(
    ("preference", "expected"),
    [
        ("BorrowingOverPreemption", ["-low high InClusterQueue", "+high h100"]),
        ("PreemptionOverBorrowing", []),
    ],
)
def test_preferring_preemption_hides_a_resource_that_must_preempt_behind_one_that_borrows(
    preference: str, expected: list[str]
) -> None:
    """CPU fits by borrowing, the GPU needs preemption within nominal.

    Where preempting is preferred, fitting by borrowing is the worse of the two and speaks for the flavor: it counts
    as fitting, nobody is preempted, and it does not fit.
    """

    def group(cpu: int, gpu: int) -> list[dict[str, Any]]:
        amounts = [{"name": "cpu", "nominalQuota": cpu}, {"name": GPU, "nominalQuota": gpu}]
        return [{"coveredResources": ["cpu", GPU], "flavors": [{"name": "h100", "resources": amounts}]}]

    def spec(cpu: int, gpu: int, **more: Any) -> ClusterQueueSpec:
        return ClusterQueueSpec.model_validate(
            {"namespaceSelector": {}, "cohortName": "all", "resourceGroups": group(cpu, gpu), **more}
        )

    queues = {
        "a": spec(0, 2, flavorFungibility={**TRY_ALL, "preference": preference}, preemption=BORROWING),
        "pool": spec(8, 0),
    }
    scene = Bench(cluster(queues))

    def submit(name: str, priority: int) -> None:
        scene.now += 1
        pods = (PodSet("main", 1, (("cpu", 1000), (GPU, 2))),)
        shape = scene.scheduler.cluster.queues["a"].shape(priority, pods, repr(pods))
        scene.infos[name] = Info(len(scene.infos), name, scene.now, shape)
        scene.scheduler.arrive(scene.infos[name])

    submit("low", 0)
    assert scene.settle() == ["+low h100"]
    submit("high", 9)
    assert scene.settle() == expected


def test_of_flavors_as_good_the_first_is_chosen() -> None:
    scene = Bench(cluster({"a": queue({"first": 2, "second": 2}, flavorFungibility=TRY_ALL)}))
    assert scene.run(("one", "a", 1)) == ["+one first"]


def test_a_pod_set_is_never_split_over_flavors() -> None:
    scene = Bench(cluster({"a": queue({"first": 2, "second": 2})}))
    scene.submit("wide", "a", 1, pods=3)
    assert scene.settle() == []
