"""What leaves the warehouses of a whole shop: which lines in which parcel, from where, when, and what becomes of it."""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from personalization.simulation import parcels
from personalization.simulation.chance import Flags, Keys, Whole, pick, quantile
from personalization.simulation.given import NOBODY, Given, zones
from personalization.simulation.moments import DAY, at_hour, day_of, later, working_day
from personalization.simulation.parcels import NEVER, ON_TIME, RETURNED, UK, Parcels
from personalization.simulation.rates import Rates
from personalization.simulation.setting import Setting

ABROAD = -1
_REPLACEMENT = 4  # a parcel's place in its order: 1 and 2 what was bought, 5 and 6 what replaces it


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The parcels of a shop, column by column, in the order of their numbers.

    order is a place; region is one in Parameters.regions or ABROAD; void_at is NEVER for what leaves. A parcel
    is_missed when its carrier says that it was delivered and its customer that it was not.
    """

    course: Parcels
    number: Whole
    order: Whole
    origin: Whole
    region: Whole
    eta_first_on: Whole
    eta_latest_on: Whole
    void_at: Whole
    is_missed: Flags

    def leaves(self) -> Flags:
        """Return which parcels are handed over."""
        return np.asarray(self.void_at == NEVER)

    def arrives(self) -> Flags:
        """Return which parcels reach their customers."""
        return np.asarray((self.course.delivered_at != NEVER) & self.leaves() & ~self.is_missed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressees:
    """Where each order goes: its zone, and its region in Parameters.regions."""

    zone: Whole
    region: Whole


def addressees_of(given: Given, *, setting: Setting) -> Addressees:
    """Return where each order goes: the customer's own region where it is known, else one by chance."""
    areas = setting.parameters.regions
    orders = given.orders
    household = np.where(orders.customer == NOBODY, orders.number, _take(given.customers.number, orders.customer))
    drawn = pick(setting.draw(household.astype(np.uint64), "region"), [area.share for area in areas])
    own = pc.index_in(given.customers.region, pa.array([area.name for area in areas])).fill_null(NOBODY)
    own_of = _take(np.asarray(own.to_numpy(zero_copy_only=False), dtype=np.int64), orders.customer)
    region = np.where(own_of == NOBODY, np.minimum(drawn, len(areas) - 1), own_of)
    return Addressees(zone=zones(given.customers, orders), region=region)


def _take(values: Whole, at: Whole) -> Whole:
    """Return the value at each place, NOBODY where there is none."""
    return np.append(values, NOBODY)[at]


def first_parcels(given: Given, addressees: Addressees, *, setting: Setting) -> tuple[Sent, Whole]:
    """Return the parcels of what was bought, and the parcel of each line (NOBODY for what needs none)."""
    orders, lines = given.orders, given.lines
    goes = given.needs_parcel() & (lines.qty > 0) & ~orders.is_test[lines.order]
    count = np.bincount(lines.order[goes], minlength=len(orders.number))
    is_large = count >= setting.parameters.split_from_lines
    is_split = is_large & setting.happens(orders.keys, "split", share=setting.parameters.split_share)
    is_second = setting.happens(lines.keys, "second", share=setting.parameters.second_parcel_share)
    slot = lines.order * 2 + (is_split[lines.order] & is_second)
    found, parcel_of = np.unique(slot[goes], return_inverse=True)
    parcel_of_line = np.full(len(slot), NOBODY, dtype=np.int64)
    parcel_of_line[goes] = parcel_of
    order, place = found // 2, found % 2
    sent = _parcels(
        orders.number[order] * 10 + 1 + place,
        order,
        ready_at=_ready_at(given, setting=setting)[order],
        forced=_sent_back(given, setting=setting)[order],
        addressees=addressees,
        setting=setting,
    )
    return without_cancelled(sent, orders.cancelled_at), parcel_of_line


def _ready_at(given: Given, *, setting: Setting) -> Whole:
    """Return from when each order can leave: a pre-order from its release, in time for what was promised."""
    orders = given.orders
    wait = quantile(setting.draw(orders.keys, "release"), setting.rates.preorder_days)
    usual = at_hour(day_of(orders.placed_at) + np.floor(wait).astype(np.int64), 6.0)
    promised = at_hour(orders.promised_on - setting.rates.preorder_promise_days, 6.0)
    release = np.where(orders.promised_on > 0, promised, usual)
    return np.where(orders.is_preorder, np.maximum(release, orders.placed_at), orders.placed_at)


