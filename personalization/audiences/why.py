"""Why a subject is in the night's decisions, in one sentence for each program that a support agent can read out."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from personalization.audiences.fields import (
    CLAIM_FOLLOW_UP,
    CROSS_SELL,
    DELAY_NOTICE,
    EXCHANGE_FOLLOW_UP,
    LOYALTY,
    NOT_RECEIVED_HELP,
    ONBOARDING,
    PARTIAL_DELIVERY,
    REPLENISHMENT,
    WIN_BACK,
)

BASIS_WORDS = {
    "personal": "their own rhythm",
    "product": "how often others buy the item again",
    "category": "how often things of its category are bought again",
    "authored": "the days of supply that the shop wrote down",
}
_DELAYS = {
    "late": "was promised for {promised_on} and has not arrived",
    "stuck": "is stuck",
    "not_shipped": "has not left yet",
}
_Facts = Mapping[str, Any]
_Titles = Mapping[str, str]


def why(row: Mapping[str, Any], titles: _Titles) -> str:
    """Return what a decision was based on; *titles* are by sku, its facts a mapping."""
    return _WHY[row["program"]](row["facts"], titles)


def _onboarding(facts: _Facts, titles: _Titles) -> str:
    return f"{name_of(facts['sku'], titles)} arrived on {facts['delivered_on']}, {ago(facts['days_since_delivery'])}"


def _replenishment(facts: _Facts, titles: _Titles) -> str:
    also = [name_of(item["sku"], titles) for item in facts["also"]]
    return (
        f"{name_of(facts['sku'], titles)}, bought {times(facts['purchases'])}, last on {facts['last_bought_on']}, "
        f"is expected to run out on {facts['due_on']} (from {facts['due_on_early']} to {facts['due_on_late']}) "
        f"by {BASIS_WORDS.get(facts['basis'], facts['basis'])}; chance to buy it within 14 days "
        f"{facts['buy_probability']:.0%}{'; named with it: ' + ', '.join(also) if also else ''}"
    )


def _cross_sell(facts: _Facts, titles: _Titles) -> str:
    items = ", ".join(_suggestion(item, titles) for item in facts["items"]) or "nothing"
    return f"order {facts['anchor_order_id']} arrived in full on {facts['delivered_on']}; to suggest: {items}"


def _suggestion(item: _Facts, titles: _Titles) -> str:
    name = name_of(item["sku"], titles)
    if not item["because_sku"]:
        return name
    return f"{name}, since {count(item['support'], 'customer')} bought it with {name_of(item['because_sku'], titles)}"


def _win_back(facts: _Facts, titles: _Titles) -> str:
    whose = "they usually order" if facts["gap_basis"] == "personal" else "customers usually order again"
    items = ", ".join(f"{name_of(one['sku'], titles)}, bought {times(one['purchases'])}" for one in facts["items"])
    return (
        f"their newest order, {facts['order_id']}, arrived on {facts['delivered_on']}, "
        f"{ago(facts['days_since_delivery'])}, and {whose} after {count(facts['usual_gap_days'], 'day')}; "
        f"to remind of: {items or 'nothing'}"
    )


def _loyalty(facts: _Facts, _: _Titles) -> str:
    if facts["occasion"] == "milestone":
        return f"their {facts['orders_reached']}th order, {facts['order_id']}, arrived on {facts['delivered_on']}"
    return f"{count(facts['points'], 'point')} of theirs expire on {facts['points_expire_on']}"


def _exchange(facts: _Facts, titles: _Titles) -> str:
    name = name_of(facts["sku"], titles)
    return f"{name} came on {facts['delivered_on']} in exchange for a part of order {facts['order_id']}"


def _claim(facts: _Facts, _: _Titles) -> str:
    kind = facts["claim_type"].replace("_", " ")
    return f"their claim ({kind}) about order {facts['order_id']} was resolved on {facts['resolved_on']}"


def _delay(facts: _Facts, _: _Titles) -> str:
    news = f"; the carrier last reported on {facts['last_news_on']}" if facts["last_news_on"] else ""
    return f"order {facts['order_id']} of {facts['ordered_on']} {_DELAYS[facts['delay']].format_map(facts)}{news}"


def _partial(facts: _Facts, titles: _Titles) -> str:
    missing = ", ".join(name_of(item["sku"], titles) for item in facts["items"] if not item["is_delivered"])
    return f"order {facts['order_id']} arrived in part on {facts['delivered_on']}; missing: {missing or 'nothing'}"


def _not_received(facts: _Facts, _: _Titles) -> str:
    marked = f", which the carrier says it delivered on {facts['delivered_on']}" if facts["delivered_on"] else ""
    return f"on {facts['claimed_on']} they said that order {facts['order_id']} never came{marked}"


_WHY: Mapping[str, Callable[[_Facts, _Titles], str]] = {
    ONBOARDING: _onboarding,
    REPLENISHMENT: _replenishment,
    CROSS_SELL: _cross_sell,
    WIN_BACK: _win_back,
    LOYALTY: _loyalty,
    EXCHANGE_FOLLOW_UP: _exchange,
    CLAIM_FOLLOW_UP: _claim,
    DELAY_NOTICE: _delay,
    PARTIAL_DELIVERY: _partial,
    NOT_RECEIVED_HELP: _not_received,
}


def titles_in(decided: Iterable[_Facts]) -> dict[str, str]:
    """Return sku → title, of every item that decisions were based on."""
    titles: dict[str, str] = {}
    for facts in decided:
        for item in [facts, *facts.get("items", []), *facts.get("also", [])]:
            if item.get("title"):
                titles[item["sku"]] = item["title"]
            if item.get("because_title"):
                titles[item["because_sku"]] = item["because_title"]
    return titles


def name_of(sku: str, titles: _Titles) -> str:
    """Return an item by its title and sku, the sku alone where nothing tells its title."""
    return f"{titles[sku]} ({sku})" if sku in titles else sku


def ago(days: int) -> str:
    """Return how many days before the night something was."""
    return "that very day" if days == 0 else f"{count(days, 'day')} before"


def times(count: int) -> str:
    """Return how often something happened."""
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def count(number: int, word: str) -> str:
    """Return a number with its word in the plural where there are several."""
    return f"{number} {word}{'' if number == 1 else 's'}"
