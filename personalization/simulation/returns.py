"""What comes back to a whole shop: which lines, why, on which course, and what the customer gets for them.

A return is about one parcel. It is asked for, approved, comes back and is closed; or it is looked at first, never sent
(the label expires), withdrawn, refused, or the customer may keep the goods. An exchange closes when its replacement
arrives; where the size is sold out meanwhile, it waits and ends in a refund.
"""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from personalization.contracts import RETURN_REASONS
from personalization.simulation.chance import Flags, Keys, Whole, pick
from personalization.simulation.given import NOBODY, Given, Products
from personalization.simulation.moments import DAY
from personalization.simulation.parcels import NEVER
from personalization.simulation.rates import Goods
from personalization.simulation.setting import Setting
from personalization.simulation.shipping import Sent

NORMAL, EXPIRED, WITHDRAWN, REJECTED = range(4)
OUTCOMES = ("refund", "exchange", "store_credit", "gift_card", "keep_item", "rejected")
REFUND, EXCHANGE, STORE_CREDIT, GIFT_CARD, KEEP_ITEM, REFUSED = range(6)
_SWAPPED = tuple(RETURN_REASONS.index(reason) for reason in ("size_fit", "wrong_item", "defective", "damaged"))
_FAULTS = tuple(RETURN_REASONS.index(reason) for reason in ("allergy", "damaged", "wrong_item", "defective"))
_RETURN_NUMBERS = 10**12  # so that a return's number is not a parcel's
SIZE_FIT, ALLERGY = RETURN_REASONS.index("size_fit"), RETURN_REASONS.index("allergy")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnLines:
    """The lines that come back, by return and line: line and returned_by are places, exchange a product or NOBODY."""

    returned_by: Whole
    line: Whole
    qty: Whole
    reason: Whole
    value_cents: Whole
    exchange: Whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Returns:
    """The returns, column by column; parcel and order are places, moments NEVER where they do not come.

    A return is_reviewed when somebody looks at it before it is approved; an exchange is_unavailable when its size is
    sold out.
    """

    number: Whole
    parcel: Whole
    order: Whole
    course: Whole
    outcome: Whole
    requested_at: Whole
    approved_at: Whole
    received_at: Whole
    closed_at: Whole
    is_reviewed: Flags
    is_unavailable: Flags
    lines: ReturnLines

    @property
    def keys(self) -> Keys:
        """Return the returns' numbers as keys of chance."""
        return self.number.astype(np.uint64)

    @property
    def swaps(self) -> Flags:
        """Return which returns bring a replacement."""
        return np.asarray((self.outcome == EXCHANGE) & ~self.is_unavailable & (self.received_at != NEVER))


def build_returns(given: Given, sent: Sent, parcel_of_line: Whole, *, setting: Setting) -> Returns:
    """Return what comes back of what arrived; exchanges are still to be closed by their replacements."""
    lines, reason = _lines_coming_back(given, sent, parcel_of_line, setting=setting)
    parcel, returned_by = np.unique(parcel_of_line[lines], return_inverse=True)
    sort = np.lexsort((given.lines.number[lines], returned_by))
    lines, reason, returned_by = lines[sort], reason[sort], returned_by[sort]
    keys = given.lines.keys[lines]
    is_part = (given.lines.qty[lines] > 1) & setting.happens(keys, "some come back", share=0.5)
    qty = np.where(is_part, 1, given.lines.qty[lines])
    first_of = np.searchsorted(returned_by, np.arange(len(parcel)))
    returns = _courses(
        _RETURN_NUMBERS + sent.number[parcel],
        parcel,
        order=sent.order[parcel],
        delivered_at=sent.course.delivered_at[parcel],
        reason=reason[first_of],
        setting=setting,
    )
    exchange = _exchanged_for(given, lines, reason, is_unavailable=returns.is_unavailable[returned_by], setting=setting)
    is_exchange = (returns.outcome == EXCHANGE)[returned_by]
    return replace(
        returns,
        lines=ReturnLines(
            returned_by=returned_by,
            line=lines,
            qty=qty,
            reason=reason,
            value_cents=given.lines.paid_cents[lines] * qty // np.maximum(given.lines.qty[lines], 1),
            exchange=np.where(is_exchange, exchange, NOBODY),
        ),
    )


