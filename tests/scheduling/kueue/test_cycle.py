"""Scenes at the queue: what is admitted, preempted and left waiting, one rule a scene."""

from support.kueue_worlds import Bench, cluster, queue

NEVER = {"withinClusterQueue": "Never", "reclaimWithinCohort": "Never"}


def shared(**queues: int) -> dict[str, object]:
    return {name: queue({"h100": nominal}, cohortName="all") for name, nominal in queues.items()}


def test_a_workload_that_fits_starts_and_one_that_does_not_waits() -> None:
    bench = Bench(cluster({"a": queue({"h100": 4})}))
    assert bench.run(("big", "a", 3), ("late", "a", 3), ("small", "a", 1)) == ["+big h100", "+small h100"]
    bench.finish("big")
    assert bench.settle() == ["+late h100"]


def test_strict_fifo_lets_nobody_pass() -> None:
    bench = Bench(cluster({"a": queue({"h100": 4}, queueingStrategy="StrictFIFO")}))
    assert bench.run(("big", "a", 3), ("late", "a", 3), ("small", "a", 1)) == ["+big h100"]
    bench.finish("big")
    assert bench.settle() == ["+late h100", "+small h100"]


def test_priority_goes_before_time_and_time_before_uid() -> None:
    bench = Bench(cluster({"a": queue({"h100": 1})}))
    bench.run(("first", "a"))
    for name, priority in (("low", 0), ("high", 10), ("also-high", 10)):
        bench.submit(name, "a", priority=priority)
        assert bench.settle() == []
    for running, next_ in (("first", "high"), ("high", "also-high"), ("also-high", "low")):
        bench.finish(running)
        assert bench.settle() == [f"+{next_} h100"]


def test_a_parked_class_is_tried_again_when_capacity_is_freed_anywhere_in_the_tree() -> None:
    bench = Bench(cluster(shared(a=2, b=2)))
    assert bench.run(("b1", "b", 4), ("a1", "a", 1), ("a2", "a", 1)) == ["+b1 h100"]
    assert all(shape.parked for shape in bench.scheduler.cluster.queues["a"].shapes.values())
    bench.finish("b1")
    assert bench.settle() == ["+a1 h100", "+a2 h100"]


def test_who_needs_no_borrowed_quota_goes_first() -> None:
    bench = Bench(cluster(shared(a=1, b=2)))
    bench.run(("run", "b", 3))
    bench.submit("borrower", "a", 3)
    bench.submit("owner", "b", 2)
    bench.settle()
    bench.finish("run")
    assert bench.settle() == ["+owner h100"]


def test_reclaim_any_takes_back_what_is_borrowed() -> None:
    spec = {"cohortName": "all", "preemption": {"reclaimWithinCohort": "Any"}}
    bench = Bench(cluster({"a": queue({"h100": 2}, **spec), "b": queue({"h100": 2}, **spec)}))
    assert bench.run(("b1", "b", 2), ("b2", "b", 2), ("a1", "a", 2)) == [
        "+b1 h100",
        "+b2 h100",
        "-b2 a1 InCohortReclamation",
        "+a1 h100",
    ]


def test_lower_priority_does_not_reclaim_from_its_equals() -> None:
    spec = {"cohortName": "all", "preemption": {"reclaimWithinCohort": "LowerPriority"}}
    bench = Bench(cluster({"a": queue({"h100": 2}, **spec), "b": queue({"h100": 2}, **spec)}))
    assert bench.run(("b1", "b", 4), ("a1", "a", 2)) == ["+b1 h100"]
    bench.submit("a2", "a", 2, priority=1)
    assert bench.settle() == ["-b1 a2 InCohortReclamation", "+a2 h100", "+a1 h100"], "a1 borrows what b1 left"


def test_within_the_queue_lower_priority_yields_and_the_most_recent_first() -> None:
    bench = Bench(cluster({"a": queue({"h100": 2}, preemption={"withinClusterQueue": "LowerPriority"})}))
    bench.run(("old", "a"), ("new", "a"))
    bench.submit("urgent", "a", priority=5)
    assert bench.settle() == ["-new urgent InClusterQueue", "+urgent h100"]


