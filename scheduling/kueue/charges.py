"""What of a pod's requests counts against quota, and as what: the manager's `resources` settings.

Excluded prefixes are dropped first; then transformations replace resources by others, or add these beside them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from tenancy import quantity
from tenancy.kueue_configuration import Resources, Transformation


@dataclass(frozen=True, slots=True)
class Charges:
    """The manager's *settings*; without any, all requests count as they are."""

    settings: Resources | None = None

    @property
    def any(self) -> bool:
        """Tell whether any request counts as something else than itself."""
        return self.settings is not None and bool(
            self.settings.exclude_resource_prefixes or self.settings.transformations
        )

    def charged(self, requests: Mapping[str, Fraction]) -> tuple[tuple[str, int], ...]:
        """Return what one pod with *requests* is charged, in the units of Kueue's quota, by name of resource."""
        settings = self.settings or Resources()
        counted = {
            name: amount
            for name, amount in requests.items()
            if not name.startswith(tuple(settings.exclude_resource_prefixes) or ("\0",))
        }
        transformations = {t.input: t for t in settings.transformations}
        total = {
            name: amount
            for name, amount in counted.items()
            if name not in transformations or transformations[name].strategy == "Retain"
        }
        for name, amount in _generated(counted, transformations).items():
            total[name] = total.get(name, Fraction(0)) + max(Fraction(0), amount)
        return tuple((name, quantity.amount(name, amount)) for name, amount in sorted(total.items()))


def _generated(requests: Mapping[str, Fraction], transformations: Mapping[str, Transformation]) -> dict[str, Fraction]:
    """Return what the transformations of *requests* come to together; outputs may cancel each other."""
    generated: dict[str, Fraction] = {}
    for name, amount in requests.items():
        if name in transformations:
            transformation = transformations[name]
            times = requests.get(transformation.multiply_by or "", Fraction(1))
            for output, factor in transformation.outputs.items():
                generated[output] = generated.get(output, Fraction(0)) + amount * times * quantity.quantity(factor)
    return generated
