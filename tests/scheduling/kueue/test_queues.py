"""Order, parking and requeueing of pending workloads."""

from scheduling.kueue.queues import Queue, Requeue, pending
from scheduling.kueue.workload import Info, PodSet
from support.kueue_worlds import cluster, queue


def one(**spec: object) -> Queue:
    return cluster({"a": queue({"h100": 4}, **spec)}).queues["a"]


def put(target: Queue, uid: int, timestamp: int, priority: int = 0, shape: str = "s") -> Info:
    info = Info(uid, f"w{uid}", timestamp, target.shape(priority, (PodSet("main", 1, ()),), shape))
    target.push(info)
    return info


def drained(target: Queue) -> list[int]:
    return [target.pop().uid for _ in range(target.active_count)]


def test_order_is_priority_then_time_then_uid() -> None:
    target = one()
    put(target, 0, 5)
    put(target, 1, 3, shape="t")
    put(target, 2, 3)
    put(target, 3, 9, priority=1)
    assert [info.uid for info in pending([target])["a"]] == [3, 1, 2, 0]
    assert drained(target) == [3, 1, 2, 0]


def test_a_class_is_parked_and_released_as_a_whole() -> None:
    target = one()
    first, second, other = put(target, 0, 1), put(target, 1, 2), put(target, 2, 3, shape="other")
    assert target.pop() is first
    target.requeue(first, Requeue.NO_FIT)
    assert target.active_count == 1
    put(target, 3, 4)
    assert target.active_count == 1, "an arrival of a parked class is parked"
    assert drained(target) == [other.uid]
    target.release()
    assert drained(target) == [first.uid, second.uid, 3]


def test_strict_fifo_parks_nothing() -> None:
    target = one(queueingStrategy="StrictFIFO")
    put(target, 0, 1)
    put(target, 1, 2)
    target.requeue(target.pop(), Requeue.NO_FIT)
    assert drained(target) == [0, 1]


def test_a_workload_with_flavors_left_to_try_is_not_parked() -> None:
    target = one()
    info = put(target, 0, 1)
    info.pending_flavors = True
    target.requeue(target.pop(), Requeue.NO_FIT)
    assert target.active_count == 1


def test_the_preemptor_is_tried_first_even_behind_others_of_its_class() -> None:
    target = one()
    preemptor = put(target, 5, 9)
    assert target.pop() is preemptor
    target.requeue(preemptor, Requeue.PENDING_PREEMPTION)
    put(target, 1, 1)
    put(target, 2, 2, priority=7)
    assert target.pop() is preemptor
    target.preemptor = None
    assert drained(target) == [2, 1]


def test_stale_entries_of_the_heap_are_passed_over() -> None:
    target = one()
    for uid in range(3):
        put(target, uid, uid)
    for _ in range(5):
        target.requeue(target.pop(), Requeue.FAILED_AFTER_NOMINATION)
    assert drained(target) == [0, 1, 2]
