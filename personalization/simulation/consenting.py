"""What the customers of a whole shop agreed to, by channel and purpose, and when they took it back."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from personalization.simulation.chance import Flags, Keys, Whole, pick
from personalization.simulation.frames import instants, texts
from personalization.simulation.given import NOBODY, Given
from personalization.simulation.moments import DAY, HOUR
from personalization.simulation.parcels import NEVER
from personalization.simulation.setting import Setting

SUBSCRIBED, SOFT_OPT_IN, PENDING, REFUSED, UNKNOWN, NO_ROW = range(6)
STATUSES = ("subscribed", "soft_opt_in", "pending", "never", "unknown", "unsubscribed")
_LEFT = STATUSES.index("unsubscribed")
_CHANNELS = ("email", "sms")
_PURPOSES = ("marketing", "transactional")
_SOURCES = ("checkout", "popup", "preference_centre", "esp", "migration")
_METHODS = ("box at checkout", "bought and did not object", "form", "link in a mail", "lost in a migration")
PREFERENCE_CENTRE, ESP, MIGRATION = 2, 3, 4
_LAG_SECONDS = 300  # until the shop's data tell of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What each customer wants, column by column; moments NEVER where they do not come.

    agreed_at is from when marketing by email is allowed; left_at when it ends in the preference centre.
    """

    first_at: Whole
    first_status: Whole
    source: Whole
    agreed_at: Whole
    left_at: Whole
    sms_at: Whole
    sms_left_at: Whole
    sms_service_at: Whole


