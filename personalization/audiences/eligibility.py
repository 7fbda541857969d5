"""Eligibility: may this person be written to about this, at all and now.

Each rule is one SQL file, ``warehouse/sql/audiences/rule_<name>.sql``. It selects the people, or the subjects, that it
objects to; its code is the rule's name unless the file has a column ``code``. What a code means stands in ``reasons``.
"""

from datetime import date, datetime
from typing import Any

import pyarrow as pa

from personalization.audiences.reasons import REASONS, STEPS
from personalization.journey.states import SETTLED_DAYS
from personalization.warehouse import Warehouse
from personalization.warehouse.duck import read_statement

COOL_DOWN_DAYS = 3  # our choice: a resolved ticket is still fresh in mind over a weekend
STALLED_DAYS = 5  # T3: 3 business days, at most 5 with a weekend

# What the rules read, in this order.
_PREPARED = (
    "audiences/audience_tickets",
    "audiences/unsettled_parcels",
    "audiences/open_claims",
    "audiences/open_returns",
    "audiences/message_reactions",
)
RULES = (
    "unknown_customer",
    "no_address",
    "unknown_product",
    "unknown_purchase",
    "no_items",
    "address_suppressed",
    "do_not_contact",
    "complained",
    "hard_bounced",
    "consent",
    "consent_missing",
    "consent_soft_opt_in",
    "consent_not_counted",
    "unsubscribed_in_message",
    "merged_away",
    "business_customer",
    "ticket_open",
    "ticket_just_resolved",
    "not_received",
    "parcel_open",
    "parcel_returned_to_sender",
    "partial_delivery",
    "order_under_way",
    "not_arrived",
    "return_open",
    "exchange_open",
    "claim_open",
    "chargeback",
    "order_cancelled",
    "order_test",
    "line_returned",
    "made_ill",
    "order_refunded",
    "gift",
    "subscription",
    "bought_again",
    "onboarding_first",
    "already_sent",
    "program_held",
    "scope_held",
    "budget",
    "program_rest",
    "support_at_work",
    "told_already",
    "feed_silent",
    "other_notice",  # last, for it asks what is left of the others
)
# Rules that a service message must pass too. The others are about marketing, and no parcel waits for a consent.
OF_SERVICE = frozenset(
    {
        "unknown_customer",
        "no_address",
        "address_suppressed",
        "do_not_contact",
        "complained",
        "hard_bounced",
        "merged_away",
        "order_cancelled",
        "order_test",
        "order_refunded",
        "already_sent",
        "support_at_work",
        "told_already",
        "other_notice",
        "feed_silent",
    }
)


def build_objections(warehouse: Warehouse, *, run_date: date, cutoff: datetime, parameters: dict[str, Any]) -> None:
    """Build ``objections``: one row for each considered subject and reason against it, and ``reason_words``.

    Needs ``considered`` and what it was built from. parameters are the limits of the contact budget and the name under
    which the global holdout is kept.
    """
    parameters = {
        **parameters,
        "run_date": run_date,
        "cutoff": cutoff,
        "cool_down_days": COOL_DOWN_DAYS,
        "stalled_days": STALLED_DAYS,
        "settled_days": SETTLED_DAYS,
    }
    warehouse.load_arrow("reason_words", _reason_words())
    for name in _PREPARED:
        warehouse.build(name, **parameters)
    warehouse.connection.execute(
        "CREATE OR REPLACE TABLE objections (program VARCHAR, customer_id VARCHAR, subject VARCHAR, code VARCHAR)"
    )
    for rule in RULES:
        _apply(warehouse, rule, parameters)


def _apply(warehouse: Warehouse, rule: str, parameters: dict[str, Any]) -> None:
    """Add what *rule* objects to; a rule about people objects to all of their subjects."""
    statement = read_statement(f"audiences/rule_{rule}")
    names = {name for name, _ in statement.columns}
    code = "r.code" if "code" in names else f"'{rule}'"
    match = "c.customer_id = r.customer_id"
    if "subject" in names:
        match += " AND c.program = r.program AND c.subject = r.subject"
    if rule not in OF_SERVICE:
        match += " AND NOT c.is_service"
    used = {name: parameters[name] for name in sorted(statement.parameters)}
    warehouse.connection.execute(
        f"INSERT INTO objections SELECT c.program, c.customer_id, c.subject, {code} "
        f"FROM considered AS c INNER JOIN ({statement.typed}) AS r ON {match}",
        used or None,
    )


def _reason_words() -> pa.Table:
    """Return each reason's word with its verdict and the two places that order it."""
    return pa.table(
        {
            "word": list(REASONS),
            "verdict": [str(reason.verdict) for reason in REASONS.values()],
            "step": [STEPS.index(reason.verdict) for reason in REASONS.values()],
            "place": list(range(len(REASONS))),
        }
    )
