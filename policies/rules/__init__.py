"""The rules, one module per family; importing this package registers them all."""

from policies.rule import RULES
from policies.rules import gangs, kueue, network, queues, sharing, tenancy

__all__ = ["RULES", "gangs", "kueue", "network", "queues", "sharing", "tenancy"]
