"""The spec of a NetworkPolicy: what the server refuses of it (Kubernetes v1.35, pkg/apis/networking)."""

import ipaddress
import re
from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from tenancy.api import Api, Int32
from tenancy.selectors import LabelSelector

PORT_NAME = re.compile(r"(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*")
LONGEST_PORT_NAME = 15
HIGHEST_PORT = 65535
PolicyType = Literal["Ingress", "Egress"]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def network(cidr: str) -> Network:
    """Return what a CIDR says; ValueError where it is none.

    >>> network("10.1.2.3/8")
    IPv4Network('10.0.0.0/8')
    """
    address, slash, bits = cidr.partition("/")
    if not slash or not bits.isdecimal():
        raise ValueError(f"{cidr!r} is no CIDR; write one such as 10.0.0.0/8")
    try:
        return ipaddress.ip_network(f"{address}/{bits}", strict=False)
    except ValueError as error:
        raise ValueError(f"{cidr!r} is no CIDR; write one such as 10.0.0.0/8") from error


def _cidr(value: str) -> str:
    network(value)
    return value


Cidr = Annotated[str, AfterValidator(_cidr)]


class IPBlock(Api):
    """A range of addresses without some parts of it."""

    cidr: Cidr
    excepted: tuple[Cidr, ...] = Field((), alias="except")

    @model_validator(mode="after")
    def _accepted(self) -> Self:
        whole = network(self.cidr)
        for cidr in self.excepted:
            part = network(cidr)
            inside = part.version == whole.version and part.network_address in whole
            if not inside or part.prefixlen <= whole.prefixlen:
                raise ValueError(f"except: {cidr} is no part of {self.cidr}")
        return self


class PolicyPort(Api):
    """Ports of one protocol: one, by number or by name, or a range; all without any."""

    protocol: Literal["TCP", "UDP", "SCTP"] = "TCP"
    port: Int32 | str | None = None
    end_port: Int32 | None = None

    @model_validator(mode="after")
    def _accepted(self) -> Self:
        if isinstance(self.port, str):
            if not PORT_NAME.fullmatch(self.port) or len(self.port) > LONGEST_PORT_NAME:
                raise ValueError(f"{self.port!r} is no name of a port; write its number, or a name such as https")
        elif self.port is not None and not 0 < self.port <= HIGHEST_PORT:
            raise ValueError(f"{self.port} is no port; there are 1 to {HIGHEST_PORT}")
        if self.end_port is not None:
            if not isinstance(self.port, int):
                raise ValueError("endPort needs port, as a number")
            if not self.port <= self.end_port <= HIGHEST_PORT:
                raise ValueError(f"endPort {self.end_port} is not between port and {HIGHEST_PORT}")
        return self


class Peer(Api):
    """Whom a rule is about: pods here, namespaces, pods of these namespaces, or addresses."""

    pod_selector: LabelSelector | None = None
    namespace_selector: LabelSelector | None = None
    ip_block: IPBlock | None = None

    @model_validator(mode="after")
    def _accepted(self) -> Self:
        selects = self.pod_selector is not None or self.namespace_selector is not None
        if not selects and self.ip_block is None:
            raise ValueError("a peer has podSelector, namespaceSelector or ipBlock; it has none")
        if selects and self.ip_block is not None:
            raise ValueError("a peer with ipBlock has no selector; make two peers of it")
        return self


class IngressRule(Api):
    """From whom, to which ports; without either, from all and to all."""

    peers: tuple[Peer, ...] = Field((), alias="from")
    ports: tuple[PolicyPort, ...] = ()


class EgressRule(Api):
    """To whom, to which ports; without either, to all."""

    peers: tuple[Peer, ...] = Field((), alias="to")
    ports: tuple[PolicyPort, ...] = ()


class NetworkPolicySpec(Api):
    """The spec of a NetworkPolicy."""

    pod_selector: LabelSelector = Field({})
    ingress: tuple[IngressRule, ...] = ()
    egress: tuple[EgressRule, ...] = ()
    policy_types: tuple[PolicyType, ...] = Field((), max_length=2)

    @property
    def types(self) -> Sequence[PolicyType]:
        """Return which ways the policy closes: what it says, or else Ingress, and Egress where it has such rules."""
        return self.policy_types or (("Ingress", "Egress") if self.egress else ("Ingress",))
