"""Small random worlds: what the Kueue engine may never do, and that what it leaves out changes nothing."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.kueue.quota import ancestors, queues_below
from scheduling.kueue.shape import Shape
from support.kueue_worlds import Bench, cluster, queue

POLICIES = ("Never", "LowerPriority", "Any")
WITHIN = ("Never", "LowerPriority", "LowerOrNewerEqualPriority")
STRATEGIES = ["LessThanOrEqualToFinalShare", "LessThanInitialShare"]
amounts = st.integers(0, 6)
limits = st.none() | amounts


@st.composite
def quotas(draw: st.DrawFn) -> dict[str, Any]:
    """Draw the quota of one flavor in a cohort."""
    nominal = draw(amounts)
    quota: dict[str, Any] = {"nominalQuota": nominal}
    if (borrow := draw(limits)) is not None:
        quota["borrowingLimit"] = borrow
    if (lend := draw(limits)) is not None:
        quota["lendingLimit"] = min(lend, nominal)
    return quota


@st.composite
def queue_specs(draw: st.DrawFn, cohort: str) -> dict[str, Any]:
    """Draw a ClusterQueue with one or two flavors."""
    flavors = draw(st.sampled_from([("a",), ("a", "b")]))
    preemption: dict[str, Any] = {
        "reclaimWithinCohort": draw(st.sampled_from(POLICIES)),
        "withinClusterQueue": draw(st.sampled_from(WITHIN)),
    }
    if preemption["reclaimWithinCohort"] != "Never" and draw(st.booleans()):
        preemption["borrowWithinCohort"] = {"policy": "LowerPriority"}
    return {
        "quotas": {flavor: draw(quotas()) for flavor in flavors},
        "cohortName": cohort,
        "preemption": preemption,
        "queueingStrategy": draw(st.sampled_from(["BestEffortFIFO", "BestEffortFIFO", "StrictFIFO"])),
        "flavorFungibility": {
            "whenCanBorrow": draw(st.sampled_from(["MayStopSearch", "TryNextFlavor"])),
            "whenCanPreempt": draw(st.sampled_from(["MayStopSearch", "TryNextFlavor"])),
        },
    }


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, Any]:
    """Draw two to four queues below one or two cohorts, and jobs for them."""
    nested = draw(st.booleans())
    names = ["q0", "q1", "q2", "q3"][: draw(st.integers(2, 4))]
    cohorts = {"all": {}, **({"half": {"parentName": "all"}} if nested else {})}
    job = st.tuples(
        st.sampled_from(names),
        st.integers(1, 5),
        st.sampled_from([0, 0, 10]),
        st.integers(1, 6),
        st.booleans(),
    )
    return {
        "queues": {name: draw(queue_specs(draw(st.sampled_from(sorted(cohorts))))) for name in names},
        "cohorts": cohorts,
        "fair": draw(st.sampled_from([None, None, STRATEGIES])),
        "jobs": draw(st.lists(job, min_size=4, max_size=25)),
    }


def bench(world: dict[str, Any]) -> Bench:
    """Return an engine for *world*."""
    queues = {
        name: queue(spec["quotas"], **{key: value for key, value in spec.items() if key != "quotas"})
        for name, spec in world["queues"].items()
    }
    return Bench(cluster(queues, world["cohorts"], world["fair"]))


def history(world: dict[str, Any], jobs: Sequence[tuple[Any, ...]] | None = None) -> list[list[str]]:
    """Return what happens, step by step: jobs arrive, and after each some job that runs may end."""
    engine = bench(world)
    running: dict[str, int] = {}
    happened = []
    for number, (name, gpus, priority, _, ends) in enumerate(world["jobs"] if jobs is None else jobs):
        engine.submit(f"w{number}", name, gpus, priority)
        words = engine.settle()
        happened.append(words)
        for word in words:
            if word.startswith("+"):
                running[word[1:].split()[0]] = number
            else:
                running.pop(word[1:].split()[0], None)
        check(engine, set(running))
        if ends and running:
            oldest = min(running, key=lambda key: (running[key], key))
            del running[oldest]
            engine.finish(oldest)
            words = engine.settle()
            happened.append(words)
            for word in words:
                if word.startswith("+"):
                    running[word[1:].split()[0]] = number
                else:
                    running.pop(word[1:].split()[0], None)
            check(engine, set(running))
    return happened


def check(engine: Bench, running: set[str]) -> None:
    """Assert that usage is what the running workloads hold, and within what each limit allows."""
    (tree,) = engine.scheduler.cluster.trees
    held = {info.name for q in tree.queues.values() for *_, info in q.running}
    assert held == running
    for node in queues_below(tree.root):
        q = tree.queues[node.name]
        for index in range(len(node.usage)):
            used = sum(
                amount
                for *_, info in q.running
                if info.assignment
                for at, amount in info.assignment.usage
                if at == index
            )
            assert node.usage[index] == used
            for around in (node, *ancestors(node)):
                beyond = [max(0, child.usage[index] - child.local[index]) for child in around.children]
                assert around.is_queue or around.usage[index] == sum(beyond)
                limit = around.borrowing_limit[index]
                assert around.parent is None or limit is None or around.usage[index] <= around.subtree[index] + limit
            assert tree.root.usage[index] <= tree.root.subtree[index]


@settings(max_examples=150, deadline=None)
@given(worlds())
def test_usage_is_what_runs_and_never_above_what_the_tree_allows(world: dict[str, Any]) -> None:
    history(world)


@settings(max_examples=150, deadline=None)
@given(worlds())
def test_what_is_not_evaluated_would_have_changed_nothing(world: dict[str, Any]) -> None:
    expected = history(world)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Shape, "_choices", lambda _: None)
        assert history(world) == expected


@settings(max_examples=50, deadline=None)
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_in_which_queues_are_listed_changes_nothing(world: dict[str, Any], chance: Any) -> None:
    expected = history(world)
    names = list(world["queues"])
    chance.shuffle(names)
    assert history({**world, "queues": {name: world["queues"][name] for name in names}}) == expected


@settings(max_examples=100, deadline=None)
@given(worlds(), st.integers(1, 6), st.data())
def test_raising_a_limit_never_shrinks_what_is_admissible_alone(
    world: dict[str, Any], gpus: int, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(world["queues"])))
    before = alone(world, name, gpus)
    spec = world["queues"][name]
    field = data.draw(st.sampled_from(["nominalQuota", "borrowingLimit"]))
    quota = spec["quotas"]["a"]
    raised = {**quota, field: quota.get(field, 6) + data.draw(st.integers(1, 3))}
    wider = {**world["queues"], name: {**spec, "quotas": {**spec["quotas"], "a": raised}}}
    assert not before or alone({**world, "queues": wider}, name, gpus)


def alone(world: dict[str, Any], name: str, gpus: int) -> bool:
    engine = bench(world)
    engine.submit("only", name, gpus)
    return bool(engine.settle())


@settings(max_examples=100, deadline=None)
@given(worlds())
def test_a_head_within_nominal_gets_what_it_can_reclaim(world: dict[str, Any]) -> None:
    """One flavor, reclaim Any, no lending limits: who stays within nominal never waits, unless a loop is reported."""
    queues = {
        name: {
            **spec,
            "quotas": {"a": {"nominalQuota": spec["quotas"]["a"]["nominalQuota"]}},
            "preemption": {"reclaimWithinCohort": "Any"},
            "queueingStrategy": "BestEffortFIFO",
        }
        for name, spec in world["queues"].items()
    }
    engine = bench({**world, "queues": queues, "fair": None})
    for number, (name, gpus, priority, _, _) in enumerate(world["jobs"]):
        engine.submit(f"w{number}", name, gpus, priority)
        list(engine.scheduler.settle(engine.now))
        if engine.scheduler.loops:
            return
        (tree,) = engine.scheduler.cluster.trees
        for q in tree.queues.values():
            head = min(((-s.priority, *s.waiting[0][:2], s) for s in q.shapes.values() if s.waiting), default=None)
            if head is not None:
                wanted = head[3].pod_sets[0].requests[0][1]
                assert q.node.usage[0] + wanted > q.node.nominal[0], f"{q.name} could reclaim {wanted}"
