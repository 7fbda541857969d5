"""Why someone is left out: each reason code with its verdict, a sentence to read out, and what releases it.

The order of this table is the order in which reasons decide: the first that applies gives the verdict, and every one
that applies stays in the decision's list.
"""

from dataclasses import dataclass

from personalization.records import DecisionVerdict as Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A verdict, a sentence about the customer that a support agent can read out, and the release condition."""

    verdict: Verdict
    says: str
    released: str


def _reason(verdict: Verdict, says: str, released: str) -> Reason:
    return Reason(verdict=verdict, says=says, released=released)


_NEWER = "a newer 'subscribed' for marketing by email"

REASONS: dict[str, Reason] = {
    # nothing to go by
    "unknown_customer": _reason(
        Verdict.NO_DATA, "the shop's customer data does not know them", "the customer is in the data"
    ),
    "no_address": _reason(Verdict.NO_DATA, "there is no email address for them", "an address is on file"),
    "unknown_product": _reason(Verdict.NO_DATA, "the catalogue does not know the item", "the item is in the catalogue"),
    "unknown_purchase": _reason(
        Verdict.NO_DATA, "the purchase it rests on is not in the data", "the purchase is in the data"
    ),
    "no_items": _reason(
        Verdict.NO_DATA, "there is nothing well supported to suggest", "an item to suggest is in stock"
    ),
    "content": _reason(
        Verdict.NO_DATA, "their message could not be written truthfully", "the catalogue or the template is mended"
    ),
    "feed_silent": _reason(
        Verdict.NO_DATA,
        "the feed that would tell of their parcel is silent itself",
        "the feed of the carrier, or of the shop's shipments, brings news again",
    ),
    # must not be written to
    "address_suppressed": _reason(
        Verdict.SUPPRESSED, "their address is on the suppression list", "the address leaves the suppression list"
    ),
    "do_not_contact": _reason(
        Verdict.SUPPRESSED, "they are marked as not to be contacted", "the shop takes the mark away"
    ),
    "complained": _reason(
        Verdict.SUPPRESSED, "they reported an earlier message as spam", "never, whatever they sign up for later"
    ),
    "hard_bounced": _reason(Verdict.SUPPRESSED, "their mailbox refused an earlier message for good", _NEWER),
    # did not agree
    "consent_unsubscribed": _reason(Verdict.NO_CONSENT, "they unsubscribed from marketing by email", _NEWER),
    "unsubscribed_in_message": _reason(Verdict.NO_CONSENT, "they unsubscribed through a message", _NEWER),
    "consent_suppressed": _reason(Verdict.NO_CONSENT, "their consent is recorded as suppressed", _NEWER),
    "consent_never": _reason(Verdict.NO_CONSENT, "they never agreed to marketing by email", _NEWER),
    "consent_pending": _reason(Verdict.NO_CONSENT, "they have not confirmed their subscription yet", "they confirm it"),
    "consent_unknown": _reason(Verdict.NO_CONSENT, "it is unknown whether they agreed, and unknown means no", _NEWER),
    "consent_missing": _reason(Verdict.NO_CONSENT, "nothing says that they agreed to marketing by email", _NEWER),
    "consent_soft_opt_in": _reason(
        Verdict.NO_CONSENT,
        "they only gave their address in a sale, and none of the suggestions is like what they bought",
        "they subscribe, or an item of a category they bought is suggested",
    ),
    "consent_not_counted": _reason(
        Verdict.NO_CONSENT,
        "the kind of consent they gave does not count in their country by the shop's own rules",
        "they subscribe, or [consent] in shop.toml is changed",
    ),
    # not now, or not about this
    "merged_away": _reason(
        Verdict.EXCEPTION, "this account was merged into another one", "never; the other one counts"
    ),
    "business_customer": _reason(Verdict.EXCEPTION, "they are a business customer", "the mark is taken away"),
    "ticket_open": _reason(Verdict.EXCEPTION, "they have an open support ticket", "the ticket is resolved, and 3 days"),
    "ticket_just_resolved": _reason(
        Verdict.EXCEPTION, "their support ticket was resolved only just now", "3 days after the ticket was resolved"
    ),
    "not_received": _reason(
        Verdict.EXCEPTION, "they say that a parcel never arrived, and that is not settled", "the claim is resolved"
    ),
    "parcel_in_trouble": _reason(
        Verdict.EXCEPTION,
        "a parcel of theirs is late, damaged, stuck or lost",
        "it arrives, a claim for it is settled, or 90 days without news",
    ),
    "parcel_stalled": _reason(
        Verdict.EXCEPTION,
        "the carrier has not mentioned a parcel of theirs for days",
        "it arrives, or a claim is settled",
    ),
    "parcel_returned_to_sender": _reason(
        Verdict.EXCEPTION, "a parcel of theirs went back to the shop", "it is refunded, or 60 days"
    ),
    "partial_delivery": _reason(
        Verdict.EXCEPTION,
        "a part of an order of theirs is still missing",
        "the rest arrives, it is made good, or 90 days",
    ),
    "parcel_under_way": _reason(Verdict.EXCEPTION, "a parcel is still on its way to them", "the parcel arrives"),
    "order_under_way": _reason(
        Verdict.EXCEPTION, "an order of theirs has not left yet", "the order has arrived, or 90 days"
    ),
    "not_arrived": _reason(
        Verdict.EXCEPTION, "their last purchase of it has not arrived", "it arrives, or the item is bought again"
    ),
    "return_open": _reason(Verdict.EXCEPTION, "they have an open return", "the return is closed"),
    "exchange_open": _reason(Verdict.EXCEPTION, "they have an open exchange", "the exchange is closed"),
    "claim_open": _reason(Verdict.EXCEPTION, "they have an open claim", "the claim is resolved"),
    "chargeback": _reason(Verdict.EXCEPTION, "they disputed a charge", "180 days after the dispute was opened"),
    "order_cancelled": _reason(Verdict.EXCEPTION, "the order was cancelled", "never for this order"),
    "order_test": _reason(Verdict.EXCEPTION, "the order was a test", "never for this order"),
    "line_returned": _reason(Verdict.EXCEPTION, "the goods were sent back", "never for this purchase"),
    "made_ill": _reason(Verdict.EXCEPTION, "the item did not agree with them", "never for this item"),
    "line_refunded": _reason(Verdict.EXCEPTION, "the goods were paid back", "never for this purchase"),
    "order_refunded": _reason(
        Verdict.EXCEPTION, "the order was paid back whole, or in part for something unknown", "never for this order"
    ),
    "gift": _reason(Verdict.EXCEPTION, "the order was a gift for somebody else", "never for this order"),
    "subscription": _reason(
        Verdict.EXCEPTION, "the item comes to them by subscription", "never; nothing tells when it ends"
    ),
    "bought_again": _reason(Verdict.EXCEPTION, "they have bought again since", "never for this purchase"),
    "onboarding_first": _reason(
        Verdict.EXCEPTION,
        "they were not yet helped to settle in with a purchase that needs it",
        "an onboarding message about that purchase was sent",
    ),
    "already_sent": _reason(Verdict.EXCEPTION, "this very message was sent to them before", "never for this subject"),
    "support_at_work": _reason(
        Verdict.EXCEPTION,
        "people of the shop are dealing with that order already",
        "the ticket, claim or return is closed",
    ),
    "told_already": _reason(
        Verdict.EXCEPTION, "another message told them about that order since it happened", "never for this occasion"
    ),
    "other_notice": _reason(
        Verdict.EXCEPTION, "another notice says better what is wrong with the order", "that one no longer applies"
    ),
    # the shop is not ready
    "readiness": _reason(
        Verdict.HOLD, "the shop is not dependable enough for it tonight", "the check passes on enough nights in a row"
    ),
    # enough for now
    "capped_day": _reason(Verdict.CAPPED, "they had a marketing message within a day", "24 hours after that message"),
    "capped_7_days": _reason(
        Verdict.CAPPED, "they had enough marketing in 7 days", "the oldest of these is 7 days old"
    ),
    "capped_30_days": _reason(
        Verdict.CAPPED, "they had enough marketing in 30 days", "the oldest of these is 30 days old"
    ),
    "capped_all_messages": _reason(
        Verdict.CAPPED, "they had many messages of all kinds in 7 days", "fewer messages in the last 7 days"
    ),
    "program_rest": _reason(
        Verdict.CAPPED, "this program wrote to them not long ago", "the program's days of rest are over"
    ),
    # another message, or none, to measure
    "merged": _reason(Verdict.MERGED, "one message of the same program speaks for it as well", "the next occasion"),
    "merged_in_order": _reason(
        Verdict.MERGED,
        "another item of the same order is written about, and an order gets one message a night",
        "the days of rest after that message",
    ),
    "lost_arbitration": _reason(
        Verdict.LOST_ARBITRATION, "another message was worth more to them, and they get one a night", "the next night"
    ),
    "lost_to_same_address": _reason(
        Verdict.LOST_ARBITRATION,
        "the message goes to another account with the same address, and an address gets one a night",
        "the next night",
    ),
    "one_notice": _reason(
        Verdict.LOST_ARBITRATION,
        "they are told about another order tonight, and get one such message a night",
        "the next night",
    ),
    "holdout_global": _reason(
        Verdict.HOLDOUT, "they are among those who get no marketing, so that its effect can be measured", "never"
    ),
    "holdout_program": _reason(
        Verdict.HOLDOUT, "they are among those who do not get this program, so that its effect can be measured", "never"
    ),
}

# The order in which verdicts decide (docs: readiness stands after the person, so that a person's own reason is never
# hidden behind the shop's).
STEPS = (
    Verdict.NO_DATA,
    Verdict.SUPPRESSED,
    Verdict.NO_CONSENT,
    Verdict.EXCEPTION,
    Verdict.HOLD,
    Verdict.CAPPED,
    Verdict.MERGED,
    Verdict.LOST_ARBITRATION,
    Verdict.HOLDOUT,
)


def reason_of(code: str) -> Reason:
    """Return the reason behind a code such as ``ticket_open`` or ``readiness:on_time_share``."""
    return REASONS[code.split(":", 1)[0]]


def reason_reference() -> str:
    """Return ``docs/reasons.md``: every reason for which somebody is left out, in the order in which they decide."""
    lines = [
        "# Why somebody is left out",
        "",
        "Written from the code (`personalization/audiences/reasons.py`); a test fails when it is not current.",
        "The first reason that applies gives the verdict; every one that applies is kept in `decisions.parquet`, and",
        "`postlude explain CUSTOMER --run DIR` reads them out.",
    ]
    for step in STEPS:
        lines += ["", f"## {step}", "", "| code | because | until |", "|---|---|---|"]
        lines += [
            f"| `{code}` | {reason.says} | {reason.released} |"
            for code, reason in REASONS.items()
            if reason.verdict == step
        ]
    return "\n".join(lines) + "\n"
