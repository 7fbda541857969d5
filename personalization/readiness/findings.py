"""Judges one night: what each check says of each carrier and of the shop as a whole. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from personalization.readiness import words
from personalization.readiness.checks import Check, Unit
from personalization.readiness.evidence import Count, NightEvidence
from personalization.readiness.verdict import Judgement, rounded, verdict_of
from personalization.records import CheckVerdict

SHOP = "shop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a check found in one scope: the counted value, its interval, what is enough, the verdict and the reason."""

    scope: str
    verdict: CheckVerdict
    reason: str
    value: float | None = None
    numerator: int | None = None
    denominator: int | None = None
    low: float | None = None
    high: float | None = None
    threshold: float | None = None


def carrier_scope(carrier: str) -> str:
    """Return the scope of a carrier's orders, such as ``carrier:royal-mail``."""
    return f"carrier:{carrier}"


def carrier_rates(check: Check, evidence: NightEvidence, limits: Mapping[str, float]) -> dict[str, Finding]:
    """Return what a counted check says of each carrier that is in use."""
    return {
        carrier: replace(rate(check, [count], limits), scope=carrier_scope(carrier))
        for count in evidence.counts[check.name]
        for carrier in sorted(count.carriers)
    }


def shop_rate(check: Check, evidence: NightEvidence, limits: Mapping[str, float], held: frozenset[str]) -> Finding:
    """Return what a counted check says of the shop without the carriers in *held*, which are held by themselves."""
    counts = evidence.counts[check.name]
    whole = rate(check, counts, limits)
    if whole.verdict is CheckVerdict.INSUFFICIENT or is_mostly_held(counts, held):
        return overruled(whole, counts, held)
    return overruled(rate(check, [count for count in counts if not count.carriers & held], limits), counts, held)


def overruled(found: Finding, counts: Sequence[Count], held: frozenset[str]) -> Finding:
    """Return *found* with the held carriers named; the shop holds where they bring more than half of the whole."""
    apart = [count for count in counts if count.carriers & held and count.denominator]
    if not apart or found.verdict is CheckVerdict.INSUFFICIENT:
        return found
    scopes = sorted({carrier_scope(carrier) for count in apart for carrier in count.carriers & held})
    if not is_mostly_held(counts, held):
        return replace(found, reason=f"{found.reason} {words.counted_without(scopes)}")
    theirs, everything = (sum(count.denominator for count in part) for part in (apart, counts))
    reason = words.mostly_held(scopes, theirs=theirs, everything=everything)
    return replace(found, verdict=CheckVerdict.HOLD, reason=f"{reason} {found.reason}")


def is_mostly_held(counts: Sequence[Count], held: frozenset[str]) -> bool:
    """Return whether the carriers in *held* bring more than half of what is counted."""
    theirs = sum(count.denominator for count in counts if count.carriers & held)
    return 2 * theirs > sum(count.denominator for count in counts)


def rate(check: Check, counts: Sequence[Count], limits: Mapping[str, float]) -> Finding:
    """Return what a counted check says of *counts* together, as a finding of the shop."""
    numerator = sum(count.numerator for count in counts)
    denominator = sum(count.denominator for count in counts)
    usual = _usual(check, counts, limits)
    scale = 1.0 if usual is None else usual
    pass_at, hold_at = rounded(limits["pass"] * scale), rounded(limits["hold"] * scale)
    judged = verdict_of(
        numerator=numerator,
        denominator=denominator,
        direction=check.direction,
        pass_at=pass_at,
        hold_at=hold_at,
        per=100 if check.unit is Unit.PER_100 else 1,
        minimum=check.minimum_observations,
    )
    if check.unit is Unit.TIMES_BASELINE and usual is None:
        unknown = Judgement(value=judged.value, low=judged.low, high=judged.high, verdict=CheckVerdict.INSUFFICIENT)
        return _finding(unknown, numerator, denominator, threshold=None, reason=words.no_baseline(check))
    reason = words.rate(check, judged, counted=(numerator, denominator), limits=(pass_at, hold_at), usual=usual)
    return _finding(judged, numerator, denominator, threshold=pass_at, reason=reason)


def _usual(check: Check, counts: Sequence[Count], limits: Mapping[str, float]) -> float | None:
    """Return the shop's own baseline, None where the check has none or too little was counted for one."""
    before = sum(count.baseline_denominator for count in counts)
    if check.unit is not Unit.TIMES_BASELINE or before < check.minimum_observations:
        return None
    return max(sum(count.baseline_numerator for count in counts) / before, limits["baseline_at_least"])


def _finding(judged: Judgement, numerator: int, denominator: int, *, threshold: float | None, reason: str) -> Finding:
    return Finding(
        scope=SHOP,
        verdict=judged.verdict,
        reason=reason,
        value=judged.value,
        numerator=numerator,
        denominator=denominator,
        low=judged.low,
        high=judged.high,
        threshold=threshold,
    )
