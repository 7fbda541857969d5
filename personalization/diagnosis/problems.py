"""The six problems: what each one is, whose it is, what to do about it (R15), and what will prove it mended (R46)."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One problem that a shop can have after the checkout.

    first is how the headline begins; counted says what one event is; answer is the one line of the decision map, action
    the first thing to do. proof names the check that shows whether it worked. holds_programs tells that marketing waits
    while it leaks.
    """

    name: str
    title: str
    first: str
    counted: str
    needs: tuple[str, ...]
    formula: str
    owner: str
    stage: str
    answer: str
    action: str
    proof: str
    holds_programs: bool = True


PROBLEMS: Mapping[str, Problem] = {
    "tracking": Problem(
        name="tracking",
        title="Customers ask where their order is",
        first="Tracking first",
        counted="tickets that ask where an order is",
        needs=("tickets",),
        formula="tickets × cost of a ticket + refunds because of the delivery",
        owner="logistics",
        stage="in_transit",
        answer="Tracking first: a tracking page, notices when a parcel is late, and self-service for its status.",
        action="Tell customers where the parcel is before they ask: a notice for every late or stalled parcel, with "
        "the next step and a date, the same on tracking page, mail and macros.",
        proof="readiness check wismo_per_100_orders passes",
    ),
    "returns": Problem(
        name="returns",
        title="Refunds eat the margin",
        first="Returns first",
        counted="returns",
        needs=("returns",),
        formula="margin of refunded goods + processing of every return",
        owner="returns owner",
        stage="return_exchange",
        answer="Returns design: reasons asked for, exchange offered before refund, one policy that is enforced.",
        action="Redesign the return: ask the reason, offer the exchange or credit first, and mend the products whose "
        "reasons repeat.",
        proof="readiness check refund_share passes",
    ),
    "claims": Problem(
        name="claims",
        title="Claims and damage take money and hours",
        first="Claims first",
        counted="claims for damage, warranty or protection",
        needs=("claims",),
        formula="what claims paid + hours to decide them and to answer",
        owner="claims owner",
        stage="issue_resolution",
        answer="Claims: one form, rules that decide the clear cases, and a date by which every claim is answered.",
        action="Write down who decides which claim by when, ask for all evidence in one form, and pass packing damage "
        "on to whoever packs.",
        proof="this diagnosis, claims per 100 orders",
    ),
    "support": Problem(
        name="support",
        title="The same questions come again and again",
        first="Self-service first",
        counted="repeated or avoidable tickets, other than those about parcels and claims",
        needs=("tickets",),
        formula="repeated tickets × handle time × cost of an hour",
        owner="support lead",
        stage="return_exchange",
        answer="Self-service: let customers see return, exchange and refund status, and answer once.",
        action="Put the answers to the most repeated questions where they are asked: status of return and refund on a "
        "page, and one macro that closes the question.",
        proof="this diagnosis, repeated tickets per 100 orders",
    ),
    "retention": Problem(
        name="retention",
        title="Too few buyers order again",
        first="Repeat purchase first",
        counted="first-time buyers who would have ordered again at the target",
        needs=("orders",),
        formula="(target share that orders again less the actual share) × first-time buyers × margin of an order",
        owner="retention",
        stage="reorder_reactivation",
        answer="Post-delivery by product type: usage and refills, styling and care, or onboarding before any offer.",
        action="Write the post-delivery message of the product type where most buyers are lost.",
        proof="this diagnosis, buyers who order again within a year",
        holds_programs=False,
    ),
    "trust": Problem(
        name="trust",
        title="Customers take their money back through the bank",
        first="Trust first",
        counted="chargebacks",
        needs=("chargebacks",),
        formula="value of the orders + the bank's fee for each chargeback",
        owner="operations lead",
        stage="issue_resolution",
        answer="Clearer delivery, service and resolution: say what was sent when, be easy to reach, refund soon.",
        action="Answer before the bank does: show on every notice how to reach you, and settle not-received and "
        "refund cases within days.",
        proof="this diagnosis, chargebacks per 100 orders",
    ),
}

# R18: what answers weak repeat purchase, by what the buyers bought.
BY_PRODUCT_TYPE: Mapping[str, str] = {
    "consumable": "Consumables: how to use it, then a reminder when it runs out.",
    "fashion": "Fashion: styling, care, and a follow-up after an exchange.",
    "considered": "Considered goods: onboarding and confidence first; no upsell before it.",
    "durable": "Durable goods: care and use first, then what goes with them.",
}
NEUTRAL = "Products of unknown type: neutral education only, until the type is known."
