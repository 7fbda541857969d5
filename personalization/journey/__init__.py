"""What happened to each parcel, order line and order, as far as was known; the ground of every later stage."""

from personalization.journey.states import JOURNEY_FILES, STAGES, build_journey, build_parcel_nights, nights_table

__all__ = ["JOURNEY_FILES", "STAGES", "build_journey", "build_parcel_nights", "nights_table"]
