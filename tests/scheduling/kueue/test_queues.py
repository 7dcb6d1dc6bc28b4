"""Order, parking and requeueing of pending workloads."""

from scheduling.kueue.queues import Queue, Requeue, pending
from scheduling.kueue.workload import Info, PodSet
from support.kueue_worlds import GPU, cluster, queue


def one(**spec: object) -> Queue:
    return cluster({"a": queue({"h100": 4}, **spec)}).queues["a"]


def put(target: Queue, uid: int, timestamp: int, priority: int = 0, shape: str = "s", gpus: int = 1) -> Info:
    pods = (PodSet("main", 1, ((GPU, gpus),)),)
    info = Info(uid, f"w{uid}", timestamp, target.shape(priority, pods, (shape, gpus)))
    target.push(info)
    return info


def drained(target: Queue) -> list[int]:
    order = []
    while target.active:
        order.append(target.head().uid)
        target.take(target.head())
    return order


def test_order_is_priority_then_time_then_uid() -> None:
    target = one()
    put(target, 0, 5)
    put(target, 1, 3, shape="t")
    put(target, 2, 3)
    put(target, 3, 9, priority=1)
    assert [info.uid for info in pending(target)] == [3, 1, 2, 0]
    assert drained(target) == [3, 1, 2, 0]


def test_a_class_is_parked_and_released_as_a_whole() -> None:
    target = one()
    first, _, other = put(target, 0, 1), put(target, 1, 2), put(target, 2, 3, shape="other")
    assert target.head() is first
    assert target.requeue(first, Requeue.NO_FIT)
    assert target.head() is other
    put(target, 3, 4)
    assert target.head() is other, "an arrival of a parked class is parked"
    target.tree.release()
    assert drained(target) == [0, 1, 2, 3]


def test_a_parked_class_that_gets_an_older_workload_stands_where_that_stands() -> None:
    target = one()
    late = put(target, 0, 9)
    target.requeue(late, Requeue.NO_FIT)
    put(target, 1, 5, shape="other")
    put(target, 2, 1)
    target.tree.release()
    assert drained(target) == [2, 1, 0]


def test_strict_fifo_parks_nothing() -> None:
    target = one(queueingStrategy="StrictFIFO")
    put(target, 0, 1)
    put(target, 1, 2)
    assert not target.requeue(target.head(), Requeue.NO_FIT)
    assert drained(target) == [0, 1]


def test_a_workload_with_flavors_left_to_try_is_not_parked() -> None:
    target = one()
    info = put(target, 0, 1)
    info.scanned({(0, 0): 0}, 1)
    assert not target.requeue(info, Requeue.NO_FIT)
    assert target.head() is info
    assert target.tree.scanning == {0: info}
    info.forget_cursors()
    assert not target.tree.scanning


def test_what_fails_after_nomination_is_not_parked() -> None:
    target = one()
    assert not target.requeue(put(target, 0, 1), Requeue.FAILED_AFTER_NOMINATION)
    assert target.active


def test_the_preemptor_is_tried_first_even_behind_others_of_its_class() -> None:
    target = one()
    preemptor = put(target, 5, 9)
    target.requeue(preemptor, Requeue.PENDING_PREEMPTION)
    put(target, 1, 1)
    put(target, 2, 2, priority=7)
    assert target.head() is preemptor
    target.take(preemptor)
    assert drained(target) == [2, 1]


def test_the_tree_counts_what_waits_and_what_is_parked() -> None:
    target = one()
    tree = target.tree
    put(target, 0, 1)
    put(target, 1, 2, shape="other")
    assert (tree.waiting, tree.parked, tree.is_busy) == (2, 0, True)
    target.park(target.head().shape)
    target.park(target.head().shape)
    assert (tree.waiting, tree.parked, tree.is_busy) == (2, 2, False)
    tree.release()
    assert drained(target) == [0, 1]
    assert (tree.waiting, tree.parked, tree.is_busy) == (0, 0, False)


def test_a_class_may_start_when_it_fits_or_may_preempt() -> None:
    target = one()
    assert put(target, 0, 1, gpus=4).shape.may_start()
    assert not put(target, 1, 1, gpus=5).shape.may_start()
    preempting = one(preemption={"withinClusterQueue": "LowerPriority"})
    urgent = put(preempting, 0, 1, priority=5, gpus=5).shape
    assert not urgent.may_start(), "nothing of lower priority runs"
    running = put(preempting, 1, 1, gpus=1)
    preempting.running.add(running)
    assert urgent.may_start()
