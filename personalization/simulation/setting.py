"""What decides a simulated world, carried together: its seed, its end and its rates."""

from collections.abc import Sequence
from dataclasses import dataclass

from personalization.simulation.chance import Flags, Keys, Numbers, Whole, quantile, uniform
from personalization.simulation.moments import later
from personalization.simulation.parameters import Parameters
from personalization.simulation.rates import Rates


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A world's seed, its end in seconds since 1970, and its rates."""

    seed: int
    until: int
    parameters: Parameters
    rates: Rates

    def draw(self, keys: Keys, purpose: str) -> Numbers:
        """Return a number from 0 up to 1 for each key."""
        return uniform(keys, seed=self.seed, purpose=purpose)

    def happens(self, keys: Keys, purpose: str, *, share: float) -> Flags:
        """Return for which keys something happens that happens to a share of them."""
        return uniform(keys, seed=self.seed, purpose=purpose) < share

    def after_days(self, moments: Whole, keys: Keys, purpose: str, *, days: Sequence[float]) -> Whole:
        """Return each moment so many days later, drawn between quantiles."""
        return later(moments, hours=24 * quantile(self.draw(keys, purpose), days))

    def after_hours(self, moments: Whole, keys: Keys, purpose: str, *, hours: Sequence[float]) -> Whole:
        """Return each moment so many hours later, drawn between quantiles."""
        return later(moments, hours=quantile(self.draw(keys, purpose), hours))
