"""Tiers whose nodes an autoscaler provides: a ProvisioningRequest stands between quota and admission."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from scheduling.kueue.checks import PROVISIONING
from scheduling.kueue.lifecycle import Startup
from scheduling.kueue.shares import FlavorQuota, flavor_name
from tenancy import promise
from tenancy.duration import milliseconds
from tenancy.environment import Environment
from tenancy.kinds import KUEUE
from tenancy.manifests import Manifest, declared
from tenancy.names import joined
from tenancy.namespaces import MANAGED_BY, origin
from tenancy.pool import Tier

Body = dict[str, Any]


def check_name(flavor: str) -> str:
    """Return the name of the check of a flavor, and of its settings."""
    return joined("provision", flavor)


def tiers(environment: Environment) -> Iterator[tuple[str, Tier, str, tuple[str | int, ...]]]:
    """Yield every flavor: its name, its tier, its pool, and where the environment has the tier."""
    for name, pool in environment.pools.items():
        for index, tier in enumerate(pool.tiers):
            yield flavor_name(name, tier), tier, name, ("pools", name, "tiers", index)
    for team in environment.teams.values():
        for name, tier, _ in promise.own_nodes(environment, team):
            index = environment.pools[name].tiers.index(tier)
            yield flavor_name(name, tier, team), tier, name, ("pools", name, "tiers", index)


def declare(environment: Environment) -> Iterator[Manifest]:
    """Yield an AdmissionCheck and its ProvisioningRequestConfig for each flavor that is provided on request."""
    for flavor, tier, pool, source in tiers(environment):
        if tier.provisioning is not None:
            where = origin(environment, *source, "provisioning")
            device = environment.pools[pool].node.device
            settings = {
                "provisioningClassName": tier.provisioning.provisioning_class,
                **({"managedResources": [device]} if device else {}),
            }
            parameters = {"apiGroup": KUEUE, "kind": "ProvisioningRequestConfig", "name": check_name(flavor)}
            check = {"controllerName": PROVISIONING, "parameters": parameters}
            yield declared(_object("ProvisioningRequestConfig", check_name(flavor), settings), where)
            yield declared(_object("AdmissionCheck", check_name(flavor), check), where)


def _object(kind: str, name: str, spec: Mapping[str, Any]) -> Body:
    return {
        "apiVersion": f"{KUEUE}/v1beta2",
        "kind": kind,
        "metadata": {"name": name, "labels": MANAGED_BY},
        "spec": spec,
    }


def strategy(environment: Environment, quotas: Sequence[FlavorQuota]) -> Body | None:
    """Return the admissionChecksStrategy of a queue with *quotas*; None where no flavor needs a check."""
    provided = {flavor for flavor, tier, _, _ in tiers(environment) if tier.provisioning is not None}
    rules = [
        {"name": check_name(quota.flavor), "onFlavors": [quota.flavor]} for quota in quotas if quota.flavor in provided
    ]
    return {"admissionChecks": rules} if rules else None


def startups(environment: Environment) -> dict[str, Startup]:
    """Return what happens before workloads run, by flavor; flavors on which they run at once are left out."""
    found = {}
    for flavor, tier, _, _ in tiers(environment):
        asked = tier.provisioning
        check, fails = (milliseconds(asked.takes), asked.fails) if asked else (0, 0.0)
        startup = Startup(check, fails, milliseconds(tier.pods_ready))
        if startup != Startup():
            found[flavor] = startup
    return found
