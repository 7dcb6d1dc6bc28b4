"""Findings for machines."""

from policies.rule import Judgement
from scheduling.world import World
from tenancy.terminal import finding_json, print_json


def report(world: World, judgement: Judgement) -> None:
    """Print findings, the rules that could not judge, and what was left out as one JSON document."""
    print_json(
        "check",
        {
            "findings": [finding_json(finding) for finding in judgement.findings],
            "notApplicable": [{"rule": id_, "reason": reason} for id_, reason in judgement.skipped.items()],
            "leftOut": [finding_json(finding) for finding in world.manifests.skipped],
            "objects": len(world.manifests),
        },
    )
