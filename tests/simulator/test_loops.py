"""Preemption loops in ledgers and in sentences."""

from scheduling.kueue.livelock import Loop
from simulator.loops import recorded, sentence
from support.kueue_worlds import Bench, cluster, queue

SAID = (
    "preemption loop 5 min into the run, 2 times: j1 (a) preempts j0 (b), j2 (a) preempts j1 (a); "
    "real Kueue would go on for ever; what lets them: a: reclaimWithinCohort Any; a: withinClusterQueue LowerPriority"
)


def loop() -> Loop:
    policies = {
        "withinClusterQueue": "LowerPriority",
        "reclaimWithinCohort": "Any",
        "borrowWithinCohort": {"policy": "LowerPriority"},
    }
    bench = Bench(
        cluster({"a": queue({"h100": 2}, cohortName="all", preemption=policies),
                 "b": queue({"h100": 2}, cohortName="all")})
    )  # fmt: skip
    bench.run(("j0", "b", 3, 1), ("j1", "a", 2, 0), ("j2", "a", 3, 1))
    return bench.scheduler.loops[0]


def test_the_same_settings_are_one_loop_with_its_first_instant_and_how_often() -> None:
    found = loop()
    (entry,) = recorded([found, Loop(found.at + 1000, found.preemptions)])
    assert (entry["at"], entry["times"]) == (found.at, 2)
    assert entry["preemptions"][0] == ["j1", "a", "j0", "b", "InCohortReclamation"]
    assert recorded([]) == []


def test_a_loop_in_a_sentence() -> None:
    found = loop()
    assert sentence(recorded([found, found])[0], "5 min") == SAID


def test_of_many_preemptions_the_first_are_told() -> None:
    entry = recorded([loop()])[0]
    many = {**entry, "preemptions": [entry["preemptions"][0]] * 5}
    assert "and 2 more; real Kueue" in sentence(many, "1 s")
