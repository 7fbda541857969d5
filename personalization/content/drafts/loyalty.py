"""Loyalty: points that expire, and round numbers of orders."""

from personalization.content.drafts.brief import NO_GOODS, PERSON, Brief, Case, Draft, day_or_none
from personalization.content.shelf import Shelf
from personalization.content.wording import number_text

FEWEST_POINTS = 2  # nobody wants to be reminded of one point, nor to read of "1 points"


def _loyalty(case: Case, shelf: Shelf) -> Draft | str:
    facts = case.facts
    is_milestone = facts.get("occasion") == "milestone"
    points, expire_on = facts.get("points"), day_or_none(case, "points_expire_on")
    if is_milestone and not facts.get("orders_reached"):
        return "no_reason"
    if not is_milestone and not (points and points >= FEWEST_POINTS and expire_on):
        return "no_reason"
    slots = {
        "points": number_text(points, locale=case.tongue.locale) if points and not is_milestone else None,
        "expire_on": expire_on,
        "orders": str(facts["orders_reached"]) if is_milestone else None,
        "button_url": shelf.site_url,
    }
    return Draft(variant="milestone" if is_milestone else "points", items=(), slots=slots)


BRIEF = Brief(
    slots={**NO_GOODS, "button_url": "url", "points": "text?", "expire_on": "text?", "orders": "text?"},
    fields=(*PERSON, "facts.occasion", "facts.points", "facts.points_expire_on", "facts.orders_reached"),
    variants=("points", "milestone"),
    draft=_loyalty,
)