def cancels_late(given: Given, *, setting: Setting) -> Flags:
    """Return which orders are cancelled once their parcels are under way."""
    orders = given.orders
    is_drawn = setting.happens(orders.keys, "cancelled after", share=setting.rates.cancelled_after_share)
    return np.asarray(is_drawn & (orders.cancelled_at == NEVER) & ~orders.is_test)


def _sent_back(given: Given, *, setting: Setting) -> Whole:
    """Return the outcome that is certain for each order: RETURNED where the carrier can still turn it back."""
    turns = setting.happens(given.orders.keys, "turned back", share=setting.rates.cancelled_back_share)
    return np.where(cancels_late(given, setting=setting) & turns, RETURNED, NOBODY)


def replacement_parcels(
    addressees: Addressees, *, first: Whole, order: Whole, ready_at: Whole, setting: Setting
) -> Sent:
    """Return the parcels that replace what came back: first are the numbers of those replaced, ready_at from when."""
    forced = np.full(len(order), ON_TIME, dtype=np.int64)
    sent = _parcels(
        first + _REPLACEMENT, order, ready_at=ready_at, forced=forced, addressees=addressees, setting=setting
    )
    return replace(sent, is_missed=np.zeros(len(order), dtype=np.bool_))


def _parcels(
    number: Whole, order: Whole, *, ready_at: Whole, forced: Whole, addressees: Addressees, setting: Setting
) -> Sent:
    """Return the parcels of orders that can leave at ready_at; forced is the outcome, NOBODY where chance decides."""
    rates, keys = setting.rates, number.astype(np.uint64)
    zone, region = addressees.zone[order], addressees.region[order]
    is_second = number % 10 == 2
    wait = np.where(is_second, 2 + pick(setting.draw(keys, "second parcel"), (0.4, 0.3)), 0)
    planned_on = parcels.planned_dispatch(ready_at, cut_off_hour=setting.parameters.cut_off_hour)
    planned_on = working_day(planned_on, after=wait)
    hours = setting.draw(keys, "label")
    label_at = np.where(is_second, at_hour(planned_on, 9 + 3 * hours), later(ready_at, hours=0.5 + 2 * hours))
    origin, is_far = _origins(keys, region, zone, setting=setting)
    is_peak = in_peak(planned_on, rates=rates)
    course = _on_lanes(keys, planned_on, label_at, zone=zone, region=region, setting=setting)
    course = replace(course, outcome=_outcomes(course, is_peak, forced, setting=setting))
    is_slow = (is_far | is_peak) & setting.happens(keys, "far", share=rates.far_day_share)
    # A slow one takes the longer of the days that its lane may take, not more than was promised.
    transit = setting.draw(keys, "transit")
    transit = np.where(is_slow, 0.6 + 0.4 * transit, transit)
    course = parcels.with_delivery(course, transit, setting.draw(keys, "door"), parameters=setting.parameters)
    may_be_missed = course.is_tracked & (course.delivered_at != NEVER)
    home = np.where(zone == UK, region, ABROAD)
    eta_first_on = _forecast(planned_on, course, home, setting=setting)
    return Sent(
        course=course,
        number=number,
        order=order,
        origin=origin,
        region=home,
        eta_first_on=eta_first_on,
        eta_latest_on=working_day(eta_first_on, after=rates.eta_width_days),
        void_at=np.full(len(number), NEVER),
        is_missed=may_be_missed & setting.happens(keys, "not received", share=rates.not_received_share),
    )


def _on_lanes(
    keys: Keys, planned_on: Whole, label_at: Whole, *, zone: Whole, region: Whole, setting: Setting
) -> Parcels:
    """Return the parcels with their carriers and services and what is promised; what becomes of them is still open."""
    parameters = setting.parameters
    carrier = parcels.carriers_of(setting.draw(keys, "carrier"), zone=zone, region=region, parameters=parameters)
    is_express = setting.happens(keys, "service", share=parameters.express_share) & (carrier < 2)
    lane = np.select([zone == parcels.EUROPE, zone == parcels.WORLD, is_express], [2, 3, 1], 0).astype(np.int64)
    promise = np.array([lane.promise_days for lane in parcels.lanes_of(parameters)], dtype=np.int64)[lane]
    handed_over_at = parcels.handed_over(planned_on, keys, seed=setting.seed, parameters=parameters)
    return Parcels(
        keys=keys,
        carrier=carrier,
        lane=lane,
        outcome=np.full(len(keys), ON_TIME, dtype=np.int64),
        is_tracked=setting.draw(keys, "tracked") >= parameters.untracked_share,
        dispatched_on=day_of(handed_over_at),
        promised_on=working_day(planned_on, after=promise),
        transit_days=promise,
        label_at=np.minimum(label_at, handed_over_at - 600),
        handed_over_at=handed_over_at,
        delivered_at=handed_over_at,
    )


