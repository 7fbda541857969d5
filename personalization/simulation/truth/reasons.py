"""Why a customer must be left alone: the words of ``truth/left_alone.parquet``, each with its SQL file in ``sql/``.

The rules are this package's own reading of right and wrong, taken from what the shop owes its customers and not from
the rules that choose audiences, which are judged against it.
"""

REASONS = {
    # The person: permission, and whom a profile stands for.
    "no_consent": "no yes to marketing by email stands: never asked, unknown, pending, refused or withdrawn",
    "soft_opt_in": "bought and did not object, which covers similar products only",
    "suppressed": "the address stands on the suppression list",
    "said_stop": "clicked on unsubscribe in a message, or complained about it",
    "address_failed": "mail to the address came back for good",
    "do_not_contact": "a note says not to write, such as after a death",
    "shared_address": "somebody else with the same address said no",
    "merged_away": "the profile was merged into another one of the same person",
    "b2b": "the customer is a business",
    "too_many_messages": "the contact budget over all tools is used up",
    # The order and its parcels.
    "order_under_way": "the order has not arrived",
    "bought_again": "the product was ordered again and is on its way",
    "onboarding_first": "considered goods have just been bought: confidence before more sales",
    "parcel_late": "the promised day is over",
    "parcel_stalled": "the parcel stands still",
    "parcel_lost": "the parcel is lost, whether the carrier says so or not",
    "delivered_not_received": "the carrier says delivered, and the customer has nothing",
    "attempt_failed": "the carrier could not hand the parcel over",
    "returned_to_sender": "the parcel went back to the shop",
    "partial_delivery": "a part of the order is missing",
    "carrier_blind": "the carrier's feed is silent while the parcel is with it",
    "address_changed": "the address was changed after the order",
    "cancelled_after_shipping": "the order is cancelled and its parcel still travels",
    # What kind of purchase it was.
    "pre_order": "the goods are not released",
    "cancelled": "the order or the line was cancelled",
    "unpaid": "the payment was voided or ran out",
    "refunded": "the order was paid back whole",
    "test_order": "nobody bought anything",
    "b2b_order": "the order was for a firm",
    "gift": "somebody else has the goods",
    "subscription": "the product comes by itself",
    "no_parcel": "nothing to unpack and nothing that runs out",
    "discontinued": "the product is not made any more",
    # What is being mended.
    "ticket_open": "a question of the customer is not solved",
    "ticket_settling": "a complaint was solved a moment ago",
    "agent_intervened": "a person of the shop has the matter in hand",
    "return_open": "a return is not settled",
    "exchange_in_flight": "an exchange is under way",
    "exchange_unavailable": "the size asked for in exchange is gone",
    "claim_open": "a claim is not decided",
    "chargeback": "the customer had the bank take the money back",
    # What is known of a thing and a person.
    "line_returned": "sent it back",
    "wrong_size": "it did not fit",
    "allergy": "it made them ill",
}

# These belong to the one profile or its address; all others follow a person into the profile that it is merged into.
OF_THE_PROFILE = (
    *("no_consent", "soft_opt_in", "suppressed", "said_stop", "address_failed", "shared_address", "merged_away", "b2b"),
)
# Whoever gets marketing in spite of one of these takes it ill (ResponseParameters says how ill): the purchase is in
# trouble or being mended, or the person had said no.
UNWELCOME = (
    *("parcel_late", "parcel_stalled", "parcel_lost", "delivered_not_received", "attempt_failed", "returned_to_sender"),
    *("partial_delivery", "cancelled_after_shipping", "ticket_open", "agent_intervened", "return_open"),
    *("exchange_in_flight", "exchange_unavailable", "claim_open", "chargeback", "do_not_contact"),
    *("no_consent", "suppressed", "said_stop", "shared_address"),
)
