"""Onboarding: how to get the best from what has arrived, by the type of product."""

from personalization.content.drafts.brief import CATALOGUE, COMMON, Brief, Case, Choice, Draft, Reason, day
from personalization.content.shelf import Shelf
from personalization.content.wording import day_text

FALLBACK_TYPE = "unknown"  # the neutral words, for a type that has no template of its own


def _onboarding(case: Case, shelf: Shelf) -> Draft | str:
    facts = case.facts
    item = shelf.item(str(facts.get("sku")), locale=case.tongue.locale)
    if isinstance(item, str):
        return item
    if not facts.get("delivered_on"):
        return "no_delivery_date"
    delivered_on = day_text(day(facts["delivered_on"]), locale=case.tongue.locale)
    product_type = str(facts.get("product_type") or FALLBACK_TYPE)
    own = () if product_type == FALLBACK_TYPE else ("facts.product_type",)
    return Draft(
        variant=product_type,
        chosen=(Choice(block="steps", chosen=product_type, facts=own),),
        items=(({**item, "price": None}, Reason(key="delivered", values={"delivered_on": delivered_on})),),
        slots={"delivered_on": delivered_on},
    )


BRIEF = Brief(
    slots={**COMMON, "delivered_on": "text"},
    fields=(*CATALOGUE, "facts.sku", "facts.product_type", "facts.delivered_on"),
    reasons={"delivered": frozenset({"delivered_on"})},
    own_facts={"delivered": ("facts.sku", "facts.delivered_on")},
    variants=(FALLBACK_TYPE,),
    draft=_onboarding,
)
