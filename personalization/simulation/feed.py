"""What the carriers' feeds tell of the parcels of a whole shop: mostly the truth within hours, and sometimes not.

A feed may be silent for days and then bring everything at once, a depot's clock may be hours off, and single events
come days late. An event is known once it was received; one whose clock is ahead only once its own time has come.
"""

from dataclasses import dataclass, replace

import numpy as np

from personalization.simulation import parcels
from personalization.simulation.chance import Flags, Keys, Whole, quantile
from personalization.simulation.moments import DAY, HOUR, later
from personalization.simulation.parcels import NEVER, RAW_STATUSES, STATUSES, Scans
from personalization.simulation.setting import Setting
from personalization.simulation.shipping import Sent

VOID_COURSE = 99
VOID_MARK = len(STATUSES)
EVENT_STATUSES = (*STATUSES, "cancelled")
EVENT_WORDS = (*RAW_STATUSES, "order cancelled")
LABEL, ACCEPTED, HUB = 0, 1, 2
DRIVER = STATUSES.index("out_for_delivery")
ATTEMPT = RAW_STATUSES.index("nobody at home")
GOING_BACK = STATUSES.index("return_to_sender")
DECLARED_LOST = STATUSES.index("exception")
SETTLED = RAW_STATUSES.index("lost, claim settled")
DELIVERED = STATUSES.index("delivered")
_WORLD_BEGINS = 19_723  # 2024-01-01, the day since 1970 from which outages are counted
_ON_A_DEPOTS_CLOCK = (HUB, DRIVER, DELIVERED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """The events of all parcels by parcel and course, and which of them a fault of the feed touched."""

    scans: Scans
    is_skewed: Flags
    is_late: Flags
    outage: Whole  # its place in outages_of(), -1 for none


@dataclass(frozen=True, slots=True, kw_only=True)
class Outages:
    """The windows in which a carrier's feed was silent."""

    carrier: Whole
    begins_at: Whole
    ends_at: Whole


def build_feed(sent: Sent, *, setting: Setting) -> Feed:
    """Return every event of every parcel with what the feeds made of it."""
    scans = parcels.build_scans(sent.course, seed=setting.seed, parameters=setting.parameters)
    happened = scans.occurred_at < sent.void_at[scans.parcel]
    voids = np.flatnonzero((sent.void_at != NEVER) & (sent.course.label_at < sent.void_at) & sent.course.is_tracked)
    void_at = sent.void_at[voids]

    def all_of(column: Whole, added: Whole | int) -> Whole:
        return np.concatenate([column[happened], np.broadcast_to(np.asarray(added, dtype=np.int64), len(voids))])

    scans = Scans(
        parcel=all_of(scans.parcel, voids),
        course=all_of(scans.course, VOID_COURSE),
        mark=all_of(scans.mark, VOID_MARK),
        occurred_at=all_of(scans.occurred_at, void_at),
        received_at=all_of(scans.received_at, void_at + HOUR // 2),
    )
    sort = np.argsort(scans.parcel, kind="stable")  # the courses stand one after the other
    return _with_faults(sent, _at(scans, sort), setting=setting)


def _at(scans: Scans, places: Whole) -> Scans:
    return Scans(
        parcel=scans.parcel[places],
        course=scans.course[places],
        mark=scans.mark[places],
        occurred_at=scans.occurred_at[places],
        received_at=scans.received_at[places],
    )


def _with_faults(sent: Sent, scans: Scans, *, setting: Setting) -> Feed:
    rates, keys = setting.rates, sent.course.keys
    is_skewed = setting.happens(keys, "skewed", share=rates.skewed_share)[scans.parcel] & np.isin(
        scans.mark, _ON_A_DEPOTS_CLOCK
    )
    skew = np.floor(quantile(setting.draw(keys, "skew"), rates.skew_hours) * HOUR).astype(np.int64)
    ahead = np.maximum(scans.occurred_at + skew[scans.parcel], sent.course.label_at[scans.parcel] + 60)
    occurred_at = np.where(is_skewed, ahead, scans.occurred_at)
    is_late = setting.happens(keys, "late events", share=rates.late_events_share)[scans.parcel]
    is_late &= (scans.mark != LABEL) & (scans.mark != VOID_MARK)
    if is_late.any():
        own = (keys[scans.parcel[is_late]] * np.uint64(100)) + scans.course[is_late].astype(np.uint64)
        is_late[is_late] = setting.happens(own, "late event", share=0.6)
    received_at = np.where(is_late, _days_late(scans, keys, setting=setting), scans.received_at)
    received_at, outage = _held_back(sent, scans, received_at, keys, setting=setting)
    scans = replace(scans, occurred_at=occurred_at, received_at=received_at)
    return Feed(scans=scans, is_skewed=is_skewed, is_late=is_late, outage=outage)


def _days_late(scans: Scans, keys: Keys, *, setting: Setting) -> Whole:
    days = quantile(setting.draw(keys, "days late"), setting.rates.late_events_days)
    return later(scans.received_at, hours=24 * days[scans.parcel])


def outages_of(setting: Setting) -> Outages:
    """Return all outages up to the world's end: one in each span of days, each of one carrier."""
    rates, carriers = setting.rates, len(setting.parameters.carriers)
    spans = max((setting.until // DAY - _WORLD_BEGINS) // rates.outage_every_days + 1, 0)
    keys = np.arange(spans, dtype=np.uint64)
    day = _WORLD_BEGINS + np.arange(spans) * rates.outage_every_days
    day = day + np.floor(setting.draw(keys, "outage on") * (rates.outage_every_days - 10)).astype(np.int64)
    begins_at = day * DAY + 6 * HOUR
    length = np.floor(quantile(setting.draw(keys, "outage days"), rates.outage_days) * DAY).astype(np.int64)
    # Large carriers fail in turn, so that no year passes without an outage that many feel.
    first = int(np.floor(setting.draw(np.zeros(1, dtype=np.uint64), "outage of")[0] * carriers))
    return Outages(
        carrier=(first + np.arange(spans, dtype=np.int64)) % carriers, begins_at=begins_at, ends_at=begins_at + length
    )


def _held_back(sent: Sent, scans: Scans, received_at: Whole, keys: Keys, *, setting: Setting) -> tuple[Whole, Whole]:
    """Return when each event was received, given the outages, and in which outage it was held back (-1 for none)."""
    outages = outages_of(setting)
    held = np.full(len(received_at), -1, dtype=np.int64)
    carrier = sent.course.carrier[scans.parcel]
    for place in range(len(outages.carrier)):
        inside = (received_at >= outages.begins_at[place]) & (received_at < outages.ends_at[place])
        inside &= (carrier == outages.carrier[place]) & (scans.mark != VOID_MARK)
        chosen = np.flatnonzero(inside)
        own = keys[scans.parcel[chosen]] * np.uint64(100) + scans.course[chosen].astype(np.uint64)
        wait = setting.draw(own, "catching up") * setting.rates.outage_catch_up_hours
        received_at = received_at.copy()
        received_at[chosen] = later(np.full(len(chosen), outages.ends_at[place]), hours=wait)
        held[chosen] = place
    return received_at, held


def is_known(scans: Scans, *, until: int) -> Flags:
    """Return which events the shop had learned of before *until*."""
    return np.asarray((scans.received_at < until) & (scans.occurred_at < until))


def moments_of(feed: Feed, mark: int, *, parcels_count: int) -> tuple[Whole, Whole]:
    """Return when the first event of a mark happened to each parcel and when it was learned of, or NEVER."""
    occurred, received = np.full(parcels_count, NEVER), np.full(parcels_count, NEVER)
    chosen = np.flatnonzero(feed.scans.mark == mark)[::-1]  # the first one is written last
    occurred[feed.scans.parcel[chosen]] = feed.scans.occurred_at[chosen]
    received[feed.scans.parcel[chosen]] = feed.scans.received_at[chosen]
    return occurred, received


def silent_since(feed: Feed, sent: Sent) -> Whole:
    """Return when each parcel was last scanned before its silence: on its first day under way, or at the hand-over."""
    hub, _ = moments_of(feed, HUB, parcels_count=len(sent.number))
    return np.where(hub == NEVER, sent.course.handed_over_at, hub)
