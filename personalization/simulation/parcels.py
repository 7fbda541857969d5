"""What happens to each parcel, from the order to the door: dispatch, scans, delay, stall, loss, return.

Nothing is scanned at weekends; labels are printed on any day. A parcel on time arrives by its promise; a late one at
least two working days after it; a stalled one is silent for days, then arrives; a lost one is silent until the carrier
declares it lost and its record is closed.
"""

from dataclasses import dataclass, replace

import numpy as np

from personalization.simulation.chance import Flags, Keys, Numbers, Whole, pick, quantile, uniform
from personalization.simulation.moments import at_hour, day_of, later, working_day
from personalization.simulation.parameters import Lane, Parameters

LATE, JUST_LATE, STALLED, LOST, RETURNED, ON_TIME = range(6)
NEVER = np.int64(2**62)  # the moment of what never happens
UK, EUROPE, WORLD = range(3)
EUROPEAN = frozenset(  # the countries of the zone EUROPE
    (
        *("IE", "DE", "FR", "NL", "ES", "CH", "BE", "PT", "IT", "NO", "SE"),
        *("CY", "FI", "AT", "DK", "GR", "PL", "MT", "IS", "LT", "CZ"),
    )
)
_HUB_DAYS = (1, 3, 5, 7, 9, 11)  # working days after dispatch on which a parcel under way is scanned
_MARKS = (  # every event: status, and the carrier's own words
    ("label_created", "label printed"),
    ("in_transit", "accepted by carrier"),
    ("in_transit", "arrived at hub"),
    ("delayed", "delayed, new date follows"),
    ("out_for_delivery", "with the driver"),
    ("attempt_failed", "nobody at home"),
    ("return_to_sender", "refused or unknown, going back"),
    ("exception", "declared lost"),
    ("cancelled", "lost, claim settled"),
    ("delivered", "delivered"),
)
STATUSES = tuple(status for status, _ in _MARKS)
RAW_STATUSES = tuple(raw for _, raw in _MARKS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcels:
    """The parcels, column by column: whole seconds for moments (``_at``), days since 1970 for dates (``_on``)."""

    keys: Keys
    carrier: Whole
    lane: Whole
    outcome: Whole
    is_tracked: Flags
    dispatched_on: Whole
    promised_on: Whole
    transit_days: Whole
    label_at: Whole
    handed_over_at: Whole
    delivered_at: Whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Scans:
    """The tracking events: parcel, place in the parcel's course, mark, when it happened and when it was learned of."""

    parcel: Whole
    course: Whole
    mark: Whole
    occurred_at: Whole
    received_at: Whole


def lanes_of(parameters: Parameters) -> tuple[Lane, ...]:
    """Return the lanes in the order that Parcels.lane counts."""
    return (parameters.standard, parameters.express, parameters.europe, parameters.world)


def planned_dispatch(placed_at: Whole, *, cut_off_hour: int) -> Whole:
    """Return the working day on which each order should leave: the same one before the cut-off hour, else the next."""
    is_early = placed_at % 86_400 < cut_off_hour * 3600
    days = day_of(placed_at)
    same_or_next = working_day(days, after=0)
    return np.where(is_early | (same_or_next > days), same_or_next, working_day(days, after=1))


def handed_over(planned_on: Whole, keys: Keys, *, seed: int, parameters: Parameters) -> Whole:
    """Return the moment at which each parcel goes to the carrier: 16:00 to 19:00 of its day, for a few a day later."""
    is_slow = uniform(keys, seed=seed, purpose="dispatch") < parameters.slow_dispatch_share
    days = np.where(is_slow, working_day(planned_on, after=1), planned_on)
    return at_hour(days, 16 + 3 * uniform(keys, seed=seed, purpose="handover"))


def build_parcels(
    keys: Keys,
    *,
    placed_at: Whole,
    number: Whole,
    zone: Whole,
    region: Whole,
    seed: int,
    parameters: Parameters,
) -> Parcels:
    """Return what becomes of each parcel. number is 1, or 2 for the second parcel of a split order."""

    def draw(purpose: str) -> Numbers:
        return uniform(keys, seed=seed, purpose=purpose)

    is_second = number > 1
    planned_on = planned_dispatch(placed_at, cut_off_hour=parameters.cut_off_hour)
    wait = np.where(is_second, 2 + pick(draw("second parcel"), (0.4, 0.3)), 0)
    planned_on = working_day(planned_on, after=wait)
    handed_over_at = handed_over(planned_on, keys, seed=seed, parameters=parameters)
    label_at = np.where(
        is_second, at_hour(planned_on, 9 + 3 * draw("label")), later(placed_at, hours=0.5 + 2 * draw("label"))
    )
    carrier = carriers_of(draw("carrier"), zone=zone, region=region, parameters=parameters)
    is_express = (draw("service") < parameters.express_share) & (carrier < 2)
    lane = np.select([zone == EUROPE, zone == WORLD, is_express], [2, 3, 1], 0).astype(np.int64)
    promise = np.array([lane.promise_days for lane in lanes_of(parameters)], dtype=np.int64)[lane]
    is_tracked = draw("tracked") >= parameters.untracked_share
    outcome = np.where(is_tracked, outcomes_of(draw("outcome"), carrier, parameters=parameters), ON_TIME)
    parcels = Parcels(
        keys=keys,
        carrier=carrier,
        lane=lane,
        outcome=outcome,
        is_tracked=is_tracked,
        dispatched_on=day_of(handed_over_at),
        promised_on=working_day(planned_on, after=promise),
        transit_days=promise,
        label_at=np.minimum(label_at, handed_over_at - 600),
        handed_over_at=handed_over_at,
        delivered_at=handed_over_at,
    )
    return with_delivery(parcels, draw("transit"), draw("door"), parameters=parameters)


def carriers_of(draws: Numbers, *, zone: Whole, region: Whole, parameters: Parameters) -> Whole:
    """Return the carrier of each parcel, by the region's shares at home."""
    names = [carrier.name for carrier in parameters.carriers]
    carrier = np.full(len(draws), names.index(parameters.abroad_carrier), dtype=np.int64)
    for place, area in enumerate(parameters.regions):
        here = (zone == UK) & (region == place)
        carrier[here] = np.minimum(pick(draws[here], area.carriers), len(names) - 1)
    return carrier


def outcomes_of(draws: Numbers, carrier: Whole, *, parameters: Parameters) -> Whole:
    """Return what becomes of each parcel, by its carrier's shares."""
    outcome = np.full(len(draws), ON_TIME, dtype=np.int64)
    for place, one in enumerate(parameters.carriers):
        here = carrier == place
        outcome[here] = pick(draws[here], (one.late, one.just_late, one.stalled, one.lost, one.returned))
    return outcome


def with_delivery(parcels: Parcels, transit: Numbers, door: Numbers, *, parameters: Parameters) -> Parcels:
    """Return the parcels with their days under way and the moment of delivery, 9:30 to 17:30."""
    usual = np.ones(len(transit))
    for place, lane in enumerate(lanes_of(parameters)):
        here = parcels.lane == place
        usual[here] = quantile(transit[here], lane.transit_days)
    days = np.floor(usual + 0.5).astype(np.int64)
    promise = parcels.transit_days
    late = promise + np.floor(quantile(transit, parameters.late_days) + 0.5).astype(np.int64)
    stalled = 1 + np.floor(quantile(transit, parameters.stall_days) + 0.5).astype(np.int64)
    days = np.select(
        [parcels.outcome == LATE, parcels.outcome == JUST_LATE, parcels.outcome == STALLED],
        [late, promise + 1, np.maximum(stalled, promise + 2)],
        days,
    )
    arrives = np.isin(parcels.outcome, (LOST, RETURNED), invert=True)
    delivered_at = at_hour(working_day(parcels.dispatched_on, after=days), 9.5 + 8 * door)
    return replace(parcels, transit_days=days, delivered_at=np.where(arrives, delivered_at, NEVER))


def build_scans(parcels: Parcels, *, seed: int, parameters: Parameters) -> Scans:
    """Return every event of every tracked parcel."""
    courses = _courses(parcels, seed=seed, parameters=parameters)
    parcel, course, mark, occurred_at = [], [], [], []
    for place, (kind, where, moments) in enumerate(courses):
        chosen = np.flatnonzero(where & parcels.is_tracked)
        parcel.append(chosen)
        course.append(np.full(len(chosen), place, dtype=np.int64))
        mark.append(np.full(len(chosen), kind, dtype=np.int64))
        occurred_at.append(moments[chosen])
    parcels_of, courses_of, occurred = np.concatenate(parcel), np.concatenate(course), np.concatenate(occurred_at)
    lag = quantile(
        uniform(parcels.keys[parcels_of] + courses_of.astype(np.uint64), seed=seed, purpose="lag"),
        parameters.scan_lag_hours,
    )
    return Scans(
        parcel=parcels_of,
        course=courses_of,
        mark=np.concatenate(mark),
        occurred_at=occurred,
        received_at=later(occurred, hours=lag),
    )


def _courses(parcels: Parcels, *, seed: int, parameters: Parameters) -> list[tuple[int, Flags, Whole]]:
    """Return every place of a parcel's course in order: the mark, for which parcels, and when."""

    def draw(purpose: str) -> Numbers:
        return uniform(parcels.keys, seed=seed, purpose=purpose)

    def day(after: Whole | int) -> Whole:
        return working_day(parcels.dispatched_on, after=after)

    label, accepted, hub, delayed, driver, failed, going_back, lost, settled, delivered = range(len(_MARKS))
    days, outcome = parcels.transit_days, parcels.outcome
    arrives = parcels.delivered_at != NEVER
    is_silent = np.isin(outcome, (STALLED, LOST))
    # A failed attempt happens the working day before the delivery, so it never makes a parcel late.
    is_missed = arrives & (days >= 2) & (draw("missed") < parameters.attempt_failed_share)
    goes_back = outcome == RETURNED
    is_told = (outcome == LATE) & (draw("told") < parameters.delayed_notice_share)
    everyone = np.ones(len(days), dtype=np.bool_)
    hubs = [
        (hub, np.where(is_silent, number == 1, number < days), at_hour(day(number), 2 + 3 * draw(f"hub {number}")))
        for number in _HUB_DAYS
    ]
    return [
        (label, everyone, parcels.label_at),
        (accepted, everyone, parcels.handed_over_at),
        *hubs,
        (delayed, is_told, at_hour(parcels.promised_on, 18 + 2 * draw("told at"))),
        (driver, is_missed, at_hour(day(np.maximum(days - 1, 0)), 7 + 2 * draw("first driver"))),
        (failed, is_missed, at_hour(day(np.maximum(days - 1, 0)), 10 + 6 * draw("first attempt"))),
        (driver, arrives, at_hour(day(days), 7 + 2 * draw("driver"))),
        (failed, goes_back, at_hour(day(days), 10 + 6 * draw("attempt"))),
        (failed, goes_back, at_hour(day(days + 1), 10 + 6 * draw("last attempt"))),
        (going_back, goes_back, at_hour(day(days + 3), 12 + 3 * draw("back"))),
        (lost, outcome == LOST, at_hour(day(parameters.lost_declared_days), 11 + 3 * draw("declared"))),
        (settled, outcome == LOST, at_hour(day(parameters.lost_settled_days), 11 + 3 * draw("settled"))),
        (delivered, arrives, parcels.delivered_at),
    ]
