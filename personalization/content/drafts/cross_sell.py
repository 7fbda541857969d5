"""Cross-sell: what others with purchases like these chose besides."""

from collections.abc import Mapping
from typing import Any

from personalization.content.drafts.brief import CATALOGUE, MOST_ITEMS, SHOPPING, Brief, Case, Draft, Reason
from personalization.content.inert import SHORT_TITLE_LENGTH, display_title, shorten
from personalization.content.shelf import Shelf

_PAIR = frozenset({"because_title", "support"})


def _cross_sell(case: Case, shelf: Shelf) -> Draft | str:
    wanted = case.facts.get("items") or []
    found = [(shelf.offer(str(one.get("sku")), locale=case.tongue.locale), _pair(one)) for one in wanted[:MOST_ITEMS]]
    items = [(item, reason) for item, reason in found if not isinstance(item, str)]
    if not items:
        problem = found[0][0] if found else "no_items"
        return problem if isinstance(problem, str) else "no_items"
    # The heading of "pairs" speaks of what was bought: an item that follows from a purchase has to lead.
    items.sort(key=lambda pair: pair[1].key == "popularity")
    because = items[0][1].values.get("because_title")
    slots = {"because_title": because, "short_because": shorten(because, length=SHORT_TITLE_LENGTH)} if because else {}
    return Draft(
        variant="pairs" if because else "popular", items=tuple(items), slots=slots, left_out=len(found) - len(items)
    )


def _pair(facts: Mapping[str, Any]) -> Reason:
    support = int(facts.get("support") or 0)
    because = display_title(str(facts.get("because_title") or ""))
    if not because or support < 1:
        return Reason(key="popularity", values={})
    key = "co_purchase_one" if support == 1 else "co_purchase"
    return Reason(key=key, values={"because_title": because, "support": str(support)})


BRIEF = Brief(
    slots={**SHOPPING, "because_title": "text", "short_because": "text"},
    fields=(
        *CATALOGUE,
        "products.price_cents",
        "facts.items.sku",
        "facts.items.because_title",
        "facts.items.support",
    ),
    reasons={"co_purchase": _PAIR, "co_purchase_one": _PAIR, "popularity": frozenset()},
    own_facts=dict.fromkeys(("co_purchase", "co_purchase_one"), ("facts.items.because_title",)),
    variants=("pairs", "popular"),
    draft=_cross_sell,
)
