"""Judges whether the feeds are alive: each source table, each carrier's scans, and the shop as a whole. Pure."""

from collections.abc import Mapping

from personalization.readiness import words
from personalization.readiness.checks import Check
from personalization.readiness.evidence import Feed, NightEvidence
from personalization.readiness.findings import SHOP, Finding, carrier_scope
from personalization.readiness.verdict import OPEN, business_hours, rounded, verdict_of_bound
from personalization.records import CheckVerdict

_ROWS_DUE = 10  # our choice: rows come in clumps, but where ten were due, a silence means something
_RHYTHM_HOURS = 20 * 24  # the 28 days over which a feed's rhythm is counted, without their weekends


def carrier_feeds(check: Check, evidence: NightEvidence, limits: Mapping[str, float]) -> dict[str, Finding]:
    """Return whether scans of each carrier in use come in; with no parcel on the way there is nothing to scan."""
    found = [_carrier_feed(check, feed, evidence, limits) for feed in evidence.carriers]
    return {finding.scope: finding for finding in found}


def _carrier_feed(check: Check, feed: Feed, evidence: NightEvidence, limits: Mapping[str, float]) -> Finding:
    hours = _silent_hours(feed, evidence)
    verdict = _verdict(check, hours, limits) if feed.rows else CheckVerdict.PASS
    return Finding(
        scope=carrier_scope(feed.name),
        verdict=verdict,
        reason=words.carrier_silence(
            feed.name, hours=hours, under_way=feed.rows, hold_at=limits["hold"], verdict=verdict
        ),
        value=hours,
        denominator=feed.rows,
        threshold=limits["pass"],
    )


def source_feeds(check: Check, evidence: NightEvidence, limits: Mapping[str, float]) -> list[Finding]:
    """Return whether rows of each source table come in.

    A source is only as loud as it usually is: a silence counts once, by the rhythm of the source's last 28 days, ten
    rows were due in it.
    """
    return [_source_feed(check, feed, evidence, limits) for feed in evidence.sources]


def _source_feed(check: Check, feed: Feed, evidence: NightEvidence, limits: Mapping[str, float]) -> Finding:
    hours = _silent_hours(feed, evidence)
    is_usual = hours is not None and feed.rows * hours / _RHYTHM_HOURS < _ROWS_DUE
    verdict = CheckVerdict.PASS if is_usual else _verdict(check, hours, limits)
    return Finding(
        scope=f"source:{feed.name}",
        verdict=verdict,
        reason=words.source_silence(
            feed.name, hours=hours, hold_at=limits["hold"], verdict=verdict, enough=limits["pass"]
        ),
        value=hours,
        denominator=feed.rows,
        threshold=limits["pass"],
    )


def shop_feed(check: Check, evidence: NightEvidence, limits: Mapping[str, float], held: frozenset[str]) -> Finding:
    """Return whether all source tables are alive; carriers whose scans stopped are held by themselves."""
    del held
    sources = {feed.name for feed in evidence.sources}
    # A shop to which nothing ever came back may well have an empty table of returns; the other tables need rows.
    empty = sorted((set(check.needs) - {"returns"}) - sources)
    if empty:
        return Finding(scope=SHOP, verdict=CheckVerdict.INSUFFICIENT, reason=words.empty_tables(empty))
    findings = source_feeds(check, evidence, limits)
    worst = max(findings, key=lambda found: (found.verdict not in OPEN, found.verdict, found.value or 0.0, found.scope))
    closed = [found.reason for found in findings if found.verdict not in OPEN]
    return Finding(
        scope=SHOP,
        verdict=worst.verdict,
        reason=" ".join(closed) or words.feeds_alive(sorted(sources), hours=worst.value),
        value=worst.value,
        threshold=limits["pass"],
    )


def _silent_hours(feed: Feed, evidence: NightEvidence) -> float | None:
    """Return the business hours since the feed's newest row, by the shop's own calendar; None where none ever came."""
    if feed.newest_at is None:
        return None
    offset = evidence.night.utc_offset
    return rounded(business_hours(feed.newest_at + offset, evidence.night.cutoff + offset))


def _verdict(check: Check, hours: float | None, limits: Mapping[str, float]) -> CheckVerdict:
    if hours is None:
        return CheckVerdict.HOLD
    return verdict_of_bound(hours, direction=check.direction, pass_at=limits["pass"], hold_at=limits["hold"])
