import pytest

from scheduling.kueue.shares import FlavorQuota, flavor_name, flavor_pools, resource_groups, taken_out, team_quotas
from support.stacks import CPU, H100, loaded
from tenancy.pool import Pool

POOLS = {"cpu": Pool.model_validate(CPU), "h100": Pool.model_validate(H100)}


def rows(quotas):
    return [(quota.flavor, quota.nominal, quota.borrow, quota.lend) for quota in quotas]


def of(tmp_path, **fields):
    environment = loaded(tmp_path, a=fields)
    return rows(team_quotas(environment, environment.teams["a"]))


def test_pools_come_as_the_environment_lists_them_and_tiers_as_the_team_does(tmp_path):
    quota = {"h100": {"nominal": 6, "tiers": ["spot", "owned"]}, "cpu": 4}
    assert of(tmp_path, quota=quota) == [
        ("cpu-owned", 4, None, None),
        ("h100-spot", 0, None, None),
        ("h100-owned", 6, None, None),
    ]


def test_limits_hold_tier_by_tier_and_nothing_is_lent_of_nothing(tmp_path):
    quota = {"h100": {"nominal": 12, "borrow": 4, "lend": 3}}
    assert of(tmp_path, quota=quota) == [
        ("h100-owned", 4, 4, 1),
        ("h100-reserved", 8, 4, 2),
        ("h100-spot", 0, 4, None),
    ]


def test_without_a_cohort_there_is_what_was_promised_and_no_limit(tmp_path):
    assert of(tmp_path, quota={"h100": 8}, cohort=None) == [
        ("h100-owned", 3, None, None),
        ("h100-reserved", 5, None, None),
    ]


def test_nodes_of_ones_own_are_flavors_of_ones_own(tmp_path):
    team = {"metadata": {"name": "a", "renamedFrom": ["old"]}, "isolation": "node-pool", "quota": {"h100": 16}}
    environment = loaded(tmp_path, a=team)
    assert rows(team_quotas(environment, environment.teams["a"])) == [
        ("h100-owned-old", 8, None, None),
        ("h100-reserved-old", 8, None, None),
    ]
    assert flavor_pools(environment) == {
        "cpu-owned": "cpu",
        "h100-owned": "h100",
        "h100-reserved": "h100",
        "h100-spot": "h100",
        "h100-owned-old": "h100",
        "h100-reserved-old": "h100",
    }


def test_names_of_flavors_are_cut_to_labels():
    tier = POOLS["h100"].tiers[0]
    assert flavor_name("h100", tier) == "h100-owned"
    assert len(flavor_name("x" * 63, tier)) == 63


def test_one_group_holds_gpus_and_what_goes_with_them():
    (group,) = resource_groups(POOLS, [FlavorQuota("cpu-owned", "cpu", 4), FlavorQuota("h100-spot", "h100", 2, 1, 0)])
    assert group["coveredResources"] == ["cpu", "memory", "nvidia.com/gpu"]
    assert group["flavors"] == [
        {
            "name": "cpu-owned",
            "resources": [
                {"name": "cpu", "nominalQuota": "4"},
                {"name": "memory", "nominalQuota": "16Gi"},
                {"name": "nvidia.com/gpu", "nominalQuota": "0"},
            ],
        },
        {
            "name": "h100-spot",
            "resources": [
                {"name": "cpu", "nominalQuota": "16", "borrowingLimit": "8", "lendingLimit": "0"},
                {"name": "memory", "nominalQuota": "128Gi", "borrowingLimit": "64Gi", "lendingLimit": "0"},
                {"name": "nvidia.com/gpu", "nominalQuota": "2", "borrowingLimit": "1", "lendingLimit": "0"},
            ],
        },
    ]
    assert resource_groups(POOLS, []) is None


@pytest.mark.parametrize(
    ("caps", "rest", "shares"),
    [
        ({}, [4, 8, 0], {}),
        ({"x1": {"h100": 0}}, [4, 8, 0], {"x1": []}),
        ({"x1": {"h100": 2}}, [2, 8, 0], {"x1": [("owned", 2, 0)]}),
        ({"x1": {"h100": 4}}, [0, 8, 0], {"x1": [("owned", 4, 0)]}),
        ({"x1": {"h100": 5}}, [0, 7, 0], {"x1": [("owned", 4, 0), ("reserved", 1, 0)]}),
        ({"x1": {"h100": 15}}, [0, 0, 0], {"x1": [("owned", 4, 3), ("reserved", 8, 0)]}),
        (
            {"x1": {"h100": 3}, "x2": {"h100": 3}},
            [0, 6, 0],
            {"x1": [("owned", 3, 0)], "x2": [("owned", 1, 0), ("reserved", 2, 0)]},
        ),
        (
            {"x1": {"h100": 12}, "x2": {"h100": 5}},
            [0, 0, 0],
            {"x1": [("owned", 4, 0), ("reserved", 8, 0)], "x2": [("owned", 0, 5)]},
        ),
    ],
)
def test_caps_are_taken_out_of_what_was_promised(caps, rest, shares):
    quotas = [FlavorQuota("owned", "h100", 4, 1, 1), FlavorQuota("reserved", "h100", 8), FlavorQuota("spot", "h100", 0)]
    left, taken = taken_out(quotas, caps)
    assert [quota.nominal for quota in left] == rest
    assert [(quota.borrow, quota.lend) for quota in left] == [(1, 1), (None, None), (None, None)]
    assert {key: [(q.flavor, q.nominal, q.borrow) for q in share] for key, share in taken.items()} == shares


def test_pools_without_a_cap_stay_open_to_a_capped_namespace():
    quotas = [FlavorQuota("cpu", "cpu", 16), FlavorQuota("owned", "h100", 8)]
    left, taken = taken_out(quotas, {"x1": {"h100": 2}})
    assert rows(left) == [("cpu", 16, None, None), ("owned", 6, None, None)]
    assert rows(taken["x1"]) == [("cpu", 0, None, None), ("owned", 2, 0, None)]
