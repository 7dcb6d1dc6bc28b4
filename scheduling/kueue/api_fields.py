"""What the specs of Kueue's objects are made of: names, weights."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator

from tenancy import quantity
from tenancy.api import Amount, Api, Signed
from tenancy.names import SubdomainName

StopPolicy = Literal["None", "Hold", "HoldAndDrain"]
Name = SubdomainName
OptionalName = Annotated[SubdomainName | None, BeforeValidator(lambda value: value or None)]
"""The name of an object; none may be written as an empty text."""
SMALLEST_WEIGHT = quantity.parse("1n")


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
