"""Baselines hold the same quota as the world they are made of."""

from scheduling.kueue.api import LocalQueueSpec, WithResourceGroups
from scheduling.kueue.objects import LocalQueueKey, Objects
from simulator.baselines import FIFO, fifo, static
from support.kueue_worlds import GPU, cluster, queue
from tenancy.kueue_configuration import Configuration


def world() -> Objects:
    """Return queues a (2 GPUs), b (4) below `inner`, c (2) below `outer`; the cohorts hold 3 and 4."""
    limits = {"nominalQuota": 4, "borrowingLimit": 1, "lendingLimit": 2}
    preemption = {"reclaimWithinCohort": "Any", "withinClusterQueue": "LowerPriority"}
    built = cluster(
        {
            "a": queue({"h100": 2}, cohortName="inner"),
            "b": queue({"h100": limits}, cohortName="inner", preemption=preemption),
            "c": queue({"h100": 2}, cohortName="outer"),
            "alone": queue({"a100": 5}),
        },
        {
            "inner": {"parentName": "outer", **held(3)},
            "outer": held(4),
        },
        fair=["LessThanInitialShare"],
    ).objects
    keys = {LocalQueueKey("ns", name): LocalQueueSpec.model_validate({"clusterQueue": name}) for name in "abc"}
    return Objects(built.cluster_queues, built.cohorts, keys, built.flavors, built.priorities, {}, built.configuration)


def held(gpus: int) -> dict[str, object]:
    flavors = [{"name": "h100", "resources": [{"name": GPU, "nominalQuota": gpus}]}]
    return {"resourceGroups": [{"coveredResources": [GPU], "flavors": flavors}]}


def total(specs: list[WithResourceGroups]) -> int:
    return sum(nominal for spec in specs for _, _, nominal in spec.nominal_quotas())


def everything(objects: Objects) -> int:
    return total([*objects.cluster_queues.values(), *objects.cohorts.values()])


def test_static_shares_out_what_cohorts_hold_in_proportion_to_nominal_quota() -> None:
    cut = static(world())
    assert {name: total([spec]) for name, spec in cut.cluster_queues.items()} == {"a": 4, "b": 8, "c": 3, "alone": 5}
    assert everything(cut) == everything(world())


def test_static_isolates() -> None:
    cut = static(world())
    assert cut.cohorts == {}
    spec = cut.cluster_queues["b"]
    assert (spec.cohort_name, spec.preemption.reclaim_within_cohort) == (None, "Never")
    assert spec.preemption.within_cluster_queue == "LowerPriority"
    assert spec.resource_groups[0].flavors[0].resources[0].borrowing_limit is None
    assert isinstance(cut.configuration, Configuration)
    assert cut.configuration.fair_sharing is None


def test_fifo_joins_all_quota_to_one_strict_queue() -> None:
    joined = fifo(world())
    assert list(joined.cluster_queues) == [FIFO]
    assert joined.cluster_queues[FIFO].queueing_strategy == "StrictFIFO"
    assert everything(joined) == everything(world())
    assert {spec.cluster_queue for spec in joined.local_queues.values()} == {FIFO}
    assert joined.local_queues.keys() == world().local_queues.keys()