def goods_of(products: Products, rates_goods: tuple[Goods, ...]) -> Whole:
    """Return the kind of goods of each product: the first that fits its type and category, else the last."""
    category = pc.utf8_lower(products.category)
    kind = np.full(len(products.sku), len(rates_goods) - 1, dtype=np.int64)
    for place in reversed(range(len(rates_goods))):
        goods = rates_goods[place]
        fits = pc.equal(products.kind, goods.product_type)
        if goods.words:
            fits = pc.and_(fits, pc.match_substring_regex(category, "|".join(goods.words)))
        kind[np.asarray(fits.to_numpy(zero_copy_only=False), dtype=np.bool_)] = place
    return kind


def _lines_coming_back(given: Given, sent: Sent, parcel_of_line: Whole, *, setting: Setting) -> tuple[Whole, Whole]:
    """Return the places of the lines that come back, and why (places in RETURN_REASONS)."""
    lines, goods = given.lines, setting.rates.goods
    kind = np.append(goods_of(given.products, goods), len(goods) - 1)[lines.product]
    share = np.array([one.return_share for one in goods])[kind]
    arrives = np.append(sent.arrives(), False)[parcel_of_line]
    found = np.flatnonzero(arrives & (setting.draw(lines.keys, "comes back") < share))
    draws, reason = setting.draw(lines.keys[found], "why back"), np.zeros(len(found), dtype=np.int64)
    for place, one in enumerate(goods):
        here = kind[found] == place
        words = np.array([RETURN_REASONS.index(word) for word, _ in one.reasons])
        drawn = np.minimum(pick(draws[here], [part for _, part in one.reasons]), len(words) - 1)
        reason[here] = words[drawn]
    # What cannot be returned comes back all the same when something is wrong with it.
    is_right = np.append(given.products.is_returnable, [True])[lines.product[found]] | np.isin(reason, _FAULTS)
    return found[is_right], reason[is_right]


def _courses(
    number: Whole, parcel: Whole, *, order: Whole, delivered_at: Whole, reason: Whole, setting: Setting
) -> Returns:
    """Return the course of each return, its reason being that of its first line."""
    rates, keys = setting.rates, number.astype(np.uint64)
    shares = (rates.expired_share, rates.withdrawn_share, rates.rejected_share)
    course = (1 + pick(setting.draw(keys, "course"), shares)) % 4
    outcome = np.where(course == REJECTED, REFUSED, _outcomes(keys, reason, setting=setting))
    comes = ((course == NORMAL) & (outcome != KEEP_ITEM)) | (course == REJECTED)
    is_unavailable = comes & (outcome == EXCHANGE) & (reason == SIZE_FIT)
    is_unavailable &= setting.happens(keys, "sold out", share=rates.size_unavailable_share)
    is_reviewed = setting.happens(keys, "reviewed", share=rates.review_share)
    requested_at = setting.after_days(delivered_at, keys, "asked", days=rates.return_wait_days)
    approved_at = np.where(
        is_reviewed,
        setting.after_days(requested_at, keys, "review", days=rates.review_days),
        setting.after_hours(requested_at, keys, "approved", hours=rates.approval_hours),
    )
    received_at = setting.after_days(approved_at, keys, "sent back", days=rates.sent_back_days)
    closed_at = np.select(
        [course == EXPIRED, course == WITHDRAWN, ~comes, is_unavailable],
        [
            approved_at + rates.label_days * DAY,
            setting.after_hours(approved_at, keys, "withdrawn", hours=(1, 48)),
            approved_at + 60,
            setting.after_days(received_at, keys, "sold out until", days=rates.unavailable_days),
        ],
        setting.after_days(received_at, keys, "inspected", days=rates.inspection_days),
    )
    return Returns(
        number=number,
        parcel=parcel,
        order=order,
        course=course,
        outcome=outcome,
        requested_at=requested_at,
        approved_at=approved_at,
        received_at=np.where(comes, received_at, NEVER),
        closed_at=closed_at,
        is_reviewed=is_reviewed,
        is_unavailable=is_unavailable,
        lines=ReturnLines(**{name: np.zeros(0, np.int64) for name in ReturnLines.__slots__}),
    )


