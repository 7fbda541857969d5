"""What else goes on in a whole simulated shop: returns, claims, mail, and each exception's share with its source.

T and R numbers are those of the thresholds. What has no source is our choice: rare enough to leave the shop healthy,
and frequent enough that a world of 2,000 customers and 400 days has each exception several times over.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Warehouse:
    """A place that parcels leave from, and the regions that it is the nearest to."""

    name: str
    regions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """How a kind of goods comes back: the share of delivered lines, and why (words of the contract with their shares).

    It is the kind of products of this product_type whose category contains one of words; without words, of all others.
    """

    name: str
    product_type: str
    words: tuple[str, ...]
    return_share: float
    reasons: tuple[tuple[str, float], ...]


# T4: apparel 25 to 40 %, electronics 8 to 15 %, home 5 to 10 %, beauty 5 to 12 %. The split by reason is our choice.
FASHION = Goods(
    name="fashion",
    product_type="fashion",
    words=(),
    return_share=0.28,
    reasons=(
        *(("size_fit", 0.52), ("changed_mind", 0.20), ("not_as_described", 0.12), ("wrong_item", 0.04)),
        *(("damaged", 0.03), ("defective", 0.03), ("late", 0.02), ("other", 0.03), ("unknown", 0.01)),
    ),
)
ELECTRONICS = Goods(
    name="electronics",
    product_type="considered",
    words=(),
    return_share=0.11,
    reasons=(
        *(("defective", 0.32), ("not_as_described", 0.22), ("changed_mind", 0.24), ("damaged", 0.10)),
        *(("wrong_item", 0.04), ("late", 0.03), ("other", 0.04), ("unknown", 0.01)),
    ),
)
BEAUTY = Goods(
    name="beauty",
    product_type="consumable",
    words=("beauty", "cosmetic", "skin", "hair", "cleanser", "moisturiser", "serum", "wipes"),
    return_share=0.05,
    reasons=(
        *(("allergy", 0.20), ("not_as_described", 0.22), ("damaged", 0.20), ("changed_mind", 0.20)),
        *(("wrong_item", 0.07), ("defective", 0.03), ("late", 0.03), ("other", 0.04), ("unknown", 0.01)),
    ),
)
SUPPLIES = Goods(
    name="supplies",
    product_type="consumable",
    words=(),
    return_share=0.04,
    reasons=(
        *(("damaged", 0.30), ("wrong_item", 0.15), ("not_as_described", 0.15), ("changed_mind", 0.20)),
        *(("allergy", 0.04), ("defective", 0.05), ("late", 0.04), ("other", 0.05), ("unknown", 0.02)),
    ),
)
HOME = Goods(
    name="home",
    product_type="durable",
    words=(),
    return_share=0.08,
    reasons=(
        *(("damaged", 0.24), ("not_as_described", 0.24), ("changed_mind", 0.30), ("wrong_item", 0.06)),
        *(("defective", 0.08), ("late", 0.03), ("other", 0.04), ("unknown", 0.01)),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """The rates of the operations of a whole shop. Shares are 0 to 1; tuples without a comment are quantiles."""

    # parcels
    warehouses: tuple[Warehouse, ...] = (
        Warehouse(name="coventry", regions=("midlands", "south-west", "wales", "london", "south-east")),
        Warehouse(name="leeds", regions=("north", "scotland", "northern-ireland")),
    )
    other_warehouse_share: float = 0.12  # of parcels that the other warehouse sends, because the nearer has none left
    far_day_share: float = 0.35  # of those, and of peak parcels, that need a working day more within the promise
    peak_days: tuple[int, int] = (325, 365)  # days of the year: the last weeks of November, and December
    peak_strain: float = 2.2  # T2: how much more often a parcel is late in the peak
    preorder_days: tuple[float, ...] = (14, 21, 35)  # from a pre-order to its release, where no date was promised
    preorder_promise_days: int = 3  # from the release to the day that was promised with the order
    eta_width_days: int = 1  # working days from the first to the last day of the carrier's own forecast
    eta_bias_days: tuple[int, ...] = (-1, 0, 0, 0, 1)  # by carrier, service and region: how wrong the forecast is
    not_received_share: float = 0.003  # of delivered parcels: scanned as delivered, and not with the customer
    cancelled_after_share: float = 0.004  # of orders: cancelled while the parcel is under way
    cancelled_back_share: float = 0.5  # of those parcels that go back; the others arrive all the same
    # the carriers' feeds
    outage_every_days: int = 91  # once in so many days the feed of one carrier falls silent
    outage_days: tuple[float, ...] = (2, 3, 4)
    outage_catch_up_hours: float = 3  # until all that was held back has come in
    skewed_share: float = (
        0.006  # of parcels: a depot's clock is hours off, so some events lie after they were learned of
    )
    skew_hours: tuple[float, ...] = (-4, -2, 3, 6, 9)
    late_events_share: float = 0.010  # of parcels: some events arrive days late; T3: trackers poll every 3 to 12 hours
    late_events_days: tuple[float, ...] = (2, 3, 6)
    # returns, see T4
    goods: tuple[Goods, ...] = (BEAUTY, SUPPLIES, FASHION, ELECTRONICS, HOME)  # the first that fits; HOME fits all
    return_wait_days: tuple[float, ...] = (1, 3, 6, 11, 28)  # from the parcel to the request; the window is 30 days
    approval_hours: tuple[float, ...] = (0.1, 2, 8, 24, 48)
    review_share: float = 0.02  # somebody has to look at it first, for review_days
    review_days: tuple[float, ...] = (3, 5, 9)
    sent_back_days: tuple[float, ...] = (2, 4, 6, 9, 15)
    inspection_days: tuple[float, ...] = (0.5, 1, 2, 4, 7)
    expired_share: float = 0.05  # the label is never used
    label_days: int = 28  # Loop: a label expires after 28 days
    withdrawn_share: float = 0.02  # the customer thinks better of it
    exchange_share: float = 0.30  # of returns for a size or a fault, so that about 17 % are exchanges (T4: Loop, US)
    store_credit_share: float = 0.08
    gift_card_share: float = 0.02
    keep_item_share: float = 0.04  # not worth sending back
    rejected_share: float = 0.02
    size_unavailable_share: float = 0.25  # of exchanges of a size: sold out meanwhile, refunded after unavailable_days
    unavailable_days: tuple[float, ...] = (6, 10, 20)

    # refunds and disputes
    goodwill_share: float = 0.005  # of orders delivered: refunded, in part or whole, without a return
    goodwill_parts: tuple[float, ...] = (0.1, 0.2, 0.4, 1.0)  # of the order's total
    refund_lag_hours: tuple[float, ...] = (1, 12, 36, 72)
    unauthorised_share: float = 0.0025  # of orders: the card's owner never bought; with undelivered ones under 1 %
    undelivered_dispute_share: float = 0.25  # of orders lost or not received
    dispute_days: tuple[float, ...] = (15, 30, 45, 75)  # from the order to the chargeback
    dispute_decided_days: tuple[float, ...] = (30, 45, 75)
    dispute_lag_hours: float = 26  # until the payment provider has told the shop
    # claims; R10 has no public benchmark
    lost_claim_share: float = 0.8
    not_received_claim_share: float = 0.85
    damaged_share: float = 0.010  # of delivered parcels
    damaged_claim_from_cents: int = 4000  # below, a ticket settles it
    warranty_from_cents: int = 4000
    warranty_share: float = 0.03  # of lines with a warranty
    protection_from_cents: int = 12_000
    protection_share: float = 0.01
    decision_days: tuple[float, ...] = (1, 3, 6, 15)
    settlement_days: tuple[float, ...] = (0.5, 2, 5)
    denied_share: float = 0.15
    reopened_share: float = 0.06
    reopened_days: tuple[float, ...] = (4, 9, 20)
    # tickets
    unanswered_share: float = 0.05  # of tickets whose first answer takes unanswered_days
    unanswered_days: tuple[float, ...] = (2, 4, 9)
    unsolved_share: float = 0.06  # answered, and open for unsolved_days
    unsolved_days: tuple[float, ...] = (4, 8, 21)
    forgotten_share: float = 0.01  # never solved
    reopen_share: float = 0.05  # T1 names none
    spam_share: float = 0.003  # of orders: as many tickets that nobody of the customers wrote
    agent_share: float = 0.5  # of stalled, lost and returned parcels that an agent writes about first
    return_question_share: float = 0.06
    exchange_question_share: float = 0.08
    refund_question_share: float = 0.08
    not_received_ticket_share: float = 0.9
    damaged_ticket_share: float = 0.8
    claim_ticket_share: float = 0.25
    closed_days: int = 4  # Zendesk's own rule closes what has been solved for four days
    # consents
    email_shares: tuple[float, ...] = (0.52, 0.20, 0.06, 0.08, 0.05)  # subscribed, soft opt-in, pending, never, unknown
    confirmed_share: float = 0.7  # of the pending
    preference_leave_share: float = 0.06  # leaves in the preference centre, besides those who leave by a mail's link
    leave_days: tuple[float, ...] = (3, 90, 240, 700)
    resubscribed_share: float = 0.05  # of those who left
    sms_share: float = 0.22  # gave a number for marketing
    sms_leave_share: float = 0.15
    sms_service_share: float = 0.45  # may be told about parcels by text
    sources: tuple[str, ...] = field(default=("checkout", "popup", "preference_centre"))
    source_shares: tuple[float, ...] = (0.7, 0.22)
    # mail
    apple_share: float = 0.45  # of people whose mailbox opens every mail by machine (T6: Apple MPP)
    open_share: float = 0.36  # T6: 48 % opens in flows, machines included
    click_share: float = 0.047  # T6
    unsubscribe_share: float = 0.004  # T6: 0.6 % in one agency's flows
    complaint_share: float = 0.0006  # T7: kept under 0.1 %
    dead_mailbox_share: float = 0.012  # T6: bounces 0.83 % of mails
    dead_mailbox_days: tuple[float, ...] = (0, 700)
    soft_bounce_share: float = 0.004
    newsletters: int = 3  # campaigns in the quarter after an order; T8: few
    newsletter_share: float = 0.5
    care_share: float = 0.35
    delivered_notice_share: float = 0.7
