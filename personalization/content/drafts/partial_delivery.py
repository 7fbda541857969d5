"""Partial delivery: what has arrived, and where the rest is."""

from personalization.content.drafts.brief import Brief, Case, Draft, day_or_none
from personalization.content.drafts.orders import ORDER_FIELDS, ORDER_SLOTS, OWN_FACTS, PIECES, about_order
from personalization.content.shelf import Shelf


def _partial_delivery(case: Case, shelf: Shelf) -> Draft | str:
    arrived_on = day_or_none(case, "delivered_on")
    if not arrived_on:
        return "no_delivery_date"
    return about_order(
        case, shelf, variant=str(case.facts.get("rest")), slots={"arrived_on": arrived_on}, is_in_parts=True
    )


BRIEF = Brief(
    slots={**ORDER_SLOTS, "arrived_on": "text"},
    fields=(*ORDER_FIELDS, "facts.rest", "facts.delivered_on"),
    reasons={"arrived": PIECES, "missing": PIECES},
    own_facts=OWN_FACTS,
    variants=("on_its_way", "not_shipped"),
    draft=_partial_delivery,
)
