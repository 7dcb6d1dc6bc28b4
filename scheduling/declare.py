"""Environment -> Manifests: all objects of one environment, each with its origin."""

import scheduling.kueue.declare
import scheduling.volcano.declare
from scheduling import gangs
from tenancy import access, namespaces, network, priorities
from tenancy.environment import Environment
from tenancy.manifests import Manifests

DECLARATIONS = (
    namespaces.declare,
    access.declare,
    network.declare,
    priorities.declare,
    scheduling.kueue.declare.declare,
    scheduling.volcano.declare.declare,
    gangs.declare,
)


def declare(environment: Environment) -> Manifests:
    """Return the objects of *environment*; ConfigError where two of them would have one name."""
    return Manifests(manifest for declaration in DECLARATIONS for manifest in declaration(environment))
