"""The money that goes back in a whole shop: for cancellations, returns, claims, parcels sent back, and goodwill."""

from dataclasses import dataclass, fields

import numpy as np

from personalization.simulation import claims as claiming
from personalization.simulation import returns as returning
from personalization.simulation.chance import Whole, quantile
from personalization.simulation.claims import Claims
from personalization.simulation.given import Given
from personalization.simulation.parcels import NEVER
from personalization.simulation.returns import Returns
from personalization.simulation.setting import Setting
from personalization.simulation.shipping import Sent

REASONS = ("order cancelled", "return", "goodwill", "claim", "returned to sender")
CANCELLED, RETURNED, GOODWILL, CLAIMED, CAME_BACK = range(5)
_REFUND_NUMBERS = 3 * 10**12
_BACK_DAYS = (2, 4, 8)  # from the parcel's turning back to the money


@dataclass(frozen=True, slots=True, kw_only=True)
class Refunds:
    """The refunds, column by column, in the order of their numbers; order is a place."""

    number: Whole
    order: Whole
    amount_cents: Whole
    reason: Whole
    refunded_at: Whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Causes:
    """What money goes back for, beside returns and claims: moments by order or parcel, NEVER where there is none."""

    cancelled_late_at: Whole  # by order
    turned_back_at: Whole  # by parcel


def build_refunds(
    given: Given, sent: Sent, causes: Causes, returns: Returns, claims: Claims, *, setting: Setting
) -> Refunds:
    """Return the refunds; together they never exceed what an order cost."""
    batches = [
        _cancellations(given, causes, setting=setting),
        _of_returns(given, returns, setting=setting),
        _goodwill(given, sent, causes, setting=setting),
        _of_claims(given, claims, setting=setting),
        _of_parcels_back(given, sent, causes, setting=setting),
    ]
    columns = {field.name: np.concatenate([getattr(one, field.name) for one in batches]) for field in fields(Refunds)}
    sort = np.lexsort((columns["number"], columns["refunded_at"], columns["order"]))
    found = Refunds(**{name: column[sort] for name, column in columns.items()})
    amount = _within_totals(found, given)
    is_paid = given.orders.is_paid[found.order] & (amount > 0)
    keep = np.flatnonzero(is_paid)
    keep = keep[np.argsort(found.number[keep], kind="stable")]
    return Refunds(
        number=found.number[keep],
        order=found.order[keep],
        amount_cents=amount[keep],
        reason=found.reason[keep],
        refunded_at=found.refunded_at[keep],
    )


def _within_totals(refunds: Refunds, given: Given) -> Whole:
    """Return the amounts, each no more than what is left of its order's total; refunds stand by order and time."""
    total = np.cumsum(refunds.amount_cents)
    first = np.searchsorted(refunds.order, refunds.order, side="left")
    before = total - refunds.amount_cents
    earlier = before - before[first] if len(before) else before
    left = np.maximum(given.orders.total_cents[refunds.order] - earlier, 0)
    return np.minimum(refunds.amount_cents, left)


def _batch(given: Given, order: Whole, slot: Whole | int, *, cents: Whole, reason: int, at: Whole) -> Refunds:
    return Refunds(
        number=_REFUND_NUMBERS + given.orders.number[order] * 10 + slot,
        order=order,
        amount_cents=cents,
        reason=np.full(len(order), reason, dtype=np.int64),
        refunded_at=at,
    )


def _cancellations(given: Given, causes: Causes, *, setting: Setting) -> Refunds:
    orders = given.orders
    cancelled_at = np.minimum(orders.cancelled_at, causes.cancelled_late_at)
    order = np.flatnonzero((cancelled_at != NEVER) & ~orders.is_test)
    at = setting.after_hours(cancelled_at[order], orders.keys[order], "cancelled refund", hours=(0.1, 2, 20))
    return _batch(given, order, 0, cents=orders.total_cents[order], reason=CANCELLED, at=at)


def refunds_of_returns(returns: Returns) -> Whole:
    """Return the places of the returns that end in money."""
    pays = (returns.course == returning.NORMAL) & (
        np.isin(returns.outcome, (returning.REFUND, returning.KEEP_ITEM)) | returns.is_unavailable
    )
    return np.flatnonzero(pays)


def _of_returns(given: Given, returns: Returns, *, setting: Setting) -> Refunds:
    place = refunds_of_returns(returns)
    value = np.zeros(len(returns.number), dtype=np.int64)
    np.add.at(value, returns.lines.returned_by, returns.lines.value_cents)
    at = setting.after_hours(
        returns.closed_at[place], returns.keys[place], "return refund", hours=setting.rates.refund_lag_hours
    )
    slot = 1 + returns.number[place] % 10
    return _batch(given, returns.order[place], slot, cents=value[place], reason=RETURNED, at=at)


def _goodwill(given: Given, sent: Sent, causes: Causes, *, setting: Setting) -> Refunds:
    orders, rates = given.orders, setting.rates
    delivered_at = claiming.last_delivery(given, sent)
    chosen = (delivered_at != NEVER) & (causes.cancelled_late_at == NEVER)
    order = np.flatnonzero(chosen & setting.happens(orders.keys, "goodwill", share=rates.goodwill_share))
    keys = orders.keys[order]
    part = quantile(setting.draw(keys, "goodwill part"), rates.goodwill_parts)
    at = setting.after_days(delivered_at[order], keys, "goodwill at", days=(1, 4, 14))
    cents = np.floor(orders.total_cents[order] * part).astype(np.int64)
    return _batch(given, order, 4, cents=cents, reason=GOODWILL, at=at)


def _of_claims(given: Given, claims: Claims, *, setting: Setting) -> Refunds:
    place = np.flatnonzero(claims.outcome == claiming.REFUND)
    at = setting.after_hours(
        claiming.final_resolution(claims, setting=setting)[place],
        claims.keys[place],
        "claim refund",
        hours=(0.1, 1, 4),
    )
    slot = 5 + np.minimum(claims.kind[place], 3)  # warranty and protection may meet; one of them then pays
    found = _batch(given, claims.order[place], slot, cents=claims.amount_cents[place], reason=CLAIMED, at=at)
    _, first = np.unique(found.number, return_index=True)
    return Refunds(**{field.name: getattr(found, field.name)[first] for field in fields(Refunds)})


def _of_parcels_back(given: Given, sent: Sent, causes: Causes, *, setting: Setting) -> Refunds:
    """Return the refunds of parcels that went back to the shop, one for an order."""
    place = np.flatnonzero(causes.turned_back_at != NEVER)
    _, first = np.unique(sent.order[place], return_index=True)
    place = place[first]
    keys, order = sent.course.keys[place], sent.order[place]
    at = setting.after_days(causes.turned_back_at[place], keys, "back refund", days=_BACK_DAYS)
    return _batch(given, order, 9, cents=given.orders.total_cents[order], reason=CAME_BACK, at=at)


def refunded_until(given: Given, refunds: Refunds, *, until: int) -> Whole:
    """Return how much of each order was paid back before *until*."""
    paid_back = np.zeros(len(given.orders.number), dtype=np.int64)
    known = refunds.refunded_at < until
    np.add.at(paid_back, refunds.order[known], refunds.amount_cents[known])
    return paid_back
