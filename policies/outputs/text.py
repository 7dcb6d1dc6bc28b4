"""Findings for people: one line each, then what was not judged and a count."""

from policies.rule import Judgement
from scheduling.world import World
from tenancy.finding import Severity
from tenancy.terminal import say


def report(world: World, judgement: Judgement) -> None:
    """Print findings in order of place."""
    for finding in judgement.findings:
        where = f"{finding.place}: " if finding.place else ""
        say(f"{where}{finding.severity} {finding.rule}: {finding.message}")
    for left_out in world.manifests.skipped:
        say(f"{left_out.place}: {left_out.message}")
    for id_, reason in judgement.skipped.items():
        say(f"{id_} not judged: {reason}")
    if world.environment is None and not world.has_configuration:
        say("Kueue's Configuration is not among the files; assumed: defaults of 0.19")
    say(f"{len(world.manifests)} objects, {_counts(judgement)}")


def _counts(judgement: Judgement) -> str:
    severities = [finding.severity for finding in judgement.findings]
    parts = [f"{severities.count(s)} {s}" for s in reversed(Severity) if s in severities]
    return f"{len(severities)} findings ({', '.join(parts)})" if parts else "no findings"
