"""Manifests -> Pulumi resources: a component per team and one for the cluster; options come from the table of kinds."""

from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import Any

import pulumi

from tenancy.environment import Environment
from tenancy.kinds import KINDS, KUEUE
from tenancy.manifests import Key, Manifest, Manifests
from tenancy.namespaces import namespace_name
from tenancy.team import Team

PROVIDER = "kubernetes"
PROVIDER_PACKAGE = "pulumi-kubernetes"
CLUSTER = "cluster"
NOWHERE = Key("", "Namespace", "", "")


def register(manifests: Manifests, environment: Environment) -> None:
    """Register every object of *manifests* with Pulumi, each after what it needs, and say what is protected."""
    registration = _Registration(manifests, environment)
    for key in manifests:
        registration.resource(key)
    registration.seal()
    for component in registration.components.values():
        component.register_outputs({})
    if environment.protect:
        pulumi.info(protection(environment))


def protection(environment: Environment) -> str:
    """Return the sentence that says how a protected namespace or queue is removed all the same."""
    file = environment.place(["protect"]).file
    return (
        f"{environment.name} protects its namespaces and queues: Pulumi refuses to delete or replace them. To do so "
        f"all the same, first set `protect: false` in {file} and run `pulumi up`; then make the change and run it again"
    )


def token(manifest: Manifest) -> str:
    """Return Pulumi's name for the type of *manifest*, that of the Kubernetes provider for built-in kinds."""
    api_version = manifest.body["apiVersion"]
    module = api_version if "/" in api_version else f"core/{api_version}"
    return f"{PROVIDER}:{module}:{manifest.key.kind}"


def needs(manifest: Manifest, manifests: Manifests) -> list[Key]:
    """Return what must be there before *manifest*: its namespace and what it names, where *manifests* holds them."""
    keys = [_namespace(manifest)]
    for reference in manifest.kind.references:
        namespace = manifest.key.namespace if KINDS[reference.group, reference.kind].namespaced else ""
        names = _values(manifest.body, reference.path)
        keys += [Key(reference.group, reference.kind, namespace, name) for name in names]
    return [key for key in dict.fromkeys(keys) if key in manifests]


def queues_behind(manifests: Manifests) -> dict[str, list[Key]]:
    """Return the ClusterQueues of each namespace's LocalQueues, where *manifests* holds them."""
    found: dict[str, list[Key]] = {}
    for manifest in manifests.of_kind(KUEUE, "LocalQueue"):
        queue = Key(KUEUE, "ClusterQueue", "", str(manifest.spec.get("clusterQueue")))
        if queue in manifests:
            found.setdefault(manifest.key.namespace, []).append(queue)
    return found


def _namespace(manifest: Manifest) -> Key:
    return Key("", "Namespace", "", manifest.key.namespace)


def _values(value: Any, path: tuple[str, ...]) -> Iterator[Any]:
    """Yield what stands at *path* in *value*; `*` is every item of a list."""
    if not path:
        yield value
    elif path[0] == "*":
        for item in value:
            yield from _values(item, path[1:])
    elif path[0] in value:
        yield from _values(value[path[0]], path[1:])


class _Registration:
    """What one run of the program has registered: *components* by team, the cluster's by the empty name."""

    def __init__(self, manifests: Manifests, environment: Environment) -> None:
        self.manifests = manifests
        self.environment = environment
        self.components: dict[str, pulumi.ComponentResource] = {}
        self.resources: dict[Key, pulumi.CustomResource] = {}
        self.adopted = frozenset(_adopted(environment))
        self.provider_version = version(PROVIDER_PACKAGE)
        self.queues_behind = queues_behind(manifests)

    def resource(self, key: Key) -> pulumi.CustomResource:
        """Return the resource of the object at *key*; its name does not depend on the team, so teams may be renamed."""
        if key not in self.resources:
            manifest = self.manifests[key]
            self.resources[key] = pulumi.CustomResource(
                token(manifest), str(key), dict(manifest.body), self._options(manifest)
            )
        return self.resources[key]

    def _options(self, manifest: Manifest) -> pulumi.ResourceOptions:
        kind, namespace = manifest.kind, _namespace(manifest)
        return pulumi.ResourceOptions(
            parent=self._component(self.manifests.team(manifest)),
            depends_on=[self.resource(key) for key in self._before(manifest)],
            deleted_with=self.resource(namespace) if namespace in self.manifests else None,
            protect=self.environment.protect and kind.protected,
            replace_on_changes=list(kind.immutable),
            delete_before_replace=True if kind.immutable else None,
            ignore_changes=list(kind.written),
            import_=manifest.key.name if manifest.key in self.adopted else None,
            version=self.provider_version,
        )

    def _before(self, manifest: Manifest) -> list[Key]:
        """Return what is made before *manifest*, and deleted after it.

        A namespace goes before its ClusterQueues: Kueue keeps a ClusterQueue until nothing in it runs.
        """
        queues = self.queues_behind.get(manifest.key.name, []) if manifest.key.kind == "Namespace" else []
        return [*needs(manifest, self.manifests), *queues]

    def seal(self) -> None:
        """Register for each namespace, and for what is in none, a Protection that depends on all that is in it.

        Pulumi deletes what nothing depends on first, and a refusal stops it: so a protected namespace is refused
        before anything in it is deleted, or forgotten as deleted with it.
        """
        for key, inside in self._by_namespace().items():
            team = self.manifests.team(self.manifests[key]) if key in self.manifests else ""
            options = pulumi.ResourceOptions(
                parent=self._component(team), depends_on=inside, protect=self.environment.protect
            )
            pulumi.ComponentResource("muster:tenancy:Protection", key.name or CLUSTER, None, options)

    def _by_namespace(self) -> Mapping[Key, list[pulumi.Resource]]:
        found: dict[Key, list[pulumi.Resource]] = {}
        for key, resource in self.resources.items():
            namespace = _namespace(self.manifests[key])
            found.setdefault(namespace if namespace in self.manifests else NOWHERE, []).append(resource)
        return found

    def _component(self, team: str) -> pulumi.ComponentResource:
        if team not in self.components:
            self.components[team] = _component(team, self.environment.teams)
        return self.components[team]


def _component(team: str, teams: Mapping[str, Team]) -> pulumi.ComponentResource:
    if not team:
        return pulumi.ComponentResource("muster:tenancy:Cluster", CLUSTER)
    earlier = teams[team].metadata.renamed_from
    options = pulumi.ResourceOptions(aliases=[pulumi.Alias(name=name) for name in earlier])
    return pulumi.ComponentResource("muster:tenancy:Team", team, None, options)


def _adopted(environment: Environment) -> Iterator[Key]:
    """Yield the namespaces that exist already and are taken over."""
    for team in environment.teams.values():
        for key, namespace in team.namespaces.items():
            if namespace.adopt:
                yield Key("", "Namespace", "", namespace_name(team, key))
