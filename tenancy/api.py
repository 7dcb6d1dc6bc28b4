"""What the specs of Kubernetes objects are made of: quantities, whole numbers, lists that are sets."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from tenancy import quantity
from tenancy.schema import Model


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


class Api(Model):
    """A part of an object; fields that we do not know are ignored."""

    model_config = ConfigDict(extra="ignore")


def once(what: str, names: Sequence[str]) -> None:
    """Raise ValueError where a name stands twice in a list that is a set."""
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{what} {name} stands twice; keep one")
