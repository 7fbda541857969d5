"""The exceptions that a whole shop's operations have, by name: since when, until when, and from when one could know.

A row is one exception of one order, parcel, return or ticket. What begins after the world's end is left out; what ends
or could be known only after it has no such moment.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from personalization.simulation import claims as claiming
from personalization.simulation import feed as feeding
from personalization.simulation.chance import Flags, Whole
from personalization.simulation.claims import LOST_CLAIM, NOT_RECEIVED, Chargebacks, Claims
from personalization.simulation.contacts import NOT_RECEIVED_SLOT, Tickets, Troubles
from personalization.simulation.feed import DELIVERED, Feed, outages_of
from personalization.simulation.frames import known, texts
from personalization.simulation.given import NOBODY, Given
from personalization.simulation.moments import DAY, HOUR, at_hour, day_of, working_day
from personalization.simulation.parcels import LOST, NEVER, RETURNED, STALLED
from personalization.simulation.refunds import CAME_BACK, GOODWILL, Refunds
from personalization.simulation.returns import ALLERGY, SIZE_FIT, Returns
from personalization.simulation.setting import Setting
from personalization.simulation.shipping import Sent
from personalization.store.files import write_parquet

FILE = Path("truth") / "exceptions.parquet"
SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("name", "exception_id", "customer_id", "order_id", "order_line_id")),
        *((name, pa.string()) for name in ("shipment_id", "ticket_id", "return_id", "sku")),
        *((name, pa.timestamp("us")) for name in ("begins_at", "ends_at", "knowable_at")),
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Exceptions of one name; subject is the number that makes their ids, order a place, the ids numbers by column."""

    name: str
    subject: Whole
    order: Whole
    begins_at: Whole
    ends_at: Whole
    knowable_at: Whole
    ids: dict[str, Whole]
    products: Whole | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """Everything that the exceptions are read from."""

    given: Given
    sent: Sent
    feed: Feed
    troubles: Troubles
    returns: Returns
    claims: Claims
    chargebacks: Chargebacks
    refunds: Refunds
    tickets: Tickets


def exception_rows(happened: Happened, *, setting: Setting) -> pa.Table:
    """Return the rows of all exceptions of operation, by id."""
    tables = [_table(found, happened.given, until=setting.until) for found in _all(happened, setting=setting)]
    return pa.concat_tables(tables).sort_by("exception_id")


def append_exceptions(data: Path, rows: pa.Table) -> None:
    """Add rows to the folder's exceptions; what another stage wrote there stays."""
    path, names = data / FILE, set(rows["name"].unique().to_pylist()) | set(NAMES)
    if path.exists():
        there = pq.read_table(path).select(SCHEMA.names).cast(SCHEMA)
        others = there.filter(pa.compute.invert(pa.compute.is_in(there["name"], pa.array(sorted(names)))))
        rows = pa.concat_tables([others, rows]).sort_by("exception_id")
    write_parquet(path, rows)


NAMES = (
    *("stalled_parcel", "lost", "delivered_not_received", "partial_delivery", "returned_to_sender", "attempt_failed"),
    *("cancelled_after_shipping", "refund_without_return", "exchange_in_flight", "exchange_size_unavailable"),
    *("open_ticket_answered", "open_ticket_unanswered", "agent_intervened", "open_claim", "chargeback"),
    *("carrier_feed_outage", "clock_skew", "late_events", "allergy_return", "wrong_size_return"),
)


