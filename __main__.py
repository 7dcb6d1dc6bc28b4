"""The Pulumi program: what the stack's folder under stacks/ declares becomes resources, unless a rule forbids it."""

from pathlib import Path

import pulumi

from policies.rule import judge
from policies.rules import RULES
from scheduling.declare import declare
from scheduling.world import World
from tenancy.components import register
from tenancy.environment import Environment
from tenancy.errors import ConfigError, MusterError
from tenancy.finding import Severity
from tenancy.load import load


def deployable(environment: Environment) -> World:
    """Return the world that *environment* declares; ConfigError carries the findings that `muster check` fails on."""
    world = World(declare(environment), environment)
    if failing := [finding for finding in judge(world, RULES).findings if finding.severity >= Severity.MEDIUM]:
        raise ConfigError(failing)
    return world


try:
    world = deployable(load(Path("stacks", pulumi.get_stack())))
    register(world.manifests, world.environment)
except MusterError as error:
    raise pulumi.RunError(str(error)) from None
