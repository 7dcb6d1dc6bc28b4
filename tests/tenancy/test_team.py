import pytest
from pydantic import ValidationError

from tenancy.team import BorrowWithinCohort, Egress, Fungibility, Gang, Namespace, QueueSettings, Quota, Settings, Team

HEAD = {"apiVersion": "muster/v1alpha1", "kind": "Team", "owners": ["leads"]}


def refused(model, content):
    with pytest.raises(ValidationError) as caught:
        model.model_validate(content)
    return caught.value.errors()[0]["msg"].removeprefix("Value error, ")


def test_defaults_are_the_safe_ones():
    team = Team.model_validate({**HEAD, "metadata": {"name": "a"}})
    queue = team.queue
    assert (queue.reclaim_within_cohort, queue.within_cluster_queue) == ("Any", "LowerPriority")
    assert (queue.queueing_strategy, queue.borrow_within_cohort) == ("BestEffortFIFO", None)
    assert (queue.flavor_fungibility.when_can_borrow, queue.flavor_fungibility.when_can_preempt) == (
        "MayStopSearch",
        "TryNextFlavor",
    )
    assert team.network.egress == team.network.ingress == {}
    assert (team.counts["services.loadbalancers"], team.counts["services.nodeports"]) == (0, 0)
    assert [str(kind) for kind in team.namespaces["jobs"].accepts] == ["Job"]


def test_quota_borrows_and_lends_without_limit_unless_it_says_so():
    quota = Quota.model_validate(8)
    assert (quota.borrow, quota.lend, quota.tiers) == (None, None, None)


@pytest.mark.parametrize(("nominal", "total"), [(0, 0), (8, 8), ({"a": 3, "b": 4}, 7), ({}, 0)])
def test_the_total_is_over_all_tiers(nominal, total):
    assert Quota.model_validate({"nominal": nominal}).total == total


@pytest.mark.parametrize(
    ("cidr", "message"),
    [
        ("10.0.0.0/8", None),
        ("10.0.0.4", None),
        ("10.0.0.0/255.0.0.0", None),
        ("2001:db8::/32", None),
        ("0.0.0.0/0", None),
        ("10.0.0.1/8", "'10.0.0.1/8' is an address inside a block; did you mean 10.0.0.0/8?"),
        ("2001:db8::1/32", "'2001:db8::1/32' is an address inside a block; did you mean 2001:db8::/32?"),
        ("10.0.0.0/33", "'10.0.0.0/33' is no block of addresses; write one such as 10.0.0.0/16"),
        ("api.example.org", "'api.example.org' is no block of addresses; write one such as 10.0.0.0/16"),
        ("fe80::%eth0/64", "'fe80::%eth0/64' is no block of addresses; write one such as 10.0.0.0/16"),
        ("10.0.0.0/8\n", "'10.0.0.0/8\\n' is no block of addresses; write one such as 10.0.0.0/16"),
        ("", "'' is no block of addresses; write one such as 10.0.0.0/16"),
    ],
)
def test_blocks_of_addresses(cidr, message):
    if message is None:
        assert Egress(cidr=cidr).ports == (443,)
    else:
        assert refused(Egress, {"cidr": cidr}) == message


@pytest.mark.parametrize(("port", "good"), [(0, False), (1, True), (65535, True), (65536, False), ("443", False)])
def test_ports_are_numbers_of_ports(port, good):
    if good:
        assert Egress(cidr="10.0.0.0/8", ports=[port]).ports == (port,)
    else:
        refused(Egress, {"cidr": "10.0.0.0/8", "ports": [port]})


@pytest.mark.parametrize("weight", [0, 1, 0.5, "2.5", "500m", 2e-9])
def test_weights_that_kueue_takes(weight):
    assert QueueSettings(weight=weight).weight == weight


@pytest.mark.parametrize("weight", [-1, "-0.1", 1e-9, "1n", True, "heavy", [1], float("nan")])
def test_weights_that_kueue_refuses(weight):
    refused(QueueSettings, {"weight": weight})


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"whenCanBorrow": "TryNextFlavor", "preference": "BorrowingOverPreemption"}, None),
        ({"preference": "BorrowingOverPreemption"}, "preference needs whenCanBorrow and whenCanPreempt to be TryNext"),
        ({"whenCanPreempt": "MayStopSearch"}, None),
    ],
)
def test_a_preference_needs_both_searches_to_go_on(fields, message):
    if message is None:
        assert Fungibility.model_validate(fields)
    else:
        assert refused(Fungibility, fields).startswith(message)


@pytest.mark.parametrize(
    ("reclaim", "policy", "good"),
    [
        ("Never", "LowerPriority", False),
        ("Never", "Never", True),
        ("Any", "LowerPriority", True),
        ("LowerPriority", "LowerPriority", True),
    ],
)
def test_borrowing_preempts_only_where_reclaiming_does(reclaim, policy, good):
    content = {"reclaimWithinCohort": reclaim, "borrowWithinCohort": {"policy": policy}}
    if good:
        assert QueueSettings.model_validate(content)
    else:
        message = "borrowWithinCohort needs reclaimWithinCohort LowerPriority or Any"
        assert refused(QueueSettings, content) == message


@pytest.mark.parametrize(
    ("threshold", "good"),
    [
        (2**31 - 1, True),
        (2**31, False),
        (-(2**31), True),
        (-(2**31) - 1, False),
        ("5", False),
        (5.0, False),
        (True, False),
    ],
)
def test_thresholds_are_numbers_that_kubernetes_holds(threshold, good):
    content = {"maxPriorityThreshold": threshold}
    if good:
        assert BorrowWithinCohort.model_validate(content).max_priority_threshold == threshold
    else:
        refused(BorrowWithinCohort, content)


def test_what_is_listed_twice_is_refused():
    assert refused(Quota, {"nominal": 8, "tiers": ["a", "b", "a"]}) == "a stands twice; keep one"
    assert refused(Namespace, {"accepts": ["Job", "Job"]}) == "Job stands twice; keep one"
    tasks = [{"name": "w"}, {"name": "w"}]
    assert refused(Gang, {"namespace": "a", "image": "b", "tasks": tasks}).startswith("tasks: w stands twice")


@pytest.mark.parametrize(("count", "good"), [(0, False), (1, True), (18, True), (19, False)])
def test_a_gang_has_as_many_tasks_as_a_workload_has_pod_sets(count, good):
    content = {"namespace": "a", "image": "b", "tasks": [{"name": f"t{n}"} for n in range(count)]}
    if good:
        assert len(Gang.model_validate(content).tasks) == count
    else:
        refused(Gang, content)


@pytest.mark.parametrize("key", ["count/pods", "requests.nvidia.com/gpu", "limits.nvidia.com/gpu", "Pods", "a b", ""])
def test_counts_cannot_smuggle_in_another_quota(key):
    refused(Settings, {"counts": {key: 1}})


@pytest.mark.parametrize(("earlier", "prefix"), [([], "new"), (["old"], "old"), (["oldest", "old"], "oldest")])
def test_names_of_objects_begin_with_the_oldest_name(earlier, prefix):
    team = Team.model_validate({**HEAD, "metadata": {"name": "new", "renamedFrom": earlier}})
    assert (team.name, team.prefix) == ("new", prefix)