def _table(found: Found, given: Given, *, until: int) -> pa.Table:
    begun = np.flatnonzero(found.begins_at < until)
    order = found.order[begun]
    customer = np.append(given.customers.number, NOBODY)[given.orders.customer[order]]
    absent = pa.nulls(len(begun), pa.string())
    sku = absent
    if found.products is not None and len(given.products.sku):
        place = found.products[begun]
        sku = given.products.sku.take(pa.array(np.maximum(place, 0), mask=place == NOBODY))
    ids = {name: texts(numbers[begun]) for name, numbers in found.ids.items()}
    subject = texts(found.subject[begun])
    columns = {
        "name": pa.array([found.name]).take(pa.array(np.zeros(len(begun), dtype=np.int64))),
        "exception_id": pa.compute.binary_join_element_wise(found.name, subject, ":"),
        "customer_id": texts(customer, absent=NOBODY),
        "order_id": texts(given.orders.number[order]),
        **{name: ids.get(name, absent) for name in ("order_line_id", "shipment_id", "ticket_id", "return_id")},
        "sku": sku,
        "begins_at": known(found.begins_at[begun], until=until),
        "ends_at": known(found.ends_at[begun], until=until),
        "knowable_at": known(found.knowable_at[begun], until=until),
    }
    return pa.table(columns, schema=SCHEMA)


def _all(happened: Happened, *, setting: Setting) -> Iterator[Found]:
    yield from _of_parcels(happened)
    yield from _of_feeds(happened, setting=setting)
    yield from _of_orders(happened, setting=setting)
    yield from _of_returns(happened)
    yield from _of_tickets(happened)
    yield from _of_claims(happened, setting=setting)


def _parcels(
    name: str, sent: Sent, chosen: Flags | Whole, *, begins_at: Whole, ends_at: Whole, knowable_at: Whole
) -> Found:
    """Return one exception for each chosen parcel; the moments stand by parcel."""
    place = np.flatnonzero(chosen) if chosen.dtype == np.bool_ else np.asarray(chosen, dtype=np.int64)
    return Found(
        name=name,
        subject=sent.number[place],
        order=sent.order[place],
        begins_at=begins_at[place],
        ends_at=ends_at[place],
        knowable_at=knowable_at[place],
        ids={"shipment_id": sent.number[place]},
    )


def _by_order(order: Whole, moments: Whole, *, orders: int) -> Whole:
    """Return the first moment of each order, NEVER where there is none."""
    found = np.full(orders, NEVER)
    np.minimum.at(found, order, moments)
    return found


def _of_parcels(happened: Happened) -> Iterator[Found]:
    sent, feed, troubles, course = happened.sent, happened.feed, happened.troubles, happened.sent.course
    count, orders, leaves = len(sent.number), len(happened.given.orders.number), happened.sent.leaves()
    silent_at = np.where(troubles.silent_at == NEVER, 0, troubles.silent_at)
    yield _parcels(
        "stalled_parcel",
        sent,
        (course.outcome == STALLED) & leaves,
        begins_at=silent_at,
        ends_at=feeding.moments_of(feed, feeding.DRIVER, parcels_count=count)[0],
        knowable_at=at_hour(working_day(day_of(silent_at), after=3), 23.0),  # T3: three working days
    )
    settled_at, _ = feeding.moments_of(feed, feeding.SETTLED, parcels_count=count)
    claims = happened.claims
    about_lost, about_missing = claims.kind == LOST_CLAIM, claims.kind <= NOT_RECEIVED
    resolved_at = _by_order(claims.order[about_missing], claims.resolved_at[about_missing], orders=orders)
    said_at = _by_order(claims.order[about_lost], claims.opened_at[about_lost], orders=orders)[sent.order]
    yield _parcels(
        "lost",
        sent,
        (course.outcome == LOST) & leaves,
        begins_at=silent_at,
        ends_at=np.minimum(resolved_at[sent.order], settled_at),
        knowable_at=np.minimum(said_at, feeding.moments_of(feed, feeding.DECLARED_LOST, parcels_count=count)[1]),
    )
    yield from _of_missing(happened, resolved_at)
    yield from _of_attempts(happened)


