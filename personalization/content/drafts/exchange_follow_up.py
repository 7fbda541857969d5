"""Exchange follow-up: whether the replacement is right."""

from personalization.content.drafts.brief import CATALOGUE, COMMON, Brief, Case, Draft, Reason, day_or_none
from personalization.content.shelf import Shelf


def _exchange_follow_up(case: Case, shelf: Shelf) -> Draft | str:
    item = shelf.item(str(case.facts.get("sku")), locale=case.tongue.locale)
    if isinstance(item, str):
        return item
    delivered_on = day_or_none(case, "delivered_on")
    if not delivered_on:
        return "no_delivery_date"
    reason = Reason(key="delivered", values={"delivered_on": delivered_on})
    return Draft(variant="replaced", items=(({**item, "price": None}, reason),), slots={"delivered_on": delivered_on})


BRIEF = Brief(
    slots={**COMMON, "delivered_on": "text"},
    fields=(*CATALOGUE, "facts.sku", "facts.delivered_on"),
    reasons={"delivered": frozenset({"delivered_on"})},
    own_facts={"delivered": ("facts.sku", "facts.delivered_on")},
    variants=("replaced",),
    draft=_exchange_follow_up,
)
