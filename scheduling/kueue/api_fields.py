"""What the specs of Kueue's objects are made of: names, quantities, weights."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from tenancy import quantity
from tenancy.names import SubdomainName
from tenancy.schema import Model

StopPolicy = Literal["None", "Hold", "HoldAndDrain"]
Name = SubdomainName
OptionalName = Annotated[SubdomainName | None, BeforeValidator(lambda value: value or None)]
"""The name of an object; none may be written as an empty text."""


def _no_truth(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError(f"{str(value).lower()} is no quantity; {quantity.EXAMPLES}")
    return value


def _amount(value: str | int | float) -> str | int | float:
    if isinstance(value, float) and not value.is_integer():
        raise ValueError(f"{value} is no whole number; quote it, as the server takes fractions as text only")
    quantity.quantity(value)
    return value


def _not_below_zero(value: str | int | float) -> str | int | float:
    if quantity.quantity(value) < 0:
        raise ValueError(f"{value} is below 0")
    return value


Signed = Annotated[str | int | float, BeforeValidator(_no_truth), AfterValidator(_amount)]
"""A quantity."""
Amount = Annotated[Signed, AfterValidator(_not_below_zero)]
"""A quantity of at least 0."""


Int32 = Annotated[int, Field(strict=True, ge=-(2**31), le=2**31 - 1)]
Int64 = Annotated[int, Field(strict=True, ge=-(2**63), le=2**63 - 1)]
SMALLEST_WEIGHT = quantity.parse("1n")


class Api(Model):
    """A part of an object; fields that we do not know are ignored."""

    model_config = ConfigDict(extra="ignore")


def _weight(value: str | int | float) -> str | int | float:
    if 0 < quantity.quantity(value) <= SMALLEST_WEIGHT:
        raise ValueError(f"{value} is too small; a weight is 0 or above 1n")
    return value


class LocalFairSharing(Api):
    """Weight of a LocalQueue, which no webhook judges; 0 and less count as none."""

    weight: Signed = 1

    @property
    def value(self) -> float:
        """Return the weight as a number."""
        return float(quantity.quantity(self.weight))


class FairSharing(LocalFairSharing):
    """Weight in fair sharing."""

    weight: Annotated[Amount, AfterValidator(_weight)] = 1


def once(what: str, names: Sequence[str]) -> None:
    """Raise ValueError where a name stands twice in a list that is a set."""
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{what} {name} stands twice; keep one")
