"""Judges one night: what each check says of the shop as a whole, and of single carriers, regions and categories. Pure.

A bad carrier, region or category is held by itself, and the shop is counted without it. A carrier has to show that it
can be relied on; a region or a category is one slice of many, of which some look bad by chance, so it is held only when
it is bad beyond doubt (docs/adr/0011-who-is-to-blame.md).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from personalization.readiness import words
from personalization.readiness.checks import Check, Direction, Measure, Unit
from personalization.readiness.evidence import Count, NightEvidence
from personalization.readiness.verdict import (
    OPEN,
    Judgement,
    interval_of,
    quantile_verdict_of,
    rounded,
    verdict_of,
    verdict_of_bound,
)
from personalization.records import CheckVerdict

SHOP = "shop"
_IDS = 5  # so many examples are kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a check found in one scope: the counted value, its interval, what is enough, the verdict and the reason.

    ids names a few of the orders, parcels, tickets … that went wrong.
    """

    scope: str
    verdict: CheckVerdict
    reason: str
    value: float | None = None
    numerator: int | None = None
    denominator: int | None = None
    low: float | None = None
    high: float | None = None
    threshold: float | None = None
    ids: tuple[str, ...] = ()


def carrier_scope(carrier: str) -> str:
    """Return the scope of a carrier's orders, such as ``carrier:royal-mail``."""
    return f"carrier:{carrier}"


def is_slice(check: Check, scope: str) -> bool:
    """Return whether a scope is one slice of many for this check, which counts with the shop until it is blamed."""
    kind = scope.split(":", 1)[0]
    return kind in check.scopes and kind not in check.must_show


def scope_findings(check: Check, evidence: NightEvidence, limits: Mapping[str, float]) -> dict[str, Finding]:
    """Return what a counted check says of each carrier, region and category that can fail it by itself."""
    counts = evidence.counts[check.name]
    blamed = culprits(check, counts, limits)
    by_scope = _by_scope(check, counts)
    found: dict[str, Finding] = {}
    for scope in sorted(by_scope):
        others = frozenset(blamed[: blamed.index(scope)] if scope in blamed else blamed)
        own = [count for count in by_scope[scope] if not count.scopes & others]
        is_excused = is_slice(check, scope) and scope not in blamed
        if is_excused and sum(count.denominator for count in own) < check.minimum_observations:
            continue  # too few to stand alone: they count with the shop
        found[scope] = replace(judge(check, own, limits, is_excused=is_excused), scope=scope)
    return found


def culprits(check: Check, counts: Sequence[Count], limits: Mapping[str, float]) -> tuple[str, ...]:
    """Return the scopes that are bad beyond doubt, the one that explains most first, each counted without those before.

    So a region in which every carrier fails is blamed instead of the carriers, and a carrier that fails everywhere
    instead of its regions.
    """
    left, blamed = list(counts), list[str]()
    while True:
        excess = {
            scope: _excess(check, of_scope, limits)
            for scope, of_scope in _by_scope(check, left).items()
            if not is_slice(check, scope) or sum(count.denominator for count in of_scope) >= check.minimum_observations
        }
        worst = max(excess, key=lambda scope: (excess[scope], scope), default=None)
        if worst is None or excess[worst] <= 0:
            return tuple(blamed)
        blamed.append(worst)
        left = [count for count in left if worst not in count.scopes]


def shop_rate(check: Check, evidence: NightEvidence, limits: Mapping[str, float], held: frozenset[str]) -> Finding:
    """Return what a counted check says of the shop without the scopes in *held*, which are held by themselves.

    Where too few are left to show what the whole shop shows, and they are not bad beyond doubt, the whole counts.
    """
    counts = evidence.counts[check.name]
    whole = judge(check, counts, limits)
    apart = sorted({scope for count in counts if count.denominator for scope in count.scopes & held})
    if whole.verdict is CheckVerdict.INSUFFICIENT or not apart:
        return whole
    left = [count for count in counts if not count.scopes & held]
    rest = judge(check, left, limits)
    if whole.verdict in OPEN and rest.verdict not in OPEN and _excess(check, left, limits) <= 0:
        return replace(whole, reason=f"{whole.reason} {words.too_few_without(apart)}")
    return replace(rest, reason=f"{rest.reason} {words.counted_without(apart)}")


def shop_faults(check: Check, evidence: NightEvidence, limits: Mapping[str, float], held: frozenset[str]) -> Finding:
    """Return whether the rules and texts that *check* reads are without a fault."""
    del held
    faults = evidence.faults[check.name]
    verdict = verdict_of_bound(
        len(faults.found), direction=check.direction, pass_at=limits["pass"], hold_at=limits["hold"]
    )
    return Finding(
        scope=SHOP,
        verdict=verdict if faults.checked else CheckVerdict.INSUFFICIENT,
        reason=words.faults(check, faults.checked, faults.found),
        value=float(len(faults.found)) if faults.checked else None,
        numerator=len(faults.found),
        denominator=faults.checked,
        threshold=limits["pass"],
    )


