"""What a rule is: one decorated function whose docstring is its manual page and its message."""

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from scheduling.world import World
from tenancy.finding import Finding, PathKey, Place, Severity, dotted
from tenancy.manifests import Manifest

ID = re.compile(r"[A-Z]+[0-9]{3}")


class NotApplicable(Exception):  # noqa: N818 - it says so, it is no error
    """Raised by a rule that cannot judge this world; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What a rule found: in *manifest* at *path*, or at a *place* of its own."""

    message: str
    manifest: Manifest | None = None
    path: tuple[PathKey, ...] = ()
    place: Place | None = None


Check = Callable[[World], Iterator[Problem]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: its stable *id*, how bad a violation is, and examples that break it and keep it (YAML manifests)."""

    id: str
    severity: Severity
    check: Check
    bad: str
    good: str

    @property
    def title(self) -> str:
        """Return what holds where the rule is kept, in one sentence."""
        return self.manual.splitlines()[0]

    @property
    def manual(self) -> str:
        """Return the manual page: what holds, why it matters, what to do."""
        return inspect.getdoc(self.check) or ""


RULES: dict[str, Rule] = {}


def rule(id_: str, severity: Severity, *, bad: str, good: str) -> Callable[[Check], Check]:
    """Register a function as rule *id_*; ValueError where the id is taken or of another form."""

    def register(check: Check) -> Check:
        if id_ in RULES or not ID.fullmatch(id_):
            raise ValueError(f"rule id {id_} is taken, or is not letters and three digits")
        RULES[id_] = Rule(id_, severity, check, inspect.cleandoc(bad), inspect.cleandoc(good))
        return check

    return register


@dataclass(frozen=True, slots=True)
class Judgement:
    """All findings in a world, in order of place, and the rules that could not judge it, with the reason."""

    findings: tuple[Finding, ...]
    skipped: Mapping[str, str] = field(default_factory=dict)


def judge(world: World, rules: Mapping[str, Rule]) -> Judgement:
    """Let every rule judge *world*."""
    findings: list[Finding] = []
    skipped: dict[str, str] = {}
    for rule_ in rules.values():
        try:
            findings += [_finding(rule_, problem) for problem in rule_.check(world)]
        except NotApplicable as reason:
            skipped[rule_.id] = str(reason)
    findings.sort(key=lambda finding: (finding.place or Place(""), finding.rule, finding.target, finding.path))
    return Judgement(tuple(findings), skipped)


def _finding(rule_: Rule, problem: Problem) -> Finding:
    manifest = problem.manifest
    place = problem.place or (manifest.origin.of(problem.path) if manifest else None)
    target = str(manifest.key) if manifest else ""
    return Finding(rule_.id, rule_.severity, problem.message, place, target, dotted(problem.path))
