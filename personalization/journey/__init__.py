"""What happened to each parcel, order line and order, as far as was known; the ground of every later stage."""

from personalization.journey.next_steps import EXCEPTIONS, NEXT_STEPS, NextStep, check_states
from personalization.journey.states import JOURNEY_FILES, STAGES, build_journey, build_parcel_nights, nights_table

__all__ = [
    "EXCEPTIONS",
    "JOURNEY_FILES",
    "NEXT_STEPS",
    "STAGES",
    "NextStep",
    "build_journey",
    "build_parcel_nights",
    "check_states",
    "nights_table",
]