def build_wishes(given: Given, *, setting: Setting) -> Wishes:
    """Return what each customer said, when the account was made or with the first order, whichever came first."""
    customers, rates = given.customers, setting.rates
    keys: Keys = customers.number.astype(np.uint64)
    first_at = customers.created_at.copy()
    known = given.orders.customer != NOBODY
    np.minimum.at(first_at, given.orders.customer[known], given.orders.placed_at[known])
    status = pick(setting.draw(keys, "consent"), rates.email_shares)
    status = np.where(first_at == NEVER, NO_ROW, status)
    confirms = (status == PENDING) & setting.happens(keys, "confirms", share=rates.confirmed_share)
    confirmed_at = setting.after_hours(first_at, keys, "confirms at", hours=(0.05, 0.3, 40))
    agreed_at = np.select([np.isin(status, (SUBSCRIBED, SOFT_OPT_IN)), confirms], [first_at, confirmed_at], NEVER)
    leaves = (agreed_at != NEVER) & setting.happens(keys, "leaves", share=rates.preference_leave_share)
    left_at = setting.after_days(agreed_at, keys, "leaves at", days=rates.leave_days)
    texts_too = (first_at != NEVER) & setting.happens(keys, "texts", share=rates.sms_share)
    sms_left_at = setting.after_days(first_at, keys, "texts end at", days=rates.leave_days)
    no_texts = setting.happens(keys, "texts end", share=rates.sms_leave_share)
    told = (first_at != NEVER) & setting.happens(keys, "texts about parcels", share=rates.sms_service_share)
    return Wishes(
        first_at=first_at,
        first_status=status,
        source=np.minimum(pick(setting.draw(keys, "consent source"), rates.source_shares), PREFERENCE_CENTRE),
        agreed_at=agreed_at,
        left_at=np.where(leaves, left_at, NEVER),
        sms_at=np.where(texts_too, first_at, NEVER),
        sms_left_at=np.where(texts_too & no_texts, sms_left_at, NEVER),
        sms_service_at=np.where(told, first_at, NEVER),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Departures:
    """How each customer's marketing ended: when, by a link in a mail or not, and when it began again."""

    at: Whole
    is_by_link: Flags
    back_at: Whole


def departures(wishes: Wishes, given: Given, *, unsubscribed_at: Whole, setting: Setting) -> Departures:
    """Return the departures; unsubscribed_at is when each customer used a mail's link, NEVER for most."""
    keys: Keys = given.customers.number.astype(np.uint64)
    at = np.minimum(wishes.left_at, unsubscribed_at)
    again = (at != NEVER) & setting.happens(keys, "comes back", share=setting.rates.resubscribed_share)
    return Departures(
        at=at,
        is_by_link=unsubscribed_at < wishes.left_at,
        back_at=np.where(again, setting.after_days(at, keys, "comes back at", days=(40, 120, 300)), NEVER),
    )


def consent_rows(wishes: Wishes, left: Departures, given: Given, *, until: int) -> pa.Table:
    """Return the table of consents: one row for each thing that was said, by the end of the world."""
    first, status, by_link = wishes.first_at, wishes.first_status, np.where(left.is_by_link, ESP, PREFERENCE_CENTRE)
    confirmed_at = np.where(status == PENDING, wishes.agreed_at, NEVER)
    source = np.where(status == UNKNOWN, MIGRATION, np.where(status == SOFT_OPT_IN, 0, wishes.source))
    method = np.select([status == SOFT_OPT_IN, status == UNKNOWN, source == 0], [1, 4, 0], 2)
    first_at = np.where(status == NO_ROW, NEVER, first)
    service_at = np.where(status == NO_ROW, NEVER, first)
    said: list[
        tuple[int, int, Whole, Whole | int, Whole | int, Whole | int]
    ] = [  # channel, purpose, when, status, source, method
        (0, 0, first_at, np.minimum(status, UNKNOWN), source, method),
        (0, 0, confirmed_at, SUBSCRIBED, ESP, 3),
        (0, 0, left.at, _LEFT, by_link, np.where(left.is_by_link, 3, 2)),
        (0, 0, left.back_at, SUBSCRIBED, PREFERENCE_CENTRE, 2),
        (0, 1, service_at, SUBSCRIBED, 0, 0),
        (1, 0, wishes.sms_at, SUBSCRIBED, wishes.source, 2),
        (1, 0, wishes.sms_left_at, _LEFT, PREFERENCE_CENTRE, 2),
        (1, 1, wishes.sms_service_at, SUBSCRIBED, 0, 0),
    ]
    parts = [
        _rows(at, until, channel, purpose, stated, origin, way) for channel, purpose, at, stated, origin, way in said
    ]
    customer, channel, purpose, stated, origin, way, at = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    sort = np.lexsort((at, purpose, channel, customer))
    return pa.table(
        {
            "customer_id": texts(given.customers.number[customer[sort]]),
            "channel": pa.array(_CHANNELS).take(pa.array(channel[sort])),
            "purpose": pa.array(_PURPOSES).take(pa.array(purpose[sort])),
            "captured_at": instants(at[sort]),
            "status": pa.array(STATUSES).take(pa.array(stated[sort])),
            "source": pa.array(_SOURCES).take(pa.array(origin[sort])),
            "method": pa.array(_METHODS).take(pa.array(way[sort])),
            "received_at": instants(at[sort] + _LAG_SECONDS),
            "is_received_assumed": pa.array(np.zeros(len(sort), dtype=np.bool_)),
        }
    )


def _rows(at: Whole, until: int, *columns: Whole | int) -> tuple[Whole, ...]:
    """Return the customers who said something before *until*, and its columns for them alone."""
    customer = np.flatnonzero(at + _LAG_SECONDS < until)
    whole = (np.broadcast_to(np.asarray(column, dtype=np.int64), len(at))[customer] for column in columns)
    return (customer, *whole, at[customer])


def may_market(wishes: Wishes, left: Departures, customer: Whole, at: Whole) -> Flags:
    """Return for which customers marketing by email is allowed at a moment each."""
    is_on = (at >= wishes.agreed_at[customer] + HOUR) & (at < left.at[customer])
    return is_on | (at >= left.back_at[customer] + DAY)