def _of_missing(happened: Happened, resolved_at: Whole) -> Iterator[Found]:
    """Yield what was delivered by the carrier's word only; resolved_at is when claims for it were settled, by order."""
    sent, tickets, claims = happened.sent, happened.tickets, happened.claims
    orders = len(happened.given.orders.number)
    about = tickets.slot == NOT_RECEIVED_SLOT
    told_at = _by_order(tickets.order[about], tickets.created_at[about], orders=orders)
    answered_at = _by_order(tickets.order[about], tickets.resolved_at[about], orders=orders)
    claimed_at = _by_order(
        claims.order[claims.kind == NOT_RECEIVED], claims.opened_at[claims.kind == NOT_RECEIVED], orders=orders
    )
    yield _parcels(
        "delivered_not_received",
        sent,
        sent.is_missed,
        begins_at=sent.course.delivered_at,
        ends_at=np.where(resolved_at == NEVER, answered_at, resolved_at)[sent.order],
        knowable_at=np.minimum(told_at, claimed_at)[sent.order],
    )


def _of_attempts(happened: Happened) -> Iterator[Found]:
    sent, feed, course, refunds = happened.sent, happened.feed, happened.sent.course, happened.refunds
    count, orders = len(sent.number), len(happened.given.orders.number)
    failed_at, failed_known_at = feeding.moments_of(feed, feeding.ATTEMPT, parcels_count=count)
    back_at, back_known_at = feeding.moments_of(feed, feeding.GOING_BACK, parcels_count=count)
    yield _parcels(
        "attempt_failed",
        sent,
        (failed_at != NEVER) & sent.leaves(),
        begins_at=failed_at,
        ends_at=np.minimum(course.delivered_at, back_at),
        knowable_at=failed_known_at,
    )
    paid = refunds.reason == CAME_BACK
    paid_at = _by_order(refunds.order[paid], refunds.refunded_at[paid], orders=orders)[sent.order]
    yield _parcels(
        "returned_to_sender",
        sent,
        (course.outcome == RETURNED) & (back_at != NEVER),
        begins_at=back_at,
        ends_at=np.where(paid_at == NEVER, np.where(back_at == NEVER, NEVER, back_at + 8 * DAY), paid_at),
        knowable_at=back_known_at,
    )
    bought = (sent.number % 10 <= 2) & sent.leaves()
    pair = np.bincount(sent.order[bought], minlength=orders) == 2
    first = _by_order(sent.order[bought], course.delivered_at[bought], orders=orders)
    last = np.zeros(orders, dtype=np.int64)
    np.maximum.at(last, sent.order[bought], course.delivered_at[bought])
    _, known_at = feeding.moments_of(feed, DELIVERED, parcels_count=count)
    known_at = np.where(course.is_tracked, known_at, course.delivered_at + 3 * DAY)
    is_first = bought & pair[sent.order] & (course.delivered_at == first[sent.order]) & (first < last)[sent.order]
    yield _parcels(
        "partial_delivery",
        sent,
        is_first,
        begins_at=course.delivered_at,
        ends_at=last[sent.order],
        knowable_at=known_at,
    )


def _of_feeds(happened: Happened, *, setting: Setting) -> Iterator[Found]:
    """Yield what the feeds got wrong, once for each parcel that it touched."""
    sent, feed, outages = happened.sent, happened.feed, outages_of(setting)
    scans = feed.scans
    for place in range(len(outages.carrier)):
        touched = np.unique(scans.parcel[feed.outage == place])
        whole = np.ones(len(sent.number), dtype=np.int64)
        yield Found(
            name="carrier_feed_outage",
            subject=sent.number[touched] * 100 + place,
            order=sent.order[touched],
            begins_at=(whole * outages.begins_at[place])[touched],
            ends_at=(whole * outages.ends_at[place])[touched],
            # A feed counts as stale once nothing was heard for a day (T3).
            knowable_at=(whole * (outages.begins_at[place] + 24 * HOUR))[touched],
            ids={"shipment_id": sent.number[touched]},
        )
    for name, is_touched in (("clock_skew", feed.is_skewed), ("late_events", feed.is_late)):
        chosen = np.flatnonzero(is_touched)
        begins_at = _by_order(scans.parcel[chosen], scans.occurred_at[chosen], orders=len(sent.number))
        learned_at = np.zeros(len(sent.number), dtype=np.int64)
        np.maximum.at(learned_at, scans.parcel[chosen], np.maximum(scans.received_at, scans.occurred_at)[chosen])
        first_at = _by_order(scans.parcel[chosen], scans.received_at[chosen], orders=len(sent.number))
        begins_at = np.minimum(begins_at, first_at)  # a clock that is ahead says so before its time
        yield _parcels(name, sent, begins_at != NEVER, begins_at=begins_at, ends_at=learned_at, knowable_at=first_at)