def _outcomes(course: Parcels, is_peak: Flags, forced: Whole, *, setting: Setting) -> Whole:
    """Return what becomes of each parcel; in the peak everything that goes wrong does so more often."""
    draws = setting.draw(course.keys, "outcome")
    strained = np.where(is_peak, draws / setting.rates.peak_strain, draws)
    outcome = parcels.outcomes_of(strained, course.carrier, parameters=setting.parameters)
    return np.where(forced == NOBODY, np.where(course.is_tracked, outcome, ON_TIME), forced)


def in_peak(days: Whole, *, rates: Rates) -> Flags:
    """Return which days lie in the shop's peak season."""
    dates = days.astype("datetime64[D]")
    of_year = (dates - dates.astype("datetime64[Y]").astype("datetime64[D]")).astype(np.int64)
    first, last = rates.peak_days
    return np.asarray((of_year >= first) & (of_year <= last))


def _origins(keys: Keys, region: Whole, zone: Whole, *, setting: Setting) -> tuple[Whole, Flags]:
    """Return the warehouse of each parcel, and whether it is not the one nearest to its region."""
    rates, names = setting.rates, [area.name for area in setting.parameters.regions]
    nearest = np.zeros(len(names), dtype=np.int64)
    for place, warehouse in enumerate(rates.warehouses):
        nearest[[names.index(name) for name in warehouse.regions if name in names]] = place
    near = np.where(zone == UK, nearest[region], 0)
    is_far = setting.happens(keys, "origin", share=rates.other_warehouse_share)
    return np.where(is_far, (near + 1) % len(rates.warehouses), near), is_far


def _forecast(planned_on: Whole, course: Parcels, region: Whole, *, setting: Setting) -> Whole:
    """Return the first day of the carrier's forecast; its error is the same for a carrier, a service and a region."""
    usual = np.array([quantile(np.array([0.5]), lane.transit_days)[0] for lane in parcels.lanes_of(setting.parameters)])
    lane_keys = (course.carrier * 10_000 + course.lane * 100 + region + 1).astype(np.uint64)
    bias = np.array(setting.rates.eta_bias_days, dtype=np.int64)
    drawn = np.floor(setting.draw(lane_keys, "forecast") * len(bias)).astype(np.int64)
    days = np.maximum(np.floor(usual + 0.5).astype(np.int64)[course.lane] + bias[drawn], 1)
    return working_day(planned_on, after=days)


def without_cancelled(sent: Sent, cancelled_at: Whole) -> Sent:
    """Return the parcels with those void whose order was cancelled before they left; cancelled_at stands by order."""
    void_at = cancelled_at[sent.order]
    is_void = void_at < sent.course.handed_over_at
    course = replace(sent.course, delivered_at=np.where(is_void, NEVER, sent.course.delivered_at))
    return replace(
        sent, course=course, void_at=np.where(is_void, void_at, sent.void_at), is_missed=sent.is_missed & ~is_void
    )


def cancelled_under_way(given: Given, sent: Sent, *, setting: Setting) -> Whole:
    """Return when each order was cancelled after a parcel left and before the first arrived, NEVER for the others."""
    count = len(given.orders.number)
    left, arrived = np.full(count, NEVER), np.full(count, NEVER)
    leaves = sent.leaves()
    np.minimum.at(left, sent.order[leaves], sent.course.handed_over_at[leaves])
    np.minimum.at(arrived, sent.order, sent.course.delivered_at)
    chosen = cancels_late(given, setting=setting) & (left != NEVER)
    until = np.where(arrived == NEVER, left + 3 * DAY, arrived)
    part = 0.2 + 0.6 * setting.draw(given.orders.keys, "cancelled after at")
    return np.where(chosen, left + np.floor(np.where(chosen, until - left, 0) * part).astype(np.int64), NEVER)


def joined(first: Sent, second: Sent) -> tuple[Sent, Whole]:
    """Return both batches in the order of their numbers, and for each parcel of the first its new place."""
    sort = np.argsort(np.concatenate([first.number, second.number]), kind="stable")

    def both(one: Any, other: Any) -> Any:
        return np.concatenate([one, other])[sort]

    course = Parcels(
        **{
            field.name: both(getattr(first.course, field.name), getattr(second.course, field.name))
            for field in fields(Parcels)
        }
    )
    columns = {
        field.name: both(getattr(first, field.name), getattr(second, field.name))
        for field in fields(Sent)
        if field.name != "course"
    }
    place = np.empty(len(sort), dtype=np.int64)
    place[sort] = np.arange(len(sort))
    return Sent(course=course, **columns), place[: len(first.number)]
