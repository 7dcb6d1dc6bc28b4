"""The manual of the rules, as it is checked in; `make golden` writes it anew."""

import os
from pathlib import Path

from policies.manual import manual
from policies.rules import RULES
from support.stacks import EXAMPLES

MANUAL = EXAMPLES.parent / "docs" / "rules.md"


def test_the_manual_is_the_one_checked_in() -> None:
    written = manual(RULES.values())
    if os.environ.get("MUSTER_GOLDEN") == "write":
        Path(MANUAL).write_text(written)
    assert written == MANUAL.read_text(), "run `make golden` and review the difference"
