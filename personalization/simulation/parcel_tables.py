"""The tables of a whole shop's parcels, as the shop knows them at the world's end."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from personalization.simulation import parcels
from personalization.simulation.chance import Flags, Whole
from personalization.simulation.feed import EVENT_STATUSES, EVENT_WORDS, Feed, is_known
from personalization.simulation.frames import dates, instants, known, texts, words
from personalization.simulation.given import NOBODY, Given
from personalization.simulation.moments import DAY
from personalization.simulation.parcels import NEVER
from personalization.simulation.setting import Setting
from personalization.simulation.shipping import ABROAD, Sent

SOURCE = "aftership"
_STATUS_CODES = 256
_NO_EVENT = -1
_CARRIERS_LIST_DAYS = 3  # until an untracked parcel is known to be delivered, from the carrier's list


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What is in the parcels: places of parcel and line, in the order of the parcels' numbers."""

    parcel: Whole
    line: Whole
    qty: Whole


def is_labelled(sent: Sent, *, until: int) -> Flags:
    """Return which parcels the shop has: those labelled by the world's end, before they were void."""
    return np.asarray((sent.course.label_at < until) & (sent.course.label_at < sent.void_at), dtype=np.bool_)


def shipment_rows(sent: Sent, feed: Feed, given: Given, *, setting: Setting) -> pa.Table:
    """Return the table of shipments."""
    until, course = setting.until, sent.course
    chosen = np.flatnonzero(is_labelled(sent, until=until))
    status, delivered_at = _newest(sent, feed, until=until)
    region = _regions(sent, given, setting=setting)
    carriers = [carrier.name for carrier in setting.parameters.carriers]
    number = texts(sent.number[chosen])
    tracking_no = pc.binary_join_element_wise(
        words([name[:2].upper() for name in carriers], course.carrier[chosen]), number, ""
    )
    is_tracked = pa.array(course.is_tracked[chosen])
    shipped_at = np.where(sent.void_at == NEVER, course.handed_over_at, NEVER)
    return pa.table(
        {
            "shipment_id": number,
            "order_id": texts(given.orders.number[sent.order[chosen]]),
            "tracking_no": pc.if_else(is_tracked, tracking_no, pa.scalar(None, pa.string())),
            "carrier": words(carriers, course.carrier[chosen]),
            "service": words([lane.service for lane in parcels.lanes_of(setting.parameters)], course.lane[chosen]),
            "shipped_at": known(shipped_at[chosen], until=until),
            "origin": words([warehouse.name for warehouse in setting.rates.warehouses], sent.origin[chosen]),
            "dest_region": region.take(pa.array(chosen)),
            "eta_first_on": dates(sent.eta_first_on[chosen]),
            "eta_latest_on": dates(sent.eta_latest_on[chosen]),
            "promised_by_on": dates(course.promised_on[chosen]),
            "status": pa.array([*EVENT_STATUSES, "unknown"]).take(pa.array(status[chosen])),
            "delivered_at": known(delivered_at[chosen], until=until),
            "received_at": instants(course.label_at[chosen]),
            "is_received_assumed": pa.array(np.zeros(len(chosen), dtype=np.bool_)),
        }
    )


def _newest(sent: Sent, feed: Feed, *, until: int) -> tuple[Whole, Whole]:
    """Return the mark of each parcel's newest known event, and when it is known to be delivered (NEVER: not)."""
    scans, count = feed.scans, len(sent.number)
    is_told = is_known(scans, until=until)
    rank = np.where(is_told, (scans.occurred_at * 128 + scans.course) * _STATUS_CODES + scans.mark, _NO_EVENT)
    newest = np.full(count, _NO_EVENT, dtype=np.int64)
    if len(rank):
        starts = np.flatnonzero(np.diff(scans.parcel, prepend=-1))
        newest[scans.parcel[starts]] = np.maximum.reduceat(rank, starts)
    delivered_at = np.full(count, NEVER)
    done = np.flatnonzero(is_told & (scans.mark == parcels.STATUSES.index("delivered")))
    delivered_at[scans.parcel[done]] = scans.occurred_at[done]
    course = sent.course
    listed = ~course.is_tracked & (course.delivered_at < until - _CARRIERS_LIST_DAYS * DAY)
    delivered_at = np.where(listed, course.delivered_at, delivered_at)
    delivered, cancelled, unknown = parcels.STATUSES.index("delivered"), len(EVENT_STATUSES) - 1, len(EVENT_STATUSES)
    status = np.select(
        [newest != _NO_EVENT, course.is_tracked, sent.void_at < until, listed],
        [newest % _STATUS_CODES, 0, cancelled, delivered],
        unknown,
    )
    return status, np.where(sent.void_at == NEVER, delivered_at, NEVER)


def _regions(sent: Sent, given: Given, *, setting: Setting) -> pa.Array:
    """Return where each parcel goes: the region at home, the country abroad."""
    home = words([region.name for region in setting.parameters.regions], np.maximum(sent.region, 0))
    customer = given.orders.customer[sent.order]
    country = given.customers.country.take(pa.array(np.maximum(customer, 0), mask=customer == NOBODY))
    return pc.if_else(pa.array(sent.region == ABROAD), country, home)


def contents_of(given: Given, parcel_of_line: Whole, replaced: tuple[Whole, Whole, Whole]) -> Contents:
    """Return what is in each parcel; replaced are parcel, line and quantity of what is sent instead of returns."""
    line = np.flatnonzero(parcel_of_line != NOBODY)
    parcel = np.concatenate([parcel_of_line[line], replaced[0]])
    line, qty = np.concatenate([line, replaced[1]]), np.concatenate([given.lines.qty[line], replaced[2]])
    sort = np.lexsort((line, parcel))
    return Contents(parcel=parcel[sort], line=line[sort], qty=qty[sort])


def content_rows(sent: Sent, contents: Contents, given: Given, *, until: int) -> pa.Table:
    """Return the table of what is in which parcel."""
    chosen = np.flatnonzero(is_labelled(sent, until=until)[contents.parcel])
    parcel = contents.parcel[chosen]
    return pa.table(
        {
            "shipment_id": texts(sent.number[parcel]),
            "order_line_id": texts(given.lines.number[contents.line[chosen]]),
            "qty": pa.array(contents.qty[chosen]),
            "received_at": instants(sent.course.label_at[parcel]),
            "is_received_assumed": pa.array(np.zeros(len(chosen), dtype=np.bool_)),
        }
    )


def event_rows(sent: Sent, feed: Feed, *, until: int) -> pa.Table:
    """Return the table of what the carriers told by the world's end."""
    scans = feed.scans
    chosen = np.flatnonzero(is_known(scans, until=until))
    shipment = texts(sent.number[scans.parcel[chosen]])
    place = words([f"{course:02d}" for course in range(100)], scans.course[chosen])
    return pa.table(
        {
            "event_id": pc.binary_join_element_wise(shipment, place, "-"),
            "shipment_id": shipment,
            "status": pa.array(EVENT_STATUSES).take(pa.array(scans.mark[chosen])),
            "raw_status": pa.array(EVENT_WORDS).take(pa.array(scans.mark[chosen])),
            "occurred_at": instants(scans.occurred_at[chosen]),
            "received_at": instants(scans.received_at[chosen]),
            "source": words([SOURCE], np.zeros(len(chosen), dtype=np.int64)),
            "is_received_assumed": pa.array(np.zeros(len(chosen), dtype=np.bool_)),
        }
    )
