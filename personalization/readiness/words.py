"""The sentences in which a readiness check gives its reason: plain English, with figures. Pure."""

from collections.abc import Sequence

from personalization.readiness.checks import Bound, Check, Direction, Unit
from personalization.readiness.verdict import CLEAN_NIGHTS, Judgement
from personalization.records import CheckVerdict

_FAULTS_TOLD = 3  # a longer list is in the diagnosis


def rate(
    check: Check,
    judged: Judgement,
    *,
    counted: tuple[int, int],
    limits: tuple[float, float],
    usual: str | None,
    is_excused: bool = False,
) -> str:
    """Return why a counted check has its verdict; *counted* is numerator and denominator, *limits* pass and hold.

    *usual* is the shop's own baseline in words. *is_excused*: of a slice whose poor figure may be chance.
    """
    numerator, denominator = counted
    what = check.counted.format(days=check.window_days)
    if judged.verdict is CheckVerdict.INSUFFICIENT or judged.value is None:
        return f"There are {denominator:,} {what}; {check.minimum_observations:,} are needed to say anything."
    found = check.found.format(
        value=figure(check, judged.value),
        share="half" if check.quantile == 0.5 else f"{100 * check.quantile:g} %",
        n=f"{denominator:,}",
        k=f"{numerator:,}",
        counted=what,
        usual=usual or "",
    )
    found = found[0].upper() + found[1:]
    is_higher_better = check.direction is Direction.HIGHER_IS_BETTER
    is_low = is_higher_better is (check.decides is Bound.WORSE)
    bound = figure(check, (judged.low if is_low else judged.high) or 0.0)
    pass_at, hold_at = (figure(check, limit) for limit in limits)
    if is_excused:
        may_be = "" if judged.verdict is CheckVerdict.PASS else "; that may be chance, so it is only a warning"
        return f"{found}{may_be}."
    if judged.verdict is CheckVerdict.PASS:
        return f"{found}; {pass_at} {'is enough' if is_higher_better else 'is still fine'}."
    worst = f"so few can hide {bound}" if _is_good(check, judged.value, limits[0]) else f"it may be {bound}"
    if check.decides is Bound.BETTER:
        worst = f"at best it is {bound}"
    under = "under" if is_higher_better else "over"
    if judged.verdict is CheckVerdict.WARN:
        return f"{found}; {worst}, {under} the {pass_at} that {'is enough' if is_higher_better else 'is fine'}."
    return f"{found}; {worst}, and {under} {hold_at} holds."


def _is_good(check: Check, value: float, pass_at: float) -> bool:
    return value >= pass_at if check.direction is Direction.HIGHER_IS_BETTER else value <= pass_at


def usual(check: Check, share: float | None, *, at_least: float | None) -> str | None:
    """Return the shop's own baseline in words; *at_least* is the share that it counts as where it is lower."""
    if share is None:
        return None
    return f"{figure(check, share)} or less" if share == at_least else figure(check, share)


def figure(check: Check, value: float) -> str:
    """Return *value* as a reader expects it: a percentage, a number per 100, hours or days."""
    if check.unit in (Unit.HOURS, Unit.DAYS):
        number = f"{value:.1f}".removesuffix(".0")
        return f"{number} {str(check.unit).removesuffix('s') if number == '1' else check.unit}"
    return f"{value:.1f} per 100" if check.unit is Unit.PER_100 else f"{100 * value:.1f} %"


def faults(check: Check, checked: int, found: Sequence[str]) -> str:
    """Return what is wrong with the rules and texts that a check reads, or that nothing is."""
    what = check.counted.format(days=check.window_days)
    if not checked:
        return f"There are no {what}, so nothing can be said."
    if not found:
        return f"{what.capitalize()} read: {checked:,}; nothing is wrong."
    told = " ".join(found[:_FAULTS_TOLD])
    more = len(found) - _FAULTS_TOLD
    return f"{told} And {more:,} more." if more > 0 else told


def no_baseline(check: Check) -> str:
    """Return that the shop's own past is too short to compare with."""
    return (
        f"Of the 90 days before, fewer than {check.minimum_observations} orders are known, "
        "so there is nothing usual to compare with."
    )


def missing_tables(names: Sequence[str]) -> str:
    """Return that the data folder lacks tables."""
    return f"The data folder has no {_listed(names)}, so nothing can be said."


def empty_tables(names: Sequence[str]) -> str:
    """Return that tables are there, but without rows."""
    return f"Nothing has ever come in of {_listed(names)}, so nothing can be said."


def feeds_alive(names: Sequence[str], *, hours: float | None) -> str:
    """Return that all sources are as loud as usual."""
    return f"{_listed(names).capitalize()} come in as usual; the longest silence is {_hours(hours)}."


def source_silence(name: str, *, hours: float | None, hold_at: float, enough: float, verdict: CheckVerdict) -> str:
    """Return how long nothing has come of a source table."""
    told = f"The newest of {_spoken(name)} came {_hours(hours)} ago"
    if verdict is CheckVerdict.PASS:
        return f"{told}." if hours is not None and hours <= enough else f"{told}, which is not unusual for so few."
    return f"{told}, and {_over(enough, hold_at, verdict)}."


def carrier_silence(name: str, *, hours: float | None, under_way: int, hold_at: float, verdict: CheckVerdict) -> str:
    """Return how long no scan of a carrier has come in, with how many parcels on the way."""
    if not under_way:
        return f"{name} has no parcel on the way."
    if hours is None:
        return f"No scan of {name} has ever come in, with {under_way:,} parcels on the way."
    told = f"The newest scan of {name} came {_hours(hours)} ago, with {under_way:,} parcels on the way"
    return f"{told}." if verdict is CheckVerdict.PASS else f"{told}; {_over(hold_at, hold_at, verdict)}."


def counted_without(scopes: Sequence[str]) -> str:
    """Return which carriers, regions or categories are left out of the shop's figure."""
    return f"Counted without {_listed(scopes)}, which {'is' if len(scopes) == 1 else 'are'} held by {_own(scopes)}."


def too_few_without(scopes: Sequence[str]) -> str:
    """Return that the whole shop counts, for without what is held too few are left."""
    return f"Without {_listed(scopes)}, held by {_own(scopes)}, too few are left to show it."


def still_closed(clean_nights: int) -> str:
    """Return that a gate which was closed lately has not been clean for long enough."""
    return f"A gate opens after {CLEAN_NIGHTS} clean nights in a row; this is number {clean_nights}."


def counts_with_the_shop() -> str:
    """Return that a region or category is too small tonight to be judged by itself."""
    return "It is too small tonight to be judged by itself, and counts with the shop."


def _over(enough: float, hold_at: float, verdict: CheckVerdict) -> str:
    return f"over {enough:g} hours is late" if verdict is CheckVerdict.WARN else f"over {hold_at:g} hours holds"


def _own(scopes: Sequence[str]) -> str:
    return "itself" if len(scopes) == 1 else "themselves"


def _hours(hours: float | None) -> str:
    if hours is None:
        return "endless"
    if hours < 1:
        return "less than an hour"
    return f"{hours:,.0f} hour{'' if round(hours) == 1 else 's'} (without weekends)"


def _spoken(name: str) -> str:
    return name.replace("_", " ")


def _listed(names: Sequence[str]) -> str:
    spoken = [_spoken(name) if ":" not in name else name for name in names]
    return spoken[0] if len(spoken) == 1 else f"{', '.join(spoken[:-1])} and {spoken[-1]}"
