"""How GPUs become pods."""

import pytest

from simulator.traces.destinations import Destination, NodeShape
from simulator.traces.pods import Shaper, Size

H100, A100 = NodeShape(8, 192_000, 1_600), NodeShape(4, 32_000, 1_200)
DEVICE = "nvidia.com/gpu"


def at(*nodes: NodeShape) -> Destination:
    return Destination("a", "a", "n", "q", DEVICE, 8, nodes)


def pods(shaper: Shaper, size: Size, *nodes: NodeShape) -> list[tuple[str, int, int]]:
    return [(p.name, p.count, p.requests[DEVICE]) for p in shaper.pod_sets(at(*nodes), size)]


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (Size(1), [("main", 1, 1_000)]),
        (Size(8), [("main", 1, 8_000)]),
        (Size(16), [("main", 2, 8_000)]),
        (Size(12), [("main", 1, 8_000), ("rest", 1, 4_000)]),
        (Size(12, pods=3), [("main", 3, 4_000)]),
        (Size(12, pods=5), [("main", 1, 8_000), ("rest", 1, 4_000)]),
        (Size(32, pods=2), [("main", 4, 8_000)]),
    ],
)
def test_pods_fit_the_largest_node(size, expected):
    assert pods(Shaper(), size, A100, H100) == expected


def test_size_of_a_pod_may_be_given_and_is_8_where_nothing_is_known():
    assert pods(Shaper(pod_gpus=2), Size(5), H100) == [("main", 2, 2_000), ("rest", 1, 1_000)]
    assert pods(Shaper(), Size(16)) == [("main", 2, 8_000)]


def test_companions_strand_no_gpu_on_any_node():
    shaper = Shaper(companions=True)
    (small,) = shaper.pod_sets(at(H100, A100), Size(2))
    assert small.requests == {DEVICE: 2_000, "cpu": 16_000, "memory": 400}
    (large,) = shaper.pod_sets(at(H100, A100), Size(8))
    assert large.requests == {DEVICE: 8_000, "cpu": 192_000, "memory": 1_600}


def test_no_companions_unless_wanted():
    (alone,) = Shaper().pod_sets(at(H100), Size(2))
    assert alone.requests == {DEVICE: 2_000}


def test_job_without_gpus_asks_for_its_cpu():
    (only,) = Shaper(companions=True).pod_sets(at(H100), Size(0, 3, 10_000, 7))
    assert (only.count, only.requests) == (3, {"cpu": 3_334, "memory": 3})


def test_equal_sizes_share_their_pods():
    shaper = Shaper(template={"nodeSelector": {"gpu": "h100"}})
    first = shaper.pod_sets(at(H100), Size(4))
    assert shaper.pod_sets(at(H100), Size(4)) is first
    assert first[0].template == {"nodeSelector": {"gpu": "h100"}}
