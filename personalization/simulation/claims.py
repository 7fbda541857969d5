"""Claims and disputed charges of a whole shop: what was lost, broken or not received, above all where it was dear."""

from dataclasses import dataclass, fields

import numpy as np

from personalization.simulation.chance import Flags, Keys, Whole, pick
from personalization.simulation.given import NOBODY, Given
from personalization.simulation.moments import DAY
from personalization.simulation.parcels import LOST, NEVER
from personalization.simulation.setting import Setting
from personalization.simulation.shipping import Sent

TYPES = ("lost", "not_received", "damaged", "warranty", "protection")
LOST_CLAIM, NOT_RECEIVED, DAMAGED, WARRANTY, PROTECTION = range(5)
OUTCOMES = ("refund", "replacement", "repair", "denied")
REFUND, REPLACEMENT, REPAIR, DENIED = range(4)
_OUTCOME_SHARES = ((0.85, 0.15), (0.9, 0.1), (0.7, 0.3), (0.2, 0.45, 0.35), (0.8, 0.2))  # by type: our choice
_CLAIM_NUMBERS = 2 * 10**12
DISPUTE_REASONS = ("product_not_received", "fraudulent")
_DISPUTE_OUTCOMES = ("lost", "won")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """The claims, column by column: order and product are places (NOBODY: the whole order), moments in seconds.

    A claim that is opened again is undecided from reopened_at until its second resolution.
    """

    number: Whole
    order: Whole
    product: Whole
    kind: Whole
    opened_at: Whole
    decided_at: Whole
    resolved_at: Whole
    outcome: Whole
    amount_cents: Whole
    reopened_at: Whole

    @property
    def keys(self) -> Keys:
        """Return the claims' numbers as keys of chance."""
        return self.number.astype(np.uint64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chargebacks:
    """The disputed charges, column by column; lost by the shop in two of three cases."""

    number: Whole
    order: Whole
    reason: Whole
    opened_at: Whole
    decided_at: Whole
    is_won: Flags


def damaged_parcels(sent: Sent, *, setting: Setting) -> Flags:
    """Return which parcels arrive with something broken."""
    return sent.arrives() & setting.happens(sent.course.keys, "damaged", share=setting.rates.damaged_share)


def build_claims(given: Given, sent: Sent, parcel_of_line: Whole, *, setting: Setting) -> Claims:
    """Return all claims, at most one of a type for an order, in the order of their numbers."""
    value = np.zeros(len(sent.number) + 1, dtype=np.int64)
    np.add.at(value, parcel_of_line, given.lines.paid_cents)
    of_parcels = [
        _parcel_claims(sent, chosen, kind, opened_at, value, setting=setting)
        for kind, chosen, opened_at in _causes(sent, value, setting=setting)
    ]
    of_lines = _warranty_claims(given, sent, parcel_of_line, setting=setting)
    of_orders = _protection_claims(given, sent, setting=setting)
    batches = [*of_parcels, of_lines, of_orders]
    columns = {field.name: np.concatenate([getattr(one, field.name) for one in batches]) for field in fields(Claims)}
    _, first = np.unique(columns["number"], return_index=True)
    return Claims(**{name: column[first] for name, column in columns.items()})


def _causes(sent: Sent, value: Whole, *, setting: Setting) -> list[tuple[int, Flags, Whole]]:
    """Return what makes customers claim about a parcel: the type, for which parcels, and from when."""
    rates, keys, course = setting.rates, sent.course.keys, sent.course
    is_lost = (course.outcome == LOST) & sent.leaves()
    dear = value[:-1] >= rates.damaged_claim_from_cents
    asked_at = setting.after_days((course.promised_on + 2) * DAY, keys, "claims lost", days=(1, 4, 9))
    return [
        (LOST_CLAIM, is_lost & setting.happens(keys, "lost claim", share=rates.lost_claim_share), asked_at),
        (
            NOT_RECEIVED,
            sent.is_missed & setting.happens(keys, "not received claim", share=rates.not_received_claim_share),
            setting.after_days(course.delivered_at, keys, "claims not received", days=(0.3, 1.5, 4)),
        ),
        (
            DAMAGED,
            damaged_parcels(sent, setting=setting) & dear,
            setting.after_days(course.delivered_at, keys, "claims damaged", days=(0.1, 1, 5)),
        ),
    ]


def _parcel_claims(sent: Sent, chosen: Flags, kind: int, opened_at: Whole, value: Whole, *, setting: Setting) -> Claims:
    place = np.flatnonzero(chosen)
    return _decided(
        sent.number[place] // 10,
        sent.order[place],
        product=np.full(len(place), NOBODY, dtype=np.int64),
        kind=kind,
        opened_at=opened_at[place],
        amount_cents=value[place],
        setting=setting,
    )


def _warranty_claims(given: Given, sent: Sent, parcel_of_line: Whole, *, setting: Setting) -> Claims:
    rates, lines = setting.rates, given.lines
    days = np.append(given.products.warranty_days, 0)[lines.product]
    arrived = np.append(sent.arrives(), False)[parcel_of_line]
    price = lines.paid_cents // np.maximum(lines.qty, 1)
    chosen = arrived & (days > 0) & (price >= rates.warranty_from_cents) & (lines.qty > 0)
    chosen &= setting.happens(lines.keys, "warranty", share=rates.warranty_share)
    place = np.flatnonzero(chosen)
    wait = 20 + setting.draw(lines.keys[place], "fails") * np.maximum(days[place] - 20, 1)
    delivered_at = sent.course.delivered_at[parcel_of_line[place]]
    return _decided(
        given.orders.number[lines.order[place]],
        lines.order[place],
        product=lines.product[place],
        kind=WARRANTY,
        opened_at=delivered_at + np.floor(wait * DAY).astype(np.int64),
        amount_cents=price[place],
        setting=setting,
    )


def _protection_claims(given: Given, sent: Sent, *, setting: Setting) -> Claims:
    """Return claims on the insurance that dear orders are sold with."""
    rates, orders = setting.rates, given.orders
    delivered_at = last_delivery(given, sent)
    chosen = (delivered_at != NEVER) & (orders.total_cents >= rates.protection_from_cents)
    place = np.flatnonzero(chosen & setting.happens(orders.keys, "protection", share=rates.protection_share))
    return _decided(
        orders.number[place],
        place,
        product=np.full(len(place), NOBODY, dtype=np.int64),
        kind=PROTECTION,
        opened_at=setting.after_days(delivered_at[place], orders.keys[place], "claims protection", days=(0.5, 4, 20)),
        amount_cents=orders.total_cents[place],
        setting=setting,
    )


def last_delivery(given: Given, sent: Sent) -> Whole:
    """Return when the last parcel of each order arrived; NEVER where one did not, or there is none."""
    last = np.zeros(len(given.orders.number), dtype=np.int64)
    arrived = np.where(sent.arrives(), sent.course.delivered_at, NEVER)
    np.maximum.at(last, sent.order, arrived)
    return np.where(last == 0, NEVER, last)


def _decided(
    order_number: Whole,
    order: Whole,
    *,
    product: Whole,
    kind: int,
    opened_at: Whole,
    amount_cents: Whole,
    setting: Setting,
) -> Claims:
    """Return claims with the course of their decision; numbered by their orders and types."""
    rates, number = setting.rates, _CLAIM_NUMBERS + order_number * 10 + kind
    keys = number.astype(np.uint64)
    decided_at = setting.after_days(opened_at, keys, "decided", days=rates.decision_days)
    resolved_at = setting.after_days(decided_at, keys, "settled", days=rates.settlement_days)
    again = setting.happens(keys, "opened again", share=rates.reopened_share)
    reopened_at = setting.after_days(resolved_at, keys, "opened again at", days=rates.reopened_days)
    granted = np.minimum(pick(setting.draw(keys, "granted"), _OUTCOME_SHARES[kind]), len(_OUTCOME_SHARES[kind]) - 1)
    return Claims(
        number=number,
        order=order,
        product=product,
        kind=np.full(len(number), kind, dtype=np.int64),
        opened_at=opened_at,
        decided_at=decided_at,
        resolved_at=resolved_at,
        outcome=np.where(setting.happens(keys, "denied", share=rates.denied_share), DENIED, granted),
        amount_cents=amount_cents,
        reopened_at=np.where(again, reopened_at, NEVER),
    )


def final_resolution(claims: Claims, *, setting: Setting) -> Whole:
    """Return when each claim was settled for good."""
    second = setting.after_days(claims.reopened_at, claims.keys, "settled again", days=setting.rates.decision_days)
    return np.where(claims.reopened_at == NEVER, claims.resolved_at, second)


def build_chargebacks(given: Given, sent: Sent, *, setting: Setting) -> Chargebacks:
    """Return the disputed charges: of cards used by others, and of what never came."""
    orders, rates = given.orders, setting.rates
    missing = np.zeros(len(orders.number), dtype=np.bool_)
    never_came = sent.leaves() & ((sent.course.outcome == LOST) | sent.is_missed)
    missing[sent.order[never_came]] = True
    undelivered = missing & setting.happens(orders.keys, "disputes", share=rates.undelivered_dispute_share)
    unauthorised = setting.happens(orders.keys, "unauthorised", share=rates.unauthorised_share)
    chosen = (undelivered | unauthorised) & orders.is_paid & ~orders.is_test & (orders.cancelled_at == NEVER)
    place = np.flatnonzero(chosen)
    keys = orders.keys[place]
    opened_at = setting.after_days(orders.placed_at[place], keys, "disputed at", days=rates.dispute_days)
    # Nobody disputes before the promise was broken.
    promised_at = np.zeros(len(orders.number), dtype=np.int64)
    np.maximum.at(promised_at, sent.order, (sent.course.promised_on + 3) * DAY)
    return Chargebacks(
        number=4 * 10**12 + orders.number[place],
        order=place,
        reason=np.where(undelivered[place], 0, 1),
        opened_at=np.maximum(opened_at, promised_at[place]),
        decided_at=setting.after_days(
            np.maximum(opened_at, promised_at[place]), keys, "dispute decided", days=rates.dispute_decided_days
        ),
        is_won=setting.happens(keys, "dispute won", share=0.33),
    )
