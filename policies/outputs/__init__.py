"""How findings are written: one table of reporters, one module each."""

from collections.abc import Callable, Mapping

from policies.outputs import json, text
from policies.rule import Judgement
from scheduling.world import World
from tenancy.terminal import Format

REPORTERS: Mapping[Format, Callable[[World, Judgement], None]] = {Format.TEXT: text.report, Format.JSON: json.report}
