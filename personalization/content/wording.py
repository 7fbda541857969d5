"""Dates, spans and prices in the customer's locale, each formatted once per distinct value."""

import math
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_skeleton, format_timedelta
from babel.numbers import format_currency, format_decimal, get_currency_precision

DAYS_COUNT_UNTIL = 60  # our choice: two months and more ago are told in months
_ONLY_DAYS = 10**9  # keeps spans in days; weeks and months would round a fact away


@dataclass(frozen=True, slots=True, kw_only=True)
class Tongue:
    """What one customer is written to in: the language of the copy, and the locale of dates and prices."""

    language: str
    locale: str


@lru_cache(maxsize=10_000)
def choose_tongue(raw: str | None, *, shop_locale: str, languages: frozenset[str]) -> Tongue:
    """Return the tongue for a customer's locale.

    Where there is no copy in the customer's language, or the locale is missing or unknown, the shop's locale serves;
    where there is none in the shop's either, English. Copy and formats never mix languages.
    """
    for wanted in (raw, shop_locale):
        locale = _parse(wanted)
        if locale is not None and locale.language in languages:
            return Tongue(language=locale.language, locale=str(locale))
    return Tongue(language="en", locale="en")


def _parse(raw: str | None) -> Locale | None:
    try:
        return Locale.parse((raw or "").strip().replace("-", "_")) if raw else None
    except (UnknownLocaleError, ValueError):
        return None


@lru_cache(maxsize=100_000)
def price_text(cents: int | None, *, currency: str, locale: str) -> str | None:
    """Return a price in minor units as text; None where it is missing or nought, for nought is no price."""
    if not cents:
        return None
    amount = Decimal(cents).scaleb(-get_currency_precision(currency))
    return format_currency(amount, currency, locale=locale)


@lru_cache(maxsize=100_000)
def number_text(number: int, *, locale: str) -> str:
    """Return a whole number, such as "1,250"."""
    return str(format_decimal(number, locale=locale))


@lru_cache(maxsize=100_000)
def day_text(day: date, *, locale: str) -> str:
    """Return a day without its year, such as "18 November"."""
    return format_skeleton("MMMMd", day, locale=locale)


@lru_cache(maxsize=100_000)
def span_text(days: float, *, locale: str) -> str:
    """Return a span in whole days, such as "31 days"; at least one."""
    whole = max(1, math.floor(days + 0.5))
    return format_timedelta(timedelta(days=whole), granularity="day", threshold=_ONLY_DAYS, locale=locale)


@lru_cache(maxsize=100_000)
def ago_text(days: int, *, locale: str) -> str:
    """Return how long ago something was, such as "29 days ago"."""
    span = timedelta(days=-max(1, days))
    return format_timedelta(span, granularity="day", threshold=_ONLY_DAYS, add_direction=True, locale=locale)


@lru_cache(maxsize=100_000)
def long_ago_text(days: int, *, locale: str) -> str:
    """Return how long ago something was, in whole months from DAYS_COUNT_UNTIL days on, such as "4 months ago"."""
    if days <= DAYS_COUNT_UNTIL:
        return ago_text(days, locale=locale)
    span = timedelta(days=-days)
    return format_timedelta(span, granularity="month", threshold=_ONLY_DAYS, add_direction=True, locale=locale)
