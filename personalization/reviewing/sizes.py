"""A size against the same size on earlier nights: the change in words, and whether it is an alarm. Pure."""

from collections.abc import Mapping
from datetime import date, timedelta
from statistics import mean, median

from personalization.review.desk import Change

SPANS = (7, 28)
# Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993: a modified z-score over 3.5 is an outlier. It is
# 0.6745 times the distance from the median, in median absolute deviations.
OUTLIER_SCORE, _NORMAL = 3.5, 0.6745
MINIMUM_NIGHTS = 7  # our choice: fewer say little of what is usual
MINIMUM_SHARE, MINIMUM_PEOPLE = 0.25, 30  # our choice: smaller jumps are no alarm, however steady the nights were
FEW_NIGHTS_FACTOR = 2  # our choice: with few nights, double or half of the last one


def changes(size: int, earlier: Mapping[date, int], *, night: date) -> tuple[Change, ...]:
    """Return tonight's size against last night, and the mean of the last 7 and 28, as far as nights are kept."""
    found = []
    last = night - timedelta(days=1)
    if last in earlier:
        found.append(_change("last night", size, earlier[last]))
    for days in SPANS:
        sizes = [of for when, of in earlier.items() if night - timedelta(days=days) <= when < night]
        if len(sizes) > 1:
            found.append(_change(f"the mean of {len(sizes)} of the last {days} nights", size, round(mean(sizes))))
    return tuple(found)


def alarm(size: int, earlier: Mapping[date, int], *, night: date) -> str:
    """Return why a size is out of the ordinary, in a sentence, or nothing.

    With seven nights or more of the last 28 it is an outlier among them (modified z-score over 3.5) and at least a
    quarter and 30 messages away from their median; with fewer it is double or half of the newest one and 30 away.
    """
    known = {when: of for when, of in earlier.items() if night - timedelta(days=max(SPANS)) <= when < night}
    if not known:
        return ""
    if len(known) < MINIMUM_NIGHTS:
        last = known[max(known)]
        is_far = size >= FEW_NIGHTS_FACTOR * last or size * FEW_NIGHTS_FACTOR <= last
        usual, compared = last, f"the night of {max(known)}"
    else:
        usual, compared = round(median(known.values())), f"the usual of {len(known)} nights"
        deviation = median(abs(of - usual) for of in known.values())
        is_far = _NORMAL * abs(size - usual) > OUTLIER_SCORE * deviation and abs(size - usual) >= MINIMUM_SHARE * usual
    if not is_far or abs(size - usual) < MINIMUM_PEOPLE:
        return ""
    more = "more" if size > usual else "fewer"
    return (
        f"{size:,} messages tonight, {abs(size - usual):,} {more} than {compared} ({usual:,}). Look before you approve."
    )


def _change(against: str, size: int, before: int) -> Change:
    if before == size:
        difference = "the same"
    elif before == 0:
        difference = f"{size:,} more"
    else:
        difference = f"{size - before:+,} ({(size - before) / before:+.0%})".replace("-", "\N{MINUS SIGN}")
    return Change(against=against, size=f"{before:,}", difference=difference)
