"""Who the customers are beyond their id: address, name, region, and what they said about marketing."""

from dataclasses import dataclass

import numpy as np

from personalization.simulation.chance import Flags, Keys, Numbers, Whole, pick, quantile, uniform
from personalization.simulation.moments import later
from personalization.simulation.parameters import Parameters

SUBSCRIBED, SOFT_OPT_IN, LEFT, REFUSED, UNKNOWN, NO_ROW = range(6)
CONSENT_STATUSES = ("subscribed", "soft_opt_in", "subscribed", "never", "unknown", None)
CONSENT_METHODS = (
    "box at checkout",
    "bought and did not object",
    "box at checkout",
    "box at checkout",
    "lost in a migration",
    None,
)
KEPT, HARD_BOUNCE, COMPLAINT = range(3)
SUPPRESSION_REASONS = (None, "hard_bounce", "complaint")


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """The customers, column by column; moments in whole seconds. left_at and suppressed_at matter only to some."""

    first_name: Whole
    region: Whole
    consent: Whole
    captured_at: Whole
    left_at: Whole
    suppression: Whole
    suppressed_at: Whole


def regions_of(keys: Keys, *, seed: int, parameters: Parameters) -> Whole:
    """Return the place of each household's region in parameters.regions."""
    shares = [region.share for region in parameters.regions]
    return np.minimum(pick(uniform(keys, seed=seed, purpose="region"), shares), len(shares) - 1)


def build_people(keys: Keys, *, first_order_at: Whole, seed: int, parameters: Parameters) -> People:
    """Return the customers; first_order_at is when each bought first."""

    def draw(purpose: str) -> Numbers:
        return uniform(keys, seed=seed, purpose=purpose)

    names = len(parameters.first_names)
    consent = pick(draw("consent"), parameters.consent_shares)
    is_early: Flags = (draw("early") < parameters.early_consent_share) & (consent == SUBSCRIBED)
    bounces, complains = parameters.hard_bounce_share, parameters.complaint_share
    return People(
        first_name=np.floor(draw("first name") * names).astype(np.int64),
        region=regions_of(keys, seed=seed, parameters=parameters),
        consent=consent,
        captured_at=np.where(is_early, later(first_order_at, hours=-24 * 60 * draw("captured")), first_order_at),
        left_at=later(first_order_at, hours=24 * quantile(draw("left"), (1, parameters.unsubscribe_within_days))),
        suppression=(pick(draw("suppression"), (1 - bounces - complains, bounces))).astype(np.int64),
        suppressed_at=later(
            first_order_at, hours=24 * quantile(draw("suppressed"), (1, parameters.suppressed_within_days))
        ),
    )
