"""Checks on claims and warranty: are there more than usual, and are they settled well and soon.

For fewer than five claims a month settling them by hand is fine (R10): then these checks have too little to say, and no
program should require them.
"""

from personalization.readiness.checks.check import Check, Direction, Measure, Unit

CHECKS = (
    Check(
        name="claim_share",
        family="claims",
        owner="claims owner",
        meaning="No more orders than usual in this shop lead to a claim within 30 days.",
        measure=Measure.RATE,
        direction=Direction.LOWER_IS_BETTER,
        unit=Unit.TIMES_BASELINE,
        limits={"pass": 1.5, "hold": 2, "baseline_at_least": 0.03},
        source="R10: claims against the shop's own 90 days, warn from +50 %, hold from twice as many (our choice)",
        window_days=28,
        needs=("claims",),
        counted="orders placed one to two months ago",
        found="{value} of {n} {counted} led to a claim within 30 days; {usual} is usual here",
    ),
    Check(
        name="claim_resolution_days",
        family="claims",
        owner="claims owner",
        meaning="Nine of ten claims are settled within two weeks.",
        measure=Measure.QUANTILE,
        direction=Direction.LOWER_IS_BETTER,
        unit=Unit.DAYS,
        limits={"pass": 14, "hold": 30},
        source="R10: resolution time; 14 days pass, more than 30 hold (our choice; no public benchmark)",
        window_days=90,
        needs=("claims",),
        counted="claims that are two weeks old or older",
        found="{share} of {n} {counted} were settled within {value}",
        quantile=0.9,
    ),
    Check(
        name="claim_overturn_share",
        family="claims",
        owner="claims owner",
        meaning="Few decisions on claims have to be taken again.",
        measure=Measure.RATE,
        direction=Direction.LOWER_IS_BETTER,
        unit=Unit.SHARE,
        limits={"pass": 0.1, "hold": 0.25},
        source="R10: approval quality; 10 % passes, over 25 % holds (our choice; no public benchmark)",
        window_days=180,
        needs=("claims",),
        counted="claims decided in the last {days} days",
        found="{value} of {n} {counted} were opened again",
    ),
)
