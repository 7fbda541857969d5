"""Claim follow-up: whether a claim that the shop closed is settled for the customer too."""

from personalization.content.drafts.brief import NO_GOODS, PERSON, Brief, Case, Draft, day_or_none
from personalization.content.inert import display_title
from personalization.content.shelf import Shelf


def _claim_follow_up(case: Case, _: Shelf) -> Draft | str:
    told = {name: day_or_none(case, name) for name in ("ordered_on", "resolved_on")}
    if not all(told.values()):
        return "no_order_date"
    name = display_title(str(case.facts.get("order_name") or "")) or None
    return Draft(variant="resolved", items=(), slots={**told, "order_name": name})


BRIEF = Brief(
    slots={**NO_GOODS, "ordered_on": "text", "resolved_on": "text", "order_name": "text?"},
    fields=(*PERSON, "facts.ordered_on", "facts.order_name", "facts.resolved_on"),
    variants=("resolved",),
    draft=_claim_follow_up,
)
