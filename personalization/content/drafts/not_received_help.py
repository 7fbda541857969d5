"""Not-received help: a parcel that somebody says never came."""

from personalization.content.drafts.brief import Brief, Case, Draft, day_or_none
from personalization.content.drafts.orders import ORDER_FIELDS, ORDER_SLOTS, OWN_FACTS, PIECES, about_order
from personalization.content.shelf import Shelf


def _not_received_help(case: Case, shelf: Shelf) -> Draft | str:
    told = {name: day_or_none(case, name) for name in ("claimed_on", "delivered_on")}
    variant = "marked_delivered" if case.facts.get("is_marked_delivered") and told["delivered_on"] else "looking"
    return about_order(case, shelf, variant=variant, slots=told, is_in_parts=False)


BRIEF = Brief(
    slots={**ORDER_SLOTS, "claimed_on": "text", "delivered_on": "text?"},
    fields=(*ORDER_FIELDS, "facts.claimed_on", "facts.delivered_on", "facts.is_marked_delivered"),
    reasons={"ordered": PIECES},
    own_facts=OWN_FACTS,
    variants=("marked_delivered", "looking"),
    draft=_not_received_help,
)
