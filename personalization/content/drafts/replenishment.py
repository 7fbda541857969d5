"""Replenishment: what is about to run out, and by whose rhythm."""

from collections.abc import Mapping
from typing import Any

from personalization.content.drafts.brief import (
    CATALOGUE,
    FEWEST_PURCHASES,
    MOST_ITEMS,
    SHOPPING,
    Brief,
    Case,
    Choice,
    Draft,
    Reason,
    day,
)
from personalization.content.shelf import Shelf
from personalization.content.wording import ago_text, span_text

REGULAR_PURCHASES = 5  # our choice: who bought it so often needs no explanation and sees the product first
_OBSERVED = ("personal", "product", "category")
_RHYTHM = frozenset({"interval"})


def _replenishment(case: Case, shelf: Shelf) -> Draft | str:
    found = [
        (shelf.offer(str(facts.get("sku")), locale=case.tongue.locale), _rhythm(facts, case)) for facts in _due(case)
    ]
    items = tuple((item, reason) for item, reason in found if not isinstance(item, str) and reason is not None)
    if not items:
        problem = found[0][0]
        return problem if isinstance(problem, str) else "no_reason"
    is_regular_buyer = int(case.facts.get("purchases") or 0) >= REGULAR_PURCHASES
    order = "products_first" if is_regular_buyer else "words_first"
    return Draft(
        variant="one" if len(items) == 1 else "several",
        items=items,
        slots={"products_first": is_regular_buyer},
        lines={
            "opening": Reason(key=_time_of_need(case), values={}),
            "closing": Reason(key="regular" if is_regular_buyer else "neutral", values={}),
        },
        chosen=(Choice(block="order", chosen=order, facts=("facts.purchases",) if is_regular_buyer else ()),),
        left_out=len(found) - len(items),
    )


def _time_of_need(case: Case) -> str:
    """Return whether the person's own usual gap is over, nearly over, or not known."""
    facts = case.facts
    if facts.get("basis") != "personal" or not is_regular(facts) or not facts.get("last_bought_on"):
        return "neutral"
    return "due" if (case.sent_on - day(facts["last_bought_on"])).days >= facts["usual_gap_days"] else "early"


def _due(case: Case) -> list[Mapping[str, Any]]:
    """Return the facts of the reminder and of those merged into it, in the order in which the decision names them."""
    if not case.merged:
        return [case.facts]
    named = [one.get("sku") for one in case.facts.get("also") or []]
    merged = sorted(case.merged, key=lambda one: named.index(one.get("sku")) if one.get("sku") in named else len(named))
    return [case.facts, *merged][:MOST_ITEMS]


def _rhythm(facts: Mapping[str, Any], case: Case) -> Reason | None:
    """Return why a product may be needed again, in figures that were observed or that the shop wrote down itself.

    interval_days, the model's plan, is never told as what somebody does; on the authored basis it is no model but the
    shop's days of supply for the units last bought.
    """
    locale, basis = case.tongue.locale, facts.get("basis")
    if basis == "authored":
        supply = facts.get("interval_days")
        return None if supply is None else Reason(key=basis, values={"interval": span_text(supply, locale=locale)})
    if basis not in _OBSERVED:
        return None
    values = {}
    if basis == "personal":
        if not facts.get("last_bought_on"):
            return None
        values["days_ago"] = ago_text((case.sent_on - day(facts["last_bought_on"])).days, locale=locale)
    if is_regular(facts):
        return Reason(key=basis, values={**values, "interval": span_text(facts["usual_gap_days"], locale=locale)})
    if basis == "personal":
        if int(facts.get("purchases") or 0) < FEWEST_PURCHASES:
            return None
        values["purchases"] = str(facts["purchases"])
    return Reason(key=f"{basis}_irregular", values=values)


def is_regular(facts: Mapping[str, Any]) -> bool:
    """Return whether the observed gaps are alike enough for "usually" to be true of their median.

    Our choice: the middle half of the gaps, from the 25 % to the 75 % bound, is not wider than the median.
    """
    usual, low, high = (facts.get(name) for name in ("usual_gap_days", "gap_low_days", "gap_high_days"))
    return usual is not None and low is not None and high is not None and high - low <= usual


BRIEF = Brief(
    slots={**SHOPPING, "opening": "text", "closing": "text", "products_first": "flag"},
    fields=(
        *CATALOGUE,
        "products.price_cents",
        "facts.sku",
        "facts.basis",
        "facts.purchases",
        "facts.last_bought_on",
        "facts.usual_gap_days",
        "facts.gap_low_days",
        "facts.gap_high_days",
        "facts.interval_days",
    ),
    reasons={
        "personal": _RHYTHM | {"days_ago"},
        "personal_irregular": frozenset({"days_ago", "purchases"}),
        "product": _RHYTHM,
        "product_irregular": frozenset(),
        "category": _RHYTHM,
        "category_irregular": frozenset(),
        "authored": _RHYTHM,
    },
    lines=dict.fromkeys(
        ("opening.due", "opening.early", "opening.neutral", "closing.regular", "closing.neutral"), frozenset()
    ),
    own_facts={
        "personal": ("facts.last_bought_on", "facts.usual_gap_days"),
        "personal_irregular": ("facts.last_bought_on", "facts.purchases"),
        "opening.due": ("facts.last_bought_on", "facts.usual_gap_days"),
        "opening.early": ("facts.last_bought_on", "facts.usual_gap_days"),
        "closing.regular": ("facts.purchases",),
    },
    variants=("one", "several"),
    draft=_replenishment,
)