def test_victims_without_whom_it_fits_anyway_are_let_go() -> None:
    bench = Bench(cluster({"a": queue({"h100": 4}, preemption={"withinClusterQueue": "LowerPriority"})}))
    bench.run(("three", "a", 3), ("one", "a", 1))
    bench.submit("urgent", "a", 3, priority=5)
    assert bench.settle() == ["-three urgent InClusterQueue", "+urgent h100"]


def test_borrow_within_cohort_preempts_only_up_to_the_threshold() -> None:
    borrowing = {"policy": "LowerPriority", "maxPriorityThreshold": 3}
    preemption = {"reclaimWithinCohort": "Any", "borrowWithinCohort": borrowing}
    queues = {
        "a": queue({"h100": 1}, cohortName="all", preemption=preemption),
        "b": queue({"h100": 1}, cohortName="all"),
        "c": queue({"h100": 2}, cohortName="all"),
    }
    bench = Bench(cluster(queues))
    bench.submit("b-high", "b", 2, priority=4)
    bench.submit("b-low", "b", 2, priority=3)
    assert bench.settle() == ["+b-high h100", "+b-low h100"]
    bench.submit("a1", "a", 2, priority=9)
    assert bench.settle() == ["-b-low a1 InCohortReclaimWhileBorrowing", "+a1 h100"]


def test_a_head_without_candidates_keeps_its_nominal_quota_free_for_itself() -> None:
    bench = Bench(cluster({"a": queue({"h100": 2}, cohortName="all"), "b": queue({"h100": 2}, cohortName="all")}))
    bench.run(("b1", "b", 3))
    bench.submit("a1", "a", 2)
    bench.submit("b2", "b", 1)
    assert bench.settle() == ["+b2 h100"], "a1 reserved in the first cycle and was parked; b2 got its turn after it"


def test_partial_admission_takes_as_many_pods_as_fit() -> None:
    bench = Bench(cluster({"a": queue({"h100": 5})}))
    bench.submit("wide", "a", 1, pods=8, min_count=2)
    assert bench.settle() == ["+wide h100 x5"]
    bench.submit("narrow", "a", 1, pods=8, min_count=6)
    assert bench.settle() == []


def test_fair_sharing_admits_the_lowest_share_first() -> None:
    queues = shared(a=0, b=0) | {"pool": queue({"h100": 8}, cohortName="all")}
    bench = Bench(cluster(queues, fair=["LessThanOrEqualToFinalShare", "LessThanInitialShare"]))
    bench.run(("a1", "a", 4), ("block", "b", 4))
    for name, to in (("a2", "a"), ("b1", "b"), ("b2", "b")):
        bench.submit(name, to, 1)
        bench.settle()
    bench.finish("block")
    assert bench.settle()[0] == "+b1 h100"


def test_fair_sharing_preempts_until_shares_are_even() -> None:
    preemption = {"reclaimWithinCohort": "Any"}
    queues = {
        "a": queue({"h100": 0}, cohortName="all", preemption=preemption),
        "b": queue({"h100": 0}, cohortName="all", preemption=preemption),
        "pool": queue({"h100": 4}, cohortName="all"),
    }
    bench = Bench(cluster(queues, fair=["LessThanOrEqualToFinalShare"]))
    bench.run(*((f"a{number}", "a", 1) for number in range(4)))
    assert bench.run(("b1", "b", 1)) == ["-a3 b1 InCohortFairSharing", "+b1 h100"]
    assert bench.run(("b2", "b", 1)) == ["-a2 b2 InCohortFairSharing", "+b2 h100"]
    assert bench.run(("b3", "b", 1)) == []


def test_a_scan_that_stopped_goes_on_behind_where_it_stopped() -> None:
    spec = {"preemption": {"withinClusterQueue": "LowerPriority"}, "queueingStrategy": "StrictFIFO"}
    bench = Bench(cluster({"a": queue({"first": 1, "second": 1}, **spec)}))
    assert bench.run(("one", "a"), ("two", "a")) == ["+one first", "+two second"]
    bench.submit("three", "a")
    assert bench.settle() == []
    bench.finish("two")
    assert bench.settle() == ["+three second"]
