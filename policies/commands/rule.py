"""`muster rule`: the manual page of a rule, or the table of all."""

from typing import Annotated, Any

import typer

from policies.rule import Rule
from policies.rules import RULES
from tenancy.errors import MusterError
from tenancy.mistakes import did_you_mean
from tenancy.terminal import Format, FormatOption, print_json, print_table, say

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def rule(
    id_: Annotated[str | None, typer.Argument(metavar="[ID]", help="A rule, such as K001; none: all.")] = None,
    format_: FormatOption = Format.TEXT,
) -> int:
    """Print the manual page of a rule with its examples, or the table of all rules.

    Example: muster rule K001
    """
    if id_ is None:
        if format_ is Format.JSON:
            print_json("rules", {"rules": [_json(rule_) for rule_ in RULES.values()]})
        else:
            rows = [(rule_.id, rule_.severity, rule_.title) for rule_ in RULES.values()]
            print_table("", ["id", "severity", "what holds"], rows, left=3)
        return 0
    if id_ not in RULES:
        raise MusterError(f"there is no rule {id_}{did_you_mean(id_, RULES)}; muster rule lists all")
    if format_ is Format.JSON:
        print_json("rule", _json(RULES[id_]))
    else:
        say(page(RULES[id_]))
    return 0


def _json(rule_: Rule) -> dict[str, Any]:
    return {
        "id": rule_.id,
        "severity": rule_.severity.value,
        "title": rule_.title,
        "manual": rule_.manual,
        "bad": rule_.bad,
        "good": rule_.good,
    }


def page(rule_: Rule) -> str:
    """Return the manual page of *rule_*."""
    return "\n".join(
        [
            f"{rule_.id} ({rule_.severity})",
            "",
            rule_.manual,
            "",
            "Breaks it:",
            "",
            rule_.bad,
            "",
            "Keeps it:",
            "",
            rule_.good,
        ]
    )
