"""Everything that goes on in a whole simulated shop, from its purchases on: worked out, then written as tables."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from personalization.simulation import authored, case_tables, feed, mail, mail_tables, parcel_tables, returns
from personalization.simulation.chance import Whole
from personalization.simulation.claims import build_chargebacks, build_claims
from personalization.simulation.consenting import Wishes, build_wishes, consent_rows
from personalization.simulation.contacts import Troubles, build_tickets
from personalization.simulation.exceptions import Happened, append_exceptions, exception_rows
from personalization.simulation.feed import Feed
from personalization.simulation.frames import known
from personalization.simulation.given import NOBODY, Given, load_purchases
from personalization.simulation.moments import DAY
from personalization.simulation.parameters import Parameters
from personalization.simulation.parcel_tables import Contents
from personalization.simulation.parcels import LOST, NEVER, STALLED
from personalization.simulation.rates import Rates
from personalization.simulation.refunds import Causes, build_refunds, refunded_until, refunds_of_returns
from personalization.simulation.setting import Setting
from personalization.simulation.shipping import (
    Sent,
    addressees_of,
    cancelled_under_way,
    first_parcels,
    joined,
    replacement_parcels,
    without_cancelled,
)
from personalization.store.files import write_parquet

WRITTEN = (
    *("consents", "suppressions", "shipments", "shipment_lines", "tracking_events", "returns", "return_lines"),
    *("refunds", "chargebacks", "claims", "tickets", "messages", "engagement", "policies", "touchpoints"),
)
CHANGED = {"orders": ("cancelled_at", "financial_status"), "order_lines": ("qty_refunded",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What happened in the shop, and what is in its parcels."""

    happened: Happened
    contents: Contents
    wishes: Wishes
    mail: mail.Mail


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The rows of each table written, and how the shop does."""

    rows: dict[str, int]
    on_time_shares: dict[str, float]
    parcels_by_carrier: dict[str, int]
    wismo_tickets: int
    tickets: int


def simulate_shop(data: Path, *, seed: int, until: datetime, parameters: Parameters, rates: Rates) -> Figures:
    """Write the operations of a whole shop beside its purchases, and add their exceptions to the folder's truth."""
    setting = Setting(seed=seed, until=int(until.replace(tzinfo=UTC).timestamp()), parameters=parameters, rates=rates)
    world = build_shop(load_purchases(data, until=setting.until), setting=setting)
    rows = _write(data, world, setting=setting)
    append_exceptions(data, exception_rows(world.happened, setting=setting))
    return _figures(world, rows, setting=setting)


def build_shop(given: Given, *, setting: Setting) -> World:
    """Return everything that happens to the purchases, the world's end left aside."""
    addressees = addressees_of(given, setting=setting)
    first, parcel_of_line = first_parcels(given, addressees, setting=setting)
    cancelled_late_at = cancelled_under_way(given, first, setting=setting)
    first = without_cancelled(first, cancelled_late_at)
    coming_back = returns.build_returns(given, first, parcel_of_line, setting=setting)
    swapped = np.flatnonzero(coming_back.swaps)
    second = replacement_parcels(
        addressees,
        first=first.number[coming_back.parcel[swapped]],
        order=coming_back.order[swapped],
        ready_at=coming_back.received_at[swapped],
        setting=setting,
    )
    coming_back = returns.closed_by(coming_back, swapped, second.course.delivered_at)
    sent, place = joined(first, second)
    place_of_second = np.setdiff1d(np.arange(len(sent.number)), place)
    parcel_of_line = np.where(parcel_of_line == NOBODY, NOBODY, np.append(place, NOBODY)[parcel_of_line])
    scans = feed.build_feed(sent, setting=setting)
    troubles = _troubles(sent, scans, cancelled_late_at)
    claims = build_claims(given, sent, parcel_of_line, setting=setting)
    causes = Causes(cancelled_late_at=cancelled_late_at, turned_back_at=troubles.turned_back_at)
    refunds = build_refunds(given, sent, causes, coming_back, claims, setting=setting)
    tickets = build_tickets(given, sent, troubles, coming_back, claims, setting=setting)
    happened = Happened(
        given=given,
        sent=sent,
        feed=scans,
        troubles=troubles,
        returns=coming_back,
        claims=claims,
        chargebacks=build_chargebacks(given, sent, setting=setting),
        refunds=refunds,
        tickets=tickets,
    )
    wishes = build_wishes(given, setting=setting)
    return World(
        happened=happened,
        contents=_contents(happened, parcel_of_line, swapped, place_of_second),
        wishes=wishes,
        mail=_mail(happened, wishes, setting=setting),
    )


def _troubles(sent: Sent, scans: Feed, cancelled_late_at: Whole) -> Troubles:
    count = len(sent.number)
    is_silent = np.isin(sent.course.outcome, (STALLED, LOST)) & sent.leaves()
    return Troubles(
        silent_at=np.where(is_silent, feed.silent_since(scans, sent), NEVER),
        declared_lost_at=feed.moments_of(scans, feed.DECLARED_LOST, parcels_count=count)[1],
        turned_back_at=feed.moments_of(scans, feed.GOING_BACK, parcels_count=count)[1],
        cancelled_late_at=cancelled_late_at,
    )


def _contents(happened: Happened, parcel_of_line: Whole, swapped: Whole, places: Whole) -> Contents:
    """Return what is in the parcels; places are those of the parcels that replace the swapped returns."""
    lines = happened.returns.lines
    parcel_of = np.full(len(happened.returns.number), NOBODY, dtype=np.int64)
    parcel_of[swapped] = places
    parcel = parcel_of[lines.returned_by]
    replaced = np.flatnonzero(parcel != NOBODY)
    return parcel_tables.contents_of(
        happened.given, parcel_of_line, (parcel[replaced], lines.line[replaced], lines.qty[replaced])
    )


