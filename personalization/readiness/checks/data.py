"""Checks on the data themselves: what does not come in, or not whole, cannot be answered for."""

from personalization.readiness.checks.check import Check, Direction, Measure, Unit

CHECKS = (
    Check(
        name="feed_freshness",
        family="data",
        owner="data engineer",
        meaning="Every feed that the shop lives by has brought something lately.",
        measure=Measure.FEED,
        direction=Direction.LOWER_IS_BETTER,
        unit=Unit.HOURS,
        # Hours outside Saturdays and Sundays: carriers do not scan at weekends, and a silence then means nothing.
        limits={"pass": 24, "hold": 24},
        source="T3: a carrier with parcels on the way is stale after 24 h; without weekends, and all feeds: our choice",
        window_days=28,
        needs=("shipments", "tracking_events", "tickets", "returns"),
        scopes=("carrier",),
    ),
)
