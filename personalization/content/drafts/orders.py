"""What the messages about an order that went wrong share: what the order holds, and the one next step."""

from collections.abc import Mapping
from typing import Any

from personalization.content.drafts.brief import CATALOGUE, MOST_ITEMS, Case, Choice, Draft, Reason, day, day_or_none
from personalization.content.inert import display_title
from personalization.content.promise import arrival_days
from personalization.content.shelf import Shelf
from personalization.content.wording import day_text

# Such a message cannot be unsubscribed from, so it carries no link for that.
ORDER_SLOTS = {
    "first_name": "text?",
    "items": "items",
    "more": "text?",
    "order_name": "text?",
    "ordered_on": "text",
    "only_day": "text?",
    "earliest": "text?",
    "latest": "text?",
    "next_step": "text",
    "button_url": "url",
    "support_url": "url",
}
ORDER_FIELDS = (
    *CATALOGUE,
    "facts.order_name",
    "facts.ordered_on",
    "facts.items",
    "facts.state",
    "facts.page",
    "facts.earliest_on",
    "facts.latest_on",
)
PIECES = frozenset({"qty"})
OWN_FACTS = dict.fromkeys(("ordered", "arrived", "missing"), ("facts.items",))


def about_order(
    case: Case, shelf: Shelf, *, variant: str, slots: Mapping[str, str | None], is_in_parts: bool
) -> Draft | str:
    """Return what a message about an order that went wrong says: what it holds, and the one next step.

    It is needed even where the catalogue does not know the goods: then it names the order alone. is_in_parts says
    whether to tell what has arrived from what is missing.
    """
    facts, locale = case.facts, case.tongue.locale
    step = shelf.guide.step(str(facts.get("state")), language=case.tongue.language)
    if step is None:
        return "no_next_step"
    if not facts.get("ordered_on"):
        return "no_order_date"
    wanted = facts.get("items") or []
    keys = ("arrived", "missing") if is_in_parts else ("ordered", "ordered")
    found = [(shelf.item(str(one.get("sku")), locale=locale), _piece(one, keys)) for one in wanted]
    known = [({**item, "price": None}, reason) for item, reason in found if not isinstance(item, str)]
    shown = tuple(known[:MOST_ITEMS])
    more = len(wanted) - len(shown)
    return Draft(
        variant=variant,
        items=shown,
        slots={
            "more": str(more) if more and shown else None,
            "order_name": display_title(str(facts.get("order_name") or "")) or None,
            "ordered_on": day_or_none(case, "ordered_on"),
            **_arrival(case),
            "next_step": step,
            "button_url": shelf.guide.url(facts.get("page")),
            **slots,
        },
        chosen=(Choice(block="next step", chosen=str(facts.get("state")), facts=("facts.state",)),),
        left_out=len(wanted) - len(known),
    )


def _arrival(case: Case) -> dict[str, str | None]:
    first, last = (day(str(found)) if found else None for found in map(case.facts.get, ("earliest_on", "latest_on")))
    days = arrival_days(first, last, sent_on=case.sent_on)
    return {slot: day_text(one, locale=case.tongue.locale) if one else None for slot, one in days.items()}


def _piece(item: Mapping[str, Any], keys: tuple[str, str]) -> Reason:
    """Return how a line is told: the first key for one that has arrived, the second for one that has not."""
    return Reason(key=keys[0 if item.get("is_delivered") else 1], values={"qty": str(item.get("qty") or 1)})
