"""Win-back: what somebody came back for, after a silence that is long by their own rhythm."""

from collections.abc import Mapping
from typing import Any

from personalization.content.drafts.brief import (
    CATALOGUE,
    FEWEST_PURCHASES,
    MOST_ITEMS,
    SHOPPING,
    Brief,
    Case,
    Draft,
    Reason,
    day,
)
from personalization.content.shelf import Shelf
from personalization.content.wording import long_ago_text


def _win_back(case: Case, shelf: Shelf) -> Draft | str:
    facts, locale = case.facts, case.tongue.locale
    if not facts.get("delivered_on"):
        return "no_delivery_date"
    wanted = facts.get("items") or []
    found = [(shelf.offer(str(one.get("sku")), locale=locale), _favourite(one, case)) for one in wanted[:MOST_ITEMS]]
    items = tuple((item, reason) for item, reason in found if not isinstance(item, str))
    if not items:
        problem = found[0][0] if found else "no_items"
        return problem if isinstance(problem, str) else "no_items"
    arrived_ago = long_ago_text((case.sent_on - day(str(facts["delivered_on"]))).days, locale=locale)
    has_favourite = any(reason.key == "favourite" for _, reason in items)
    opening = Reason(key="came_back" if has_favourite else "once", values={"arrived_ago": arrived_ago})
    return Draft(
        variant="favourites",
        items=items,
        slots={"arrived_ago": arrived_ago},
        lines={"opening": opening},
        left_out=len(found) - len(items),
    )


def _favourite(item: Mapping[str, Any], case: Case) -> Reason:
    purchases = int(item.get("purchases") or 0)
    if purchases >= FEWEST_PURCHASES:
        return Reason(key="favourite", values={"purchases": str(purchases)})
    days = (case.sent_on - day(str(item["last_bought_on"]))).days
    return Reason(key="bought_once", values={"days_ago": long_ago_text(days, locale=case.tongue.locale)})


BRIEF = Brief(
    slots={**SHOPPING, "opening": "text", "arrived_ago": "text"},
    fields=(
        *CATALOGUE,
        "products.price_cents",
        "facts.items.sku",
        "facts.items.purchases",
        "facts.items.last_bought_on",
        "facts.delivered_on",
    ),
    reasons={"favourite": frozenset({"purchases"}), "bought_once": frozenset({"days_ago"})},
    lines=dict.fromkeys(("opening.came_back", "opening.once"), frozenset({"arrived_ago"})),
    own_facts={
        "favourite": ("facts.items.purchases",),
        "bought_once": ("facts.items.last_bought_on",),
        "opening.came_back": ("facts.items.purchases", "facts.delivered_on"),
        "opening.once": ("facts.items.purchases", "facts.delivered_on"),
    },
    variants=("favourites",),
    draft=_win_back,
)
