"""What may be said of days that have not come, and how surely: only as precise as the lane has earned it (R30).

The journey gives the days by which a tenth and nine tenths of at least 50 parcels of the same lanes had arrived in 60
days, or none. A single day is told where both are the same one; else both; where they lie far apart, nothing.
"""

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from personalization.content.lines import Line

WIDEST_WINDOW_DAYS = 14  # our choice: who hears "between the 1st and the 20th" has heard nothing
ARRIVAL_SLOTS = ("only_day", "earliest", "latest")

_MONTHS = (
    "january|february|march|april|may|june|july|august|september|october|november|december"
    "|januar|februar|märz|mai|juni|juli|oktober|dezember"
)
_DAYS = (
    "monday|tuesday|wednesday|thursday|friday|saturday|sunday|tomorrow|today|tonight"
    "|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|morgen|heute"
)
_DATE = (
    rf"\d{{1,2}}(?:st|nd|rd|th)?\.? ?(?:of )?(?:{_MONTHS})|\d{{1,2}}(?:st|nd|rd|th)"
    rf"|\d{{1,4}}[./-]\d{{1,2}}(?:[./-]\d{{1,4}})?|{_MONTHS}"
)
_COUNT = "\\d+|one|two|three|four|five|six|seven|ten|ein(?:em|er)?|zwei|drei|vier|fünf|sechs|sieben|zehn"
_SPAN = "(?:working |business )?(?:days?|hours?|weeks?)|(?:werk)?tage?n?|stunden?|wochen?"
_CERTAINTY = (
    "guarante\\w*|definitely|certainly|without fail|for sure|in any case|we promise|never late|always on time|risk-free"
    "|garantier\\w*|garantie|definitiv|bestimmt|mit sicherheit|auf jeden fall|wir versprechen|nie zu spät"
    "|immer pünktlich|ohne risiko|risikofrei"
)
_ARRIVAL = (
    "will (?:arrive|be delivered|reach you|be with you)|next-day|overnight"
    "|wird (?:\\w+ )?(?:ankommen|zugestellt|geliefert)"
)
_DISCOUNT = "discounts?|voucher|coupon|special offer|rabatt\\w*|gutschein\\w*|sonderangebot\\w*|\\d+ ?% (?:off|weniger)"
_FREE = "free (?:returns?|shipping|delivery)|kostenlos\\w*|gratis\\w*|versandkostenfrei"
_BY = rf"(?:by|until|bis|zum|spätestens)(?: the| am| den| zum)? (?:{_DATE}|{_DAYS})"
_WITHIN = rf"(?:within|innerhalb von|binnen|in spätestens) (?:{_COUNT}) (?:{_SPAN})"
_DENIED = re.compile(
    rf"\b({_CERTAINTY}|{_ARRIVAL}|{_DISCOUNT}|{_FREE}|{_BY}|{_WITHIN})\b", re.IGNORECASE
)  # discounts and what is free come only from a policy, which no template reads
_FIGURE = re.compile(rf"\d+ ?(?:%|€|£|\$|eur\b|gbp\b|(?:{_SPAN})\b)|[€£$] ?\d", re.IGNORECASE)
_HEDGE = re.compile(r"\b(?:most|usually|mostly|die meisten|meist|meistens|in der regel)\b", re.IGNORECASE)


def arrival_days(earliest: date | None, latest: date | None, *, sent_on: date) -> dict[str, date | None]:
    """Return the days that may be told, by ARRIVAL_SLOTS: one, both ends of a window, or none.

    None where the lane has not earned any, where the last of them is over when the message is sent, and where they lie
    more than WIDEST_WINDOW_DAYS apart.
    """
    if earliest is None or latest is None or latest < sent_on or (latest - earliest).days > WIDEST_WINDOW_DAYS:
        return dict.fromkeys(ARRIVAL_SLOTS)
    if earliest == latest:
        return {"only_day": latest, "earliest": None, "latest": None}
    return {"only_day": None, "earliest": earliest, "latest": latest}


@lru_cache(maxsize=100_000)
def denied_in(text: str) -> tuple[str, ...]:
    """Return the words of *text* that promise more than is known, lower-case, each once."""
    return tuple(sorted({match[0].lower() for match in _DENIED.finditer(text)}))


def copy_problems(lines: Mapping[str, Line]) -> list[tuple[str, str]]:
    """Return rule and detail of what the lines of a copy may not hold, by their keys.

    Days of arrival are told of most parcels and never of this one; figures with a unit come from facts, not from copy.
    """
    problems = []
    for key, line in lines.items():
        told = [slot for slot in ARRIVAL_SLOTS if slot in line.slots]
        words = line.pattern.replace("%%", "%")
        if told and not _HEDGE.search(words):
            problems.append(("promise", f"{key}: tells a day of arrival as certain; say it of most parcels"))
        if told not in ([], ["only_day"], ["earliest", "latest"]):
            problems.append(("promise", f"{key}: a window of arrival needs earliest and latest"))
        problems += [("denied_words", f"{key}: '{denied}' promises more than is known") for denied in denied_in(words)]
        problems += [
            ("figures", f"{key}: '{match[0]}' is a figure of nobody's facts; prices and days come from slots")
            for match in _FIGURE.finditer(words)
        ]
    return problems
