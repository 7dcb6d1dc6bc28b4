from decimal import Decimal

import pytest
from pydantic import ValidationError

from tenancy.pool import Node, NodeRange, Pool, Taint, Tier, node_labels

GPU_NODE = {"gpu": "nvidia-t4", "gpus": 2, "cpu": 15, "memory": "60Gi"}


def node(**fields):
    return Node.model_validate({**GPU_NODE, **fields})


def tier(name="owned", **fields):
    return Tier.model_validate({"name": name, "nodes": 2, "purchase": "owned", "price": 1, **fields})


def pool(*tiers, shape=GPU_NODE):
    return Pool(node=shape, tiers=tiers)


def refused(build, **fields):
    with pytest.raises(ValidationError) as caught:
        build(**fields)
    return caught.value.errors()[0]["msg"]


@pytest.mark.parametrize(
    ("fields", "device"),
    [
        ({}, "nvidia.com/gpu"),
        ({"gpu": "amd-mi300x"}, "amd.com/gpu"),
        ({"gpu": "intel-max-1550"}, "gpu.intel.com/xe"),
        ({"gpu": "gaudi3", "resource": "habana.ai/gaudi"}, "habana.ai/gaudi"),
        ({"resource": "nvidia.com/mig-1g.10gb"}, "nvidia.com/mig-1g.10gb"),
        ({"gpu": None, "gpus": 0}, None),
    ],
)
def test_the_device_is_that_of_the_vendor_or_what_is_said(fields, device):
    assert node(**fields).device == device


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"gpus": 0}, "gpu and gpus go together"),
        ({"gpu": None}, "gpu and gpus go together"),
        ({"gpu": "t4"}, "the vendor is none of nvidia, amd, intel; say its resource"),
        ({"gpu": None, "gpus": 0, "cpu": "999m"}, "needs nodes with at least 1 CPU"),
        ({"cpu": 0}, "0 is not above 0"),
        ({"cpu": "-1"}, "-1 is not above 0"),
        ({"cpu": True}, "true is no quantity"),
        ({"cpu": "\u0663"}, "is no quantity"),
        ({"memory": "60GB"}, "'60GB' is no quantity; write a number such as 8, 500m, 1.5 or 64Gi"),
        ({"memory": "1e16"}, "1e16 is more than a cluster can hold"),
        ({"gpus": 2.0}, "valid integer"),
        ({"gpus": -1}, "greater than or equal to 0"),
        ({"gpus": 10**10}, "less than or equal to 1000000000"),
        ({"resource": "cpu"}, "should match pattern"),
        ({"resource": "requests.nvidia.com/gpu/x"}, "should match pattern"),
    ],
)
def test_nodes_that_cannot_be_are_refused(fields, message):
    assert message in refused(node, **fields)


def test_amounts_are_kept_as_they_are_written():
    assert node(cpu=15, memory="1.5Ti").cpu == "15"
    assert node(cpu=15.5).cpu == "15.5"


@pytest.mark.parametrize(
    ("size", "cpu", "memory"),
    [(0, 0, 0), (1, 7500, 30 * 2**30), (2, 15000, 60 * 2**30), (3, 22500, 90 * 2**30)],
)
def test_companions_follow_the_gpus(size, cpu, memory):
    assert node().resources(size) == {"cpu": cpu, "memory": memory, "nvidia.com/gpu": size}


def test_companions_are_never_more_than_the_nodes_have():
    shape = node(gpus=7, cpu="63770m", memory="500Gi")
    carried = [shape.resources(size) for size in range(8)]
    assert carried[7]["cpu"] == 63770
    assert sum(shape.resources(1)["cpu"] for _ in range(7)) <= 63770
    assert all(carried[size]["cpu"] == 63770 * size // 7 for size in range(8))


def test_a_pool_of_cpus_counts_whole_cpus():
    shape = node(gpu=None, gpus=0, cpu="63770m", memory="126Gi")
    assert (shape.size, shape.device) == (63, None)
    assert shape.resources(1) == {"cpu": 1000, "memory": 2 * 2**30}
    assert shape.resources(63) == {"cpu": 63000, "memory": 126 * 2**30}


@pytest.mark.parametrize(("written", "expected"), [(4, (4, 4)), ({"max": 4}, (0, 4)), ({"min": 4, "max": 4}, (4, 4))])
def test_numbers_of_nodes_are_written_short_or_long(written, expected):
    found = NodeRange.model_validate(written)
    assert (found.min, found.max) == expected


@pytest.mark.parametrize("written", [{"min": 5, "max": 4}, {"min": 1}, -1, "4", 4.0, True, None])
def test_ranges_of_nodes_that_cannot_be_are_refused(written):
    with pytest.raises(ValidationError):
        NodeRange.model_validate(written)


@pytest.mark.parametrize(
    ("written", "price"), [(1.1, "1.1"), (98.32, "98.32"), ("0.10", "0.10"), (0, "0"), (1e-05, "0.00001")]
)
def test_prices_are_exact(written, price):
    assert tier(price=written).price == Decimal(price)


@pytest.mark.parametrize("price", [-0.01, "cheap", float("nan"), float("inf"), True])
def test_prices_that_cannot_be_are_refused(price):
    with pytest.raises(ValidationError):
        tier(price=price)


def test_a_flavor_takes_eight_labels_and_taints():
    eight = {f"k{n}": "v" for n in range(8)}
    taints = [{"key": f"k{n}"} for n in range(8)]
    assert len(tier(labels=eight, taints=taints).labels) == 8
    with pytest.raises(ValidationError):
        tier(labels={**eight, "k8": "v"})
    with pytest.raises(ValidationError):
        tier(taints=[*taints, {"key": "k8"}])


def test_taints_differ_in_key_or_effect():
    both = [{"key": "a"}, {"key": "a", "effect": "NoExecute"}]
    assert [taint.effect for taint in tier(taints=both).taints] == ["NoSchedule", "NoExecute"]
    assert "taints: a with NoSchedule stands twice" in refused(tier, taints=[{"key": "a"}, {"key": "a", "value": "b"}])
    assert Taint(key="a").value == ""


def test_tiers_of_a_pool_have_names_of_their_own():
    assert pool(tier("a"), tier("b")).tier("b").name == "b"
    with pytest.raises(ValidationError, match="tiers: a stands twice; give each tier its own name"):
        pool(tier("a"), tier("a"))
    with pytest.raises(ValidationError):
        pool()


def test_promised_are_the_owned_and_reserved_tiers_or_else_the_first():
    kinds = [tier(kind, purchase=kind) for kind in ("on-demand", "reserved", "spot", "owned")]
    assert [found.name for found in pool(*kinds).promised] == ["reserved", "owned"]
    assert [found.name for found in pool(kinds[2], kinds[0]).promised] == ["spot"]


def test_the_size_of_a_tier_is_that_of_its_most_nodes():
    found = pool(tier("a", nodes={"min": 1, "max": 3}))
    assert found.size(found.tiers[0]) == 6


def test_nodes_are_known_by_their_labels_or_by_ours():
    assert node_labels("t4", tier("a", labels={"x": "y"})) == {"x": "y"}
    assert node_labels("t4", tier("a")) == {"muster/pool": "t4", "muster/tier": "a"}
