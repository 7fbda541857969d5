"""Turns what is wanted into orders: what a person needs within three days is one order, subscriptions are their own.

A person's orders are numbered in time, so an order's number is known without any other person, and a longer world only
adds numbers.
"""

from dataclasses import dataclass

import numpy as np

from personalization.simulation.chance import Flags, Keys, Numbers, Whole, quantile, uniform
from personalization.simulation.moments import day_of, later
from personalization.simulation.purchase_parameters import PurchaseParameters
from personalization.simulation.purchases.accounts import (
    GUEST,
    LAG,
    NEVER,
    TWO_ACCOUNTS,
    People,
    build_people,
    visit_moments,
)
from personalization.simulation.purchases.baskets import Wanted
from personalization.simulation.purchases.catalogue import Catalogue
from personalization.simulation.purchases.customers import countries_of
from personalization.simulation.purchases.season import BEGIN_DAY, SLOT_DAYS, Season

ORDERS_EACH = 256  # of one person; whoever has ordered so often orders no more
LINES_EACH = 16  # of one order
NOBODY = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """The orders by person and time, column by column; moments in whole seconds, NEVER where a thing does not happen.

    number is the person's number times ORDERS_EACH plus the place among the person's orders. account says which of the
    person's accounts ordered, NOBODY for a guest. recipient_number is the person who gets a gift, NOBODY where unknown.
    released_day is the day on which a pre-ordered thing leaves, 0 for other orders.
    """

    person: Whole
    number: Whole
    placed_at: Whole
    account: Whole
    is_subscription: Flags
    is_gift: Flags
    recipient_number: Whole
    is_test: Flags
    released_day: Whole
    cancelled_at: Whole
    ship_to_changed_at: Whole
    is_b2b: Flags
    needs_parcel: Flags
    goods_cents: Whole
    discount_cents: Whole
    shipping_cents: Whole
    tax_cents: Whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """The lines in the order of their orders; order is the place among the orders, rank the place within the order."""

    order: Whole
    rank: Whole
    sku: Whole
    qty: Whole
    unit_price_cents: Whole
    discount_cents: Whole


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """The orders before anything else is known of them, and for each wanted line its order."""

    person: Whole
    place: Whole
    placed_at: Whole
    is_subscription: Flags
    order_of_line: Whole
    line: Whole


def build_orders(
    wanted: Wanted,
    people: People,
    catalogue: Catalogue,
    *,
    days: int,
    season: Season,
    seed: int,
    parameters: PurchaseParameters,
) -> tuple[Orders, Lines]:
    """Return the orders placed up to about two days after *days*, and their lines."""
    frame = _frame(wanted, people, days=days, season=season, seed=seed, parameters=parameters)
    number = people.number[frame.person].astype(np.int64) * ORDERS_EACH + frame.place
    key = number.astype(np.uint64)
    lines = _lines(frame, wanted, catalogue, key=key, season=season, seed=seed, parameters=parameters)
    return _orders(frame, lines, people, catalogue, key, season=season, seed=seed, parameters=parameters), lines


