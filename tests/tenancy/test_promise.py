import pytest

from support.stacks import loaded
from tenancy import promise
from tenancy.pool import Pool
from tenancy.team import Quota

POOL = Pool.model_validate(
    {
        "node": {"gpu": "nvidia-h100", "gpus": 8, "cpu": 64, "memory": "512Gi"},
        "tiers": [
            {"name": "owned", "nodes": 1, "purchase": "owned", "price": 1},
            {"name": "spot", "nodes": {"max": 9}, "purchase": "spot", "price": 1},
            {"name": "reserved", "nodes": 2, "purchase": "reserved", "price": 1},
        ],
    }
)


def quota(nominal, **fields):
    return Quota.model_validate({"nominal": nominal, **fields})


@pytest.mark.parametrize(
    ("total", "sizes", "parts"),
    [
        (0, [1, 2], [0, 0]),
        (16, [32, 64], [5, 11]),
        (1, [1, 1, 1], [1, 0, 0]),
        (2, [1, 1, 1], [1, 1, 0]),
        (100, [1, 1, 1], [34, 33, 33]),
        (5, [0, 10], [0, 5]),
        (5, [0, 0], [5, 0]),
        (5, [], []),
        (300, [1, 2], [100, 200]),
    ],
)
def test_largest_remainder(total, sizes, parts):
    assert promise.apportion(total, sizes) == parts


@pytest.mark.parametrize(
    ("written", "nominal"),
    [
        (quota(12), {"owned": 4, "reserved": 8}),
        (quota(1), {"owned": 0, "reserved": 1}),
        (quota(12, tiers=["reserved", "spot"]), {"reserved": 12}),
        (quota({"spot": 3}), {"spot": 3}),
        (quota(0), {"owned": 0, "reserved": 0}),
    ],
)
def test_nominal_quota_lies_on_what_was_bought_to_stay(written, nominal):
    assert promise.nominal_by_tier(POOL, written) == nominal


def test_whole_nodes_are_split_in_whole_nodes():
    assert promise.nominal_by_tier(POOL, quota(16), unit=8) == {"owned": 8, "reserved": 8}
    assert promise.nominal_by_tier(POOL, quota(24), unit=8) == {"owned": 8, "reserved": 16}


def rows(written):
    return [(row.tier.name, row.nominal, row.borrow, row.lend) for row in promise.tier_quotas(POOL, written)]


def test_every_tier_is_listed_in_the_order_of_the_pool_or_of_the_team():
    assert rows(quota(12)) == [("owned", 4, None, None), ("spot", 0, None, None), ("reserved", 8, None, None)]
    ordered = rows(quota(12, tiers=["spot", "owned"]))
    assert ordered == [("spot", 0, None, None), ("owned", 12, None, None)]


def test_one_limit_to_borrow_holds_on_each_tier_and_one_to_lend_is_split():
    assert rows(quota(12, borrow=5, lend=6)) == [("owned", 4, 5, 2), ("spot", 0, 5, None), ("reserved", 8, 5, 4)]


def test_limits_by_tier_hold_where_they_are_named():
    found = rows(quota(12, borrow={"spot": 7}, lend={"reserved": 0}))
    assert found == [("owned", 4, None, None), ("spot", 0, 7, None), ("reserved", 8, None, 0)]


def test_nodes_of_ones_own_are_whole_and_only_for_who_asks(tmp_path):
    environment = loaded(
        tmp_path,
        a={"isolation": "node-pool", "quota": {"h100": 16, "cpu": 16}},
        b={"quota": {"h100": 8}},
    )
    own = list(promise.own_nodes(environment, environment.teams["a"]))
    assert [(pool, tier.name, size) for pool, tier, size in own] == [
        ("cpu", "owned", 16),
        ("h100", "owned", 8),
        ("h100", "reserved", 8),
    ]
    assert list(promise.own_nodes(environment, environment.teams["b"])) == []


def test_nodes_of_ones_own_come_in_the_order_in_which_jobs_try_them(tmp_path):
    nominal = {"reserved": 8, "owned": 8}
    teams = {
        "a": {"isolation": "node-pool", "quota": {"h100": {"nominal": nominal}}},
        "b": {"isolation": "node-pool", "quota": {"h100": {"nominal": nominal, "tiers": ["reserved", "owned"]}}},
    }
    environment = loaded(tmp_path, **teams)
    found = {
        name: [tier.name for _, tier, _ in promise.own_nodes(environment, environment.teams[name])] for name in teams
    }
    assert found == {"a": ["owned", "reserved"], "b": ["reserved", "owned"]}


def test_what_nobody_is_promised_belongs_to_the_root_of_those_who_share(tmp_path):
    environment = loaded(
        tmp_path,
        {"cohorts": {"all": {}, "research": {"parent": "all"}}},
        a={"quota": {"h100": 6}, "cohort": "research"},
        b={"quota": {"h100": {"nominal": {"spot": 8}}}},
        own={"isolation": "node-pool", "quota": {"h100": {"nominal": {"reserved": 8}}}},
    )
    assert promise.unpromised(environment, "h100") == {"owned": 6, "reserved": 4, "spot": 24}
    assert [team.name for team in promise.sharers(environment, "h100")] == ["a", "b"]
    assert promise.roots(environment, "h100") == ["all"]
    assert promise.cohort_quota(environment) == {
        "all": {"h100": {"owned": 6, "reserved": 4, "spot": 24}},
        "research": {},
    }


def test_promises_above_what_there_is_leave_nothing_and_not_less(tmp_path):
    environment = loaded(tmp_path, a={"quota": {"h100": 100}})
    assert promise.unpromised(environment, "h100") == {"owned": 0, "reserved": 0, "spot": 32}


def test_of_a_pool_that_a_cohort_names_nothing_else_is_shared(tmp_path):
    environment = loaded(
        tmp_path,
        {"cohorts": {"left": {"quota": {"h100": 4}}, "right": {"quota": {"h100": {"spot": 8}}}}},
        a={"quota": {"h100": 6}, "cohort": "left"},
        b={"quota": {"h100": 6}, "cohort": "right"},
    )
    assert promise.cohort_quota(environment) == {"left": {"h100": {"owned": 4}}, "right": {"h100": {"spot": 8}}}


def test_a_pool_without_sharers_belongs_to_nobody(tmp_path):
    environment = loaded(tmp_path, alone={"quota": {"h100": 6}, "cohort": None})
    assert promise.roots(environment, "h100") == []
    assert promise.cohort_quota(environment) == {"all": {}}