def _of_orders(happened: Happened, *, setting: Setting) -> Iterator[Found]:
    orders, refunds, back = happened.given.orders, happened.refunds, happened.chargebacks
    late = happened.troubles.cancelled_late_at
    place = np.flatnonzero(late != NEVER)
    paid_at = _by_order(refunds.order, refunds.refunded_at, orders=len(orders.number))
    yield Found(
        name="cancelled_after_shipping",
        subject=orders.number[place],
        order=place,
        begins_at=late[place],
        ends_at=paid_at[place],
        knowable_at=late[place],
        ids={},
    )
    good = np.flatnonzero(refunds.reason == GOODWILL)
    yield Found(
        name="refund_without_return",
        subject=refunds.number[good],
        order=refunds.order[good],
        begins_at=refunds.refunded_at[good],
        ends_at=np.full(len(good), NEVER),
        knowable_at=refunds.refunded_at[good],
        ids={},
    )
    yield Found(
        name="chargeback",
        subject=back.number,
        order=back.order,
        begins_at=back.opened_at,
        ends_at=back.decided_at,
        knowable_at=back.opened_at + int(setting.rates.dispute_lag_hours * HOUR),
        ids={},
    )


def _of_returns(happened: Happened) -> Iterator[Found]:
    given, returns = happened.given, happened.returns
    for name, chosen, begins_at in (
        ("exchange_in_flight", returns.swaps, returns.approved_at),
        ("exchange_size_unavailable", returns.is_unavailable, returns.received_at),
    ):
        place = np.flatnonzero(chosen)
        yield Found(
            name=name,
            subject=returns.number[place],
            order=returns.order[place],
            begins_at=begins_at[place],
            ends_at=returns.closed_at[place],
            knowable_at=begins_at[place],
            ids={"return_id": returns.number[place]},
        )
    lines = returns.lines
    for name, reason in (("allergy_return", ALLERGY), ("wrong_size_return", SIZE_FIT)):
        place = np.flatnonzero(lines.reason == reason)
        back = lines.returned_by[place]
        ends_at = np.full(len(place), NEVER) if reason == ALLERGY else returns.closed_at[back]  # an allergy stays
        yield Found(
            name=name,
            subject=given.lines.number[lines.line[place]],
            order=returns.order[back],
            begins_at=returns.requested_at[back],
            ends_at=ends_at,
            knowable_at=returns.requested_at[back],
            ids={"return_id": returns.number[back], "order_line_id": given.lines.number[lines.line[place]]},
            products=given.lines.product[lines.line[place]],
        )


def _of_tickets(happened: Happened) -> Iterator[Found]:
    tickets = happened.tickets
    for name, chosen, begins_at, ends_at in (
        ("open_ticket_unanswered", tickets.is_unanswered, tickets.created_at, tickets.first_reply_at),
        ("open_ticket_answered", tickets.is_unsolved, tickets.first_reply_at, tickets.resolved_at),
        ("agent_intervened", tickets.is_from_agent, tickets.created_at, tickets.resolved_at),
    ):
        place = np.flatnonzero(chosen)
        yield Found(
            name=name,
            subject=tickets.number[place],
            order=tickets.order[place],
            begins_at=begins_at[place],
            ends_at=ends_at[place],
            knowable_at=begins_at[place],
            ids={"ticket_id": tickets.number[place]},
        )


def _of_claims(happened: Happened, *, setting: Setting) -> Iterator[Found]:
    claims = happened.claims
    yield Found(
        name="open_claim",
        subject=claims.number,
        order=claims.order,
        begins_at=claims.opened_at,
        ends_at=claiming.final_resolution(claims, setting=setting),
        knowable_at=claims.opened_at,
        ids={},
        products=claims.product,
    )