def _outcomes(keys: Keys, reason: Whole, *, setting: Setting) -> Whole:
    """Return what the customer wants for each return: the same in order or in size, money, or credit."""
    rates = setting.rates
    others = (rates.store_credit_share, rates.gift_card_share, rates.keep_item_share)
    paid = np.array([STORE_CREDIT, GIFT_CARD, KEEP_ITEM, REFUND])[pick(setting.draw(keys, "paid"), others)]
    swaps = np.isin(reason, _SWAPPED) & setting.happens(keys, "swaps", share=rates.exchange_share)
    return np.where(swaps, EXCHANGE, paid)


def _exchanged_for(given: Given, lines: Whole, reason: Whole, *, is_unavailable: Flags, setting: Setting) -> Whole:
    """Return the product that each line is exchanged for: another size of the same thing, else the same again."""
    products, product = given.products, given.lines.product[lines]
    if not len(products.sku):
        return np.full(len(lines), NOBODY, dtype=np.int64)
    # Neighbours in the order of the variant groups; those that are sold out come last in their group.
    sort = np.lexsort((np.arange(len(products.sku)), ~products.is_in_stock, products.variant))
    group = products.variant[sort]
    first = np.searchsorted(group, products.variant, side="left")
    size = np.searchsorted(group, products.variant, side="right") - first
    step = np.floor(setting.draw(given.lines.keys[lines], "other size") * np.maximum(size[product] - 1, 1))
    place = np.empty(len(sort), dtype=np.int64)
    place[sort] = np.arange(len(sort))
    own = place[product] - first[product]
    other = (own + 1 + step.astype(np.int64)) % np.maximum(size[product], 1)
    last = np.where(own == size[product] - 1, np.maximum(own - 1, 0), size[product] - 1)
    found = sort[np.minimum(first[product] + np.where(is_unavailable, last, other), len(sort) - 1)]
    has_sizes = (products.variant[product] != NOBODY) & (size[product] > 1) & (reason == SIZE_FIT)
    return np.where(product == NOBODY, NOBODY, np.where(has_sizes, found, product))


def closed_by(returns: Returns, swapped: Whole, delivered_at: Whole) -> Returns:
    """Return the returns with exchanges closed by the delivery of their replacements; swapped are their places."""
    closed_at = returns.closed_at.copy()
    closed_at[swapped] = delivered_at + 3600
    return replace(returns, closed_at=closed_at)


def state_words(returns: Returns, *, until: int) -> pa.Array:
    """Return the state of each return as the shop knows it at the end."""
    closed = np.select(
        [returns.course == EXPIRED, returns.course == WITHDRAWN],
        [_STATES.index("expired"), _STATES.index("cancelled")],
        _STATES.index("closed"),
    )
    waits = returns.is_unavailable & (returns.received_at < until)
    looked_at = returns.is_reviewed & (returns.approved_at >= until)
    state = np.select(
        [returns.closed_at < until, waits | looked_at, returns.received_at < until, returns.approved_at < until],
        [closed, _STATES.index("needs_review"), _STATES.index("received"), _STATES.index("approved")],
        _STATES.index("open"),
    )
    return pa.array(_STATES).take(pa.array(state))


def outcome_words(returns: Returns, *, until: int) -> pa.Array:
    """Return the outcome of each return: known from its approval on, and settled when it is closed."""
    is_closed = returns.closed_at < until
    final = np.where(returns.is_unavailable & is_closed, REFUND, returns.outcome)
    pays = np.isin(returns.course, (NORMAL, REJECTED))
    is_told = pays & (is_closed | ((returns.approved_at < until) & (returns.outcome != REFUSED)))
    return pa.array(OUTCOMES).take(pa.array(final, mask=~is_told))


_STATES = ("open", "approved", "received", "closed", "cancelled", "expired", "needs_review")
