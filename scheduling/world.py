"""What a command was pointed at: an environment, or the manifests of a world that Muster does not manage."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from scheduling.declare import declare
from scheduling.kueue.objects import Objects, configurations
from scheduling.kueue.objects import read as read_objects
from tenancy.environment import Environment
from tenancy.errors import ConfigError, MusterError
from tenancy.live import read_live
from tenancy.load import is_environment, load
from tenancy.manifests import Manifests, read


@dataclass(frozen=True)
class World:
    """The objects to judge or to replay, and the environment they were declared by, where there is one."""

    manifests: Manifests
    environment: Environment | None = None

    @cached_property
    def kueue(self) -> Objects:
        """Return the typed Kueue objects, read once; ConfigError carries everything that the server would refuse."""
        return read_objects(self.manifests)

    @property
    def has_configuration(self) -> bool:
        """Tell whether the manager's Configuration is among the objects."""
        return any(True for _ in configurations(self.manifests))


def open_world(paths: Sequence[str], live: bool = False, context: str | None = None) -> World:
    """Read *paths*: one stack folder, or manifests (files, folders, `-`) that together are one world.

    With *live*, and then without paths, the world is the cluster of the kubeconfig (of *context*).
    """
    if live and paths:
        raise MusterError(f"--live reads a cluster; name it without {paths[0]}, or leave --live out")
    if live:
        return World(read_live(context))
    if not paths:
        raise MusterError("name a stack folder or manifests, or --live for the cluster of your kubeconfig")
    folders = [path for path in paths if is_environment(Path(path))]
    if folders and len(paths) > 1:
        raise ConfigError.at(folders[0], "is a stack folder and stands alone; name it without other paths")
    if folders:
        environment = load(Path(folders[0]))
        return World(declare(environment), environment)
    return World(read(paths))
