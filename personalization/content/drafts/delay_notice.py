"""Delay notice: an order that is late, stuck, or has not left in time."""

from personalization.content.drafts.brief import Brief, Case, Draft, day_or_none
from personalization.content.drafts.orders import ORDER_FIELDS, ORDER_SLOTS, OWN_FACTS, PIECES, about_order
from personalization.content.shelf import Shelf


def _delay_notice(case: Case, shelf: Shelf) -> Draft | str:
    delay = str(case.facts.get("delay"))
    told = {name: day_or_none(case, name) for name in ("promised_on", "last_news_on")}
    if delay == "late" and not told["promised_on"]:
        return "no_delivery_date"
    is_in_parts = any(one.get("is_delivered") for one in case.facts.get("items") or [])
    return about_order(case, shelf, variant=delay, slots=told, is_in_parts=is_in_parts)


BRIEF = Brief(
    slots={**ORDER_SLOTS, "promised_on": "text?", "last_news_on": "text?"},
    fields=(*ORDER_FIELDS, "facts.delay", "facts.promised_on", "facts.last_news_on"),
    reasons={"ordered": PIECES, "arrived": PIECES, "missing": PIECES},
    own_facts=OWN_FACTS,
    variants=("late", "stuck", "not_shipped"),
    draft=_delay_notice,
)