def _frame(
    wanted: Wanted, people: People, *, days: int, season: Season, seed: int, parameters: PurchaseParameters
) -> _Frame:
    line = np.flatnonzero(wanted.slot <= days // SLOT_DAYS + 1)
    packed = (wanted.person[line] << 13) + (wanted.slot[line] << 1) + wanted.is_subscription[line]
    found, order_of_line = np.unique(packed, return_inverse=True)
    person, slot, is_subscription = found >> 13, (found >> 1) & 4095, (found & 1) == 1
    number = people.number[person]
    usual = visit_moments(number, slot, season=season, seed=seed, parameters=parameters)
    by_itself = visit_moments(number, slot, season=season, seed=seed, parameters=parameters, purpose="subscription")
    placed_at = np.where(is_subscription, by_itself, usual)
    in_time = np.lexsort((is_subscription, placed_at, person))
    starts = np.searchsorted(person, person)  # the first order of the same person
    position = np.empty(len(found), dtype=np.int64)
    position[in_time] = np.arange(len(found))
    kept = position - starts < ORDERS_EACH
    kept_in_time = in_time[kept[in_time]]
    renumbered = np.full(len(found), -1, dtype=np.int64)
    renumbered[kept_in_time] = np.arange(len(kept_in_time))
    target = renumbered[order_of_line]
    return _Frame(
        person=person[kept_in_time],
        place=(position - starts)[kept_in_time],
        placed_at=placed_at[kept_in_time],
        is_subscription=is_subscription[kept_in_time],
        order_of_line=target[target >= 0],
        line=line[target >= 0],
    )


def _lines(
    frame: _Frame,
    wanted: Wanted,
    catalogue: Catalogue,
    *,
    key: Keys,
    season: Season,
    seed: int,
    parameters: PurchaseParameters,
) -> Lines:
    """Return the lines with what was really bought, the same sku of an order as one line."""
    day = day_of(frame.placed_at) - BEGIN_DAY
    sku = catalogue.on_sale(wanted.sku[frame.line], day[frame.order_of_line])
    sku = catalogue.in_stock(sku, day[frame.order_of_line])
    packed, place = np.unique(frame.order_of_line * len(catalogue.category) + sku, return_inverse=True)
    qty = np.bincount(place, weights=wanted.qty[frame.line]).astype(np.int64)
    order, sku = packed // len(catalogue.category), packed % len(catalogue.category)
    rank = np.arange(len(order)) - np.searchsorted(order, order)
    kept = rank < LINES_EACH
    order, sku, qty, rank = order[kept], sku[kept], qty[kept], rank[kept]
    price = catalogue.price_cents[sku]
    percent = _discount_percents(frame, key, day, season=season, seed=seed, parameters=parameters)
    percent = np.where(frame.is_subscription, parameters.coupon_percent, percent)
    return Lines(
        order=order,
        rank=rank,
        sku=sku,
        qty=qty,
        unit_price_cents=price,
        discount_cents=price * qty * percent[order] // 100,
    )


def _discount_percents(
    frame: _Frame, key: Keys, day: Whole, *, season: Season, seed: int, parameters: PurchaseParameters
) -> Whole:
    """Return what each order takes off: the sale at Black Friday, else a coupon, else nothing."""
    draws = uniform(key, seed=seed, purpose="discount")
    is_first = frame.place == 0
    coupon = np.where(is_first, parameters.welcome_percent, parameters.coupon_percent)
    has_coupon = draws < np.where(is_first, parameters.welcome_share, parameters.coupon_share)
    in_sale = season.is_sale[day] & (draws < parameters.peak_discount_share)
    return np.where(in_sale, parameters.peak_discount_percent, np.where(has_coupon, coupon, 0))


def _orders(
    frame: _Frame,
    lines: Lines,
    people: People,
    catalogue: Catalogue,
    key: Keys,
    *,
    season: Season,
    seed: int,
    parameters: PurchaseParameters,
) -> Orders:
    count = len(frame.person)

    def draw(purpose: str) -> Numbers:
        return uniform(key, seed=seed, purpose=purpose)

    def summed(cells: Whole) -> Whole:
        return np.bincount(lines.order, weights=cells, minlength=count).astype(np.int64)

    goods, discount = summed(lines.unit_price_cents * lines.qty), summed(lines.discount_cents)
    needs_parcel = summed(catalogue.needs_parcel[lines.sku].astype(np.int64)) > 0
    place = countries_of(people.number[frame.person], seed=seed, parameters=parameters)
    tax = np.array([country.tax_percent for country in parameters.countries])[place]
    is_abroad = np.array([country.code != "GB" for country in parameters.countries])[place]
    shipping = _shipping(goods - discount, is_abroad, needs_parcel, parameters=parameters)
    placed_at, day = frame.placed_at, day_of(frame.placed_at)
    gift_share = np.where(season.is_gift_time[day - BEGIN_DAY], parameters.gift_peak_share, parameters.gift_share)
    is_plain = ~frame.is_subscription & needs_parcel
    is_preorder = (draw("preorder") < parameters.preorder_share) & is_plain
    is_gift = (draw("gift") < gift_share) & is_plain & ~people.is_b2b[frame.person] & ~is_preorder
    is_changed = (draw("address") < parameters.address_change_share) & needs_parcel
    is_cancelled = (draw("cancelled") < parameters.cancelled_share) & ~frame.is_subscription
    return Orders(
        person=frame.person,
        number=key.astype(np.int64),
        placed_at=placed_at,
        account=_accounts(frame, people),
        is_subscription=frame.is_subscription,
        is_gift=is_gift,
        recipient_number=_recipients(frame, people, is_gift, season=season, seed=seed, parameters=parameters),
        is_test=draw("test") < parameters.test_share,
        released_day=np.where(is_preorder, day + 20 + np.floor(draw("release") * 26).astype(np.int64), 0),
        cancelled_at=np.where(
            is_cancelled, later(placed_at, hours=quantile(draw("cancelled at"), (0.1, 0.5, 2, 6, 20))), NEVER
        ),
        ship_to_changed_at=np.where(
            is_changed, later(placed_at, hours=quantile(draw("address at"), (0.1, 0.5, 3, 12))), NEVER
        ),
        is_b2b=people.is_b2b[frame.person],
        needs_parcel=needs_parcel,
        goods_cents=goods,
        discount_cents=discount,
        shipping_cents=shipping,
        tax_cents=(goods - discount + shipping) * tax // 100,
    )


def _shipping(goods: Whole, is_abroad: Flags, needs_parcel: Flags, *, parameters: PurchaseParameters) -> Whole:
    home = np.where(goods >= parameters.free_shipping_from_cents, 0, parameters.shipping_cents)
    return np.where(needs_parcel, np.where(is_abroad, parameters.shipping_abroad_cents, home), 0)


def _accounts(frame: _Frame, people: People) -> Whole:
    """Return which account ordered: the second one from when it was opened, until it became part of the first."""
    kind, opened_at = people.kind[frame.person], people.opened_at[frame.person, 1]
    is_second = frame.placed_at >= opened_at
    is_second &= (kind != TWO_ACCOUNTS) | (frame.placed_at < people.merged_at[frame.person])
    return np.where(kind == GUEST, NOBODY, is_second.astype(np.int64))


def _recipients(
    frame: _Frame, people: People, is_gift: Flags, *, season: Season, seed: int, parameters: PurchaseParameters
) -> Whole:
    """Return to whom gifts go: from odd numbers to the person before, where the shop knows that one already."""
    number = people.number[frame.person]
    is_near = np.flatnonzero(is_gift & (number % np.uint64(2) == 1))
    before = build_people(number[is_near] - np.uint64(1), season=season, seed=seed, parameters=parameters)
    is_customer = before.opened_at[:, 0] + LAG < frame.placed_at[is_near]
    recipient = np.full(len(number), NOBODY, dtype=np.int64)
    recipient[is_near[is_customer]] = before.number[is_customer].astype(np.int64)
    return recipient