def _mail(happened: Happened, wishes: Wishes, *, setting: Setting) -> mail.Mail:
    given, sent = happened.given, happened.sent
    service = mail.service_sends(happened, wishes=wishes, setting=setting)
    marketing = mail.marketing_sends(given, sent, wishes=wishes, setting=setting)
    return mail.deliver(given, service, marketing, wishes=wishes, setting=setting)


def _write(data: Path, world: World, *, setting: Setting) -> dict[str, int]:
    """Write every table whole and return its rows."""
    happened, until = world.happened, setting.until
    given, sent = happened.given, happened.sent
    rows: dict[str, int] = {}

    def write(name: str, table: pa.Table) -> None:
        write_parquet(data / f"{name}.parquet", table)
        rows[name] = table.num_rows

    write("orders", _orders_at_end(happened, until=until))
    write("order_lines", _lines_at_end(happened, until=until))
    write("consents", consent_rows(world.wishes, world.mail.left, given, until=until))
    with duckdb.connect(":memory:") as connection:
        connection.execute("SET TimeZone = 'UTC'")
        write(
            "suppressions",
            mail_tables.suppression_rows(world.mail, given, setting=setting, connection=connection),
        )
    write("shipments", parcel_tables.shipment_rows(sent, happened.feed, given, setting=setting))
    write("shipment_lines", parcel_tables.content_rows(sent, world.contents, given, until=until))
    write("tracking_events", parcel_tables.event_rows(sent, happened.feed, until=until))
    write("returns", case_tables.return_rows(happened.returns, given, until=until))
    write("return_lines", case_tables.return_line_rows(happened.returns, given, until=until))
    write("refunds", case_tables.refund_rows(happened.refunds, given, until=until))
    write("chargebacks", case_tables.chargeback_rows(happened.chargebacks, given, setting=setting))
    write("claims", case_tables.claim_rows(happened.claims, given, setting=setting))
    write("tickets", case_tables.ticket_rows(happened.tickets, given, setting=setting))
    write("messages", mail_tables.message_rows(world.mail, given))
    engagement = mail.build_engagement(world.mail, given, setting=setting)
    write("engagement", mail_tables.engagement_rows(engagement, world.mail))
    write("policies", authored.policies_of_world())
    write("touchpoints", authored.touchpoints_of_world(until // DAY))
    return rows


def _orders_at_end(happened: Happened, *, until: int) -> pa.Table:
    """Return the orders with what was cancelled late and what was paid back."""
    orders, late = happened.given.orders, happened.troubles.cancelled_late_at
    paid_back = refunded_until(happened.given, happened.refunds, until=until)
    table = orders.table
    cancelled = np.flatnonzero(late < until)
    if len(cancelled):
        cancelled_at = np.where(late < until, late, orders.cancelled_at)
        table = _with(table, "cancelled_at", known(cancelled_at, until=until))
    status = table["financial_status"].combine_chunks()
    is_whole = orders.is_paid & (paid_back > 0) & (paid_back >= orders.total_cents)
    is_part = orders.is_paid & (paid_back > 0) & ~is_whole
    status = pc.if_else(pa.array(is_whole), pa.scalar("refunded"), status)
    status = pc.if_else(pa.array(is_part), pa.scalar("partially_refunded"), status)
    return _with(table, "financial_status", status)


def _lines_at_end(happened: Happened, *, until: int) -> pa.Table:
    """Return the order lines with what was paid back of them: what came back, and all of an order paid back whole."""
    given, back = happened.given, happened.returns
    refunds, lines = happened.refunds, given.lines
    paid_back = refunded_until(given, refunds, until=until)
    qty = np.zeros(len(lines.number), dtype=np.int64)
    pays = np.zeros(len(back.number), dtype=np.bool_)
    pays[refunds_of_returns(back)] = True
    settled = (pays & (back.closed_at < until))[back.lines.returned_by]
    qty[back.lines.line[settled]] = back.lines.qty[settled]
    orders = given.orders
    is_whole = orders.is_paid & (paid_back > 0) & (paid_back >= orders.total_cents)
    qty = np.where(is_whole[lines.order], lines.qty, qty)
    return _with(lines.table, "qty_refunded", pa.array(qty, mask=qty == 0))


def _with(table: pa.Table, name: str, column: pa.Array) -> pa.Table:
    if name in table.column_names:
        return table.set_column(table.column_names.index(name), name, column)
    return table.append_column(name, column)


def _figures(world: World, rows: dict[str, int], *, setting: Setting) -> Figures:
    sent, tickets, until = world.happened.sent, world.happened.tickets, setting.until
    course = sent.course
    is_due = sent.leaves() & (course.promised_on + 1 < until // DAY)
    is_in_time = course.delivered_at // DAY <= course.promised_on + 1
    names = [carrier.name for carrier in setting.parameters.carriers]
    counts = np.bincount(course.carrier[is_due], minlength=len(names))
    in_time = np.bincount(course.carrier[is_due & is_in_time], minlength=len(names))
    asked = (tickets.created_at < until) & ~tickets.is_from_agent & ~tickets.is_spam
    return Figures(
        rows=rows,
        on_time_shares={
            name: float(in_time[place] / counts[place]) for place, name in enumerate(names) if counts[place]
        },
        parcels_by_carrier={name: int(counts[place]) for place, name in enumerate(names) if counts[place]},
        wismo_tickets=int((asked & (tickets.reason == 0)).sum()),
        tickets=int((tickets.created_at < until).sum()),
    )