def judge(check: Check, counts: Sequence[Count], limits: Mapping[str, float], *, is_excused: bool = False) -> Finding:
    """Return what a counted check says of *counts* together, as a finding of the shop.

    *is_excused*: they are a slice that is not bad beyond doubt, so a poor figure is a warning and no more.
    """
    denominator = sum(count.denominator for count in counts)
    usual = _usual(check, counts, limits)
    pass_at, hold_at = _thresholds(usual, limits)
    if check.measure is Measure.QUANTILE:
        numerator = sum(count.denominator for count in counts if count.amount > pass_at)
        judged = quantile_verdict_of(
            [(count.amount, count.denominator) for count in counts],
            quantile=check.quantile,
            pass_at=pass_at,
            hold_at=hold_at,
            minimum=check.minimum_observations,
        )
    else:
        numerator = sum(count.numerator for count in counts)
        judged = verdict_of(
            numerator=numerator,
            denominator=denominator,
            direction=check.direction,
            pass_at=pass_at,
            hold_at=hold_at,
            per=100 if check.unit is Unit.PER_100 else 1,
            minimum=check.minimum_observations,
            bound=check.decides,
        )
    if is_excused and judged.value is not None:
        own = verdict_of_bound(judged.value, direction=check.direction, pass_at=pass_at, hold_at=pass_at)
        excused = CheckVerdict.PASS if own is CheckVerdict.PASS else CheckVerdict.WARN
        judged = replace(judged, verdict=excused)
    if check.unit is Unit.TIMES_BASELINE and usual is None:
        judged = Judgement(value=judged.value, low=judged.low, high=judged.high, verdict=CheckVerdict.INSUFFICIENT)
        reason, threshold = words.no_baseline(check), None
    else:
        counted = (numerator, denominator)
        reason = words.rate(
            check,
            judged,
            counted=counted,
            limits=(pass_at, hold_at),
            usual=words.usual(check, usual, at_least=limits.get("baseline_at_least")),
            is_excused=is_excused,
        )
        threshold = pass_at
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
        ids=tuple(sorted({name for count in counts for name in count.ids}))[:_IDS],
    )


def _by_scope(check: Check, counts: Iterable[Count]) -> dict[str, list[Count]]:
    found: dict[str, list[Count]] = defaultdict(list)
    for count in counts:
        for scope in count.scopes:
            if scope.split(":", 1)[0] in check.scopes:
                found[scope].append(count)
    return found


def _excess(check: Check, counts: Sequence[Count], limits: Mapping[str, float]) -> float:
    """Return how many more went wrong than may, 0 where that may be chance (95 %, two-sided)."""
    denominator = sum(count.denominator for count in counts)
    usual = _usual(check, counts, limits)
    if not denominator or (check.unit is Unit.TIMES_BASELINE and usual is None):
        return 0.0
    if usual is not None:  # what is usual is itself only known so well
        before = sum(count.baseline_denominator for count in counts)
        usual = max(usual, interval_of(sum(count.baseline_numerator for count in counts), before)[1])
    _, hold_at = _thresholds(usual, limits)
    numerator = sum(count.numerator for count in counts)
    if check.measure is Measure.QUANTILE:
        wrong = sum(count.denominator for count in counts if count.amount > hold_at)
        allowed = 1 - check.quantile
    elif check.direction is Direction.HIGHER_IS_BETTER:
        wrong, allowed = denominator - numerator, 1 - hold_at
    else:
        wrong, allowed = numerator, hold_at / 100 if check.unit is Unit.PER_100 else hold_at
    return wrong - allowed * denominator if interval_of(wrong, denominator)[0] > allowed else 0.0


def _thresholds(usual: float | None, limits: Mapping[str, float]) -> tuple[float, float]:
    scale = 1.0 if usual is None else usual
    return rounded(limits["pass"] * scale), rounded(limits["hold"] * scale)


def _usual(check: Check, counts: Sequence[Count], limits: Mapping[str, float]) -> float | None:
    """Return the shop's own baseline, None where the check has none or too little was counted for one."""
    before = sum(count.baseline_denominator for count in counts)
    if check.unit is not Unit.TIMES_BASELINE or before < check.minimum_observations:
        return None
    return max(sum(count.baseline_numerator for count in counts) / before, limits.get("baseline_at_least", 0.0))
