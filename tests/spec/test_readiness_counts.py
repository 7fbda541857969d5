"""What each check counts, by examples; tables to read. The night is Wednesday 16 November 2011, in UTC.

Behind each check: how many of how many it counts, or which amounts; then the rows, and why the odd ones do not count.
"""

from collections import Counter

import pytest

from personalization.readiness.checks import CHECKS, Measure
from personalization.readiness.evidence import Count, read_evidence
from personalization.readiness.nights import looked_at_nights
from tests.lib.tables import warehouse_of
from tests.unit.readiness.shop import CUTOFF, PRESENT, RUN_DATE

ORDERS = """
order_id | customer_id | placed_at        | is_test | financial_status
o1       | c1          | 2011-11-01T09:00 | -       | paid
o2       | c2          | 2011-11-01T09:00 | -       | paid
o3       | c3          | 2011-11-01T09:00 | -       | paid
test     | c4          | 2011-11-01T09:00 | true    | paid
void     | c5          | 2011-11-01T09:00 | -       | voided
"""
# Two parcels that count, then one of a test order, one of a void order and one that is cancelled.
PARCELS = """
shipment_id | order_id | carrier | dest_region | tracking_no | shipped_at       | promised_by_on | status     | delivered_at
s1          | o1       | dpd     | north       | T1          | 2011-11-02T09:00 | 2011-11-04     | delivered  | 2011-11-04T10:00
s2          | o2       | dpd     | south       | T2          | 2011-11-02T09:00 | 2011-11-04     | delivered  | 2011-11-07T10:00
s3          | test     | dpd     | south       | T3          | 2011-11-02T09:00 | 2011-11-04     | in_transit | -
s4          | void     | dpd     | south       | T4          | 2011-11-02T09:00 | 2011-11-04     | in_transit | -
s5          | o3       | dpd     | south       | T5          | 2011-11-02T09:00 | 2011-11-04     | cancelled  | -
"""  # noqa: E501
REST_OF_O2 = "s6 | o2 | dpd | south | T6 | 2011-11-16T09:00 | 2011-11-18 | delivered | 2011-11-18T10:00"
TICKETS = """
ticket_id | order_id | customer_id | status | reason | created_at       | first_reply_at   | resolved_at      | reopens | is_spam | is_from_agent
t1        | o1       | c1          | solved | wismo  | 2011-11-05T09:00 | 2011-11-05T10:30 | 2011-11-05T12:00 | 0       | -       | -
t2        | -        | c2          | solved | other  | 2011-11-06T09:00 | -                | 2011-11-10T09:00 | 2       | -       | -
t3        | o9       | -           | open   | wismo  | 2011-11-12T09:00 | -                | -                | -       | -       | -
spam      | -        | -           | open   | wismo  | 2011-11-06T09:00 | -                | -                | -       | true    | -
agent     | -        | -           | open   | wismo  | 2011-11-06T09:00 | -                | -                | -       | -       | true
old       | -        | -           | open   | wismo  | 2011-10-01T09:00 | -                | -                | -       | -       | -
tomorrow  | -        | -           | open   | wismo  | 2011-11-17T00:00 | -                | -                | -       | -       | -
"""  # noqa: E501
RETURNS = """
return_id | order_id | state     | requested_at     | approved_at      | closed_at        | outcome
r1        | o1       | closed    | 2011-11-06T09:00 | 2011-11-06T10:00 | 2011-11-12T09:00 | refund
r2        | o2       | closed    | 2011-11-08T09:00 | 2011-11-08T10:00 | 2011-11-14T09:00 | exchange
r3        | o9       | approved  | 2011-11-09T09:00 | 2011-11-09T10:00 | -                | store_credit
r4        | o3       | cancelled | 2011-11-09T09:00 | -                | -                | -
"""
RETURN_LINES = """
return_id | order_line_id | reason
r1        | l1            | size_fit
r2        | l2            | other
r3        | l3            | unknown
r4        | l4            | unknown
"""
MESSAGES = """
message_id | customer_id | order_id | source   | class     | channel | sent_at          | status
m1         | c1          | o1       | tracking | service   | email   | 2011-11-04T09:00 | delivered
m2         | c1          | -        | esp      | marketing | email   | 2011-11-12T09:00 | delivered
m3         | c2          | -        | esp      | marketing | email   | 2011-11-12T09:00 | delivered
m4         | c3          | -        | esp      | marketing | email   | 2011-11-12T09:00 | bounced
m5         | c3          | -        | esp      | marketing | sms     | 2011-11-13T09:00 | delivered
"""
ENGAGEMENT = """
message_id | type        | occurred_at
m1         | delivered   | 2011-11-04T09:01
m2         | delivered   | 2011-11-12T09:01
m2         | complaint   | 2011-11-12T10:00
m3         | delivered   | 2011-11-12T09:01
m3         | unsubscribe | 2011-11-12T11:00
m4         | bounce_hard | 2011-11-12T09:01
m5         | delivered   | 2011-11-13T09:01
"""
CLAIMS = """
claim_id | order_id | type    | state    | opened_at        | decided_at       | resolved_at      | is_reopened
k1       | o1       | damaged | resolved | 2011-10-20T09:00 | 2011-10-25T09:00 | 2011-10-27T09:00 | false
k2       | o2       | damaged | resolved | 2011-10-21T09:00 | 2011-10-25T09:00 | 2011-11-20T09:00 | true
k3       | o3       | damaged | open     | 2011-11-15T09:00 | -                | -                | -
"""

# check -> how many of how many, and the tables
RATES = {
    "eta_presence": (
        2,
        3,
        {"shipments": PARCELS + "s6 | o3 | dpd | south | - | 2011-11-03T09:00 | - | in_transit | -\n"},
    ),
    # s2 came on the Monday after its Friday: within strictness and grace it is late
    "on_time_strict": (1, 2, {"shipments": PARCELS}),
    "on_time_share": (1, 2, {"shipments": PARCELS}),
    # The weekend does not count: left on Friday, scanned on Tuesday is two weekdays; left yesterday is too soon to say.
    "acceptance_scan": (
        1,
        2,
        {
            "shipments": """
            shipment_id | order_id | tracking_no | shipped_at       | status
            s1          | o1       | T1          | 2011-11-04T18:00 | in_transit
            s2          | o2       | T2          | 2011-11-04T18:00 | in_transit
            s3          | o3       | T3          | 2011-11-15T18:00 | in_transit
            s4          | o3       | -           | 2011-11-04T18:00 | in_transit
            """,
            "tracking_events": """
            event_id | shipment_id | status        | occurred_at
            e0       | s2          | label_created | 2011-11-04T18:00
            e1       | s1          | in_transit    | 2011-11-08T23:00
            e2       | s2          | in_transit    | 2011-11-09T00:30
            """,
        },
    ),
    # Last heard of on Thursday or Friday: by Wednesday night four and three weekdays ago. Abroad ten are usual.
    "stalled_share": (
        1,
        3,
        {
            "customers": "customer_id | country\nc1 | GB\nc2 | GB\nc3 | US",
            "shipments": """
            shipment_id | order_id | shipped_at       | status
            s1          | o1       | 2011-11-10T09:00 | in_transit
            s2          | o2       | 2011-11-11T09:00 | in_transit
            s3          | o3       | 2011-11-04T09:00 | in_transit
            """,
        },
    ),
    "delivered_coverage": (
        2,
        3,
        {
            "shipments": """
            shipment_id | order_id | shipped_at       | status           | delivered_at
            s1          | o1       | 2011-10-20T09:00 | delivered        | 2011-10-24T09:00
            s2          | o2       | 2011-10-20T09:00 | return_to_sender | -
            s3          | o3       | 2011-10-20T09:00 | in_transit       | -
            new         | o3       | 2011-11-10T09:00 | in_transit       | -
            """
        },
    ),
    # t1 asks a day after the delivery; the question of o2 came before its parcel.
    "not_received_share": (
        1,
        2,
        {
            "shipments": PARCELS,
            "tickets": """
            ticket_id | order_id | status | reason | created_at
            t1        | o1       | open   | wismo  | 2011-11-05T09:00
            t2        | o2       | open   | wismo  | 2011-11-06T09:00
            t3        | o2       | open   | return | 2011-11-08T09:00
            """,
        },
    ),
    "exception_handled": (
        1,
        2,
        {
            "shipments": PARCELS,
            "messages": """
            message_id | order_id | class     | sent_at          | status
            m1         | o1       | service   | 2011-11-04T08:00 | delivered
            m2         | o2       | service   | 2011-11-06T10:00 | delivered
            m3         | o2       | marketing | 2011-11-05T10:00 | delivered
            """,
            "tracking_events": """
            event_id | shipment_id | status         | occurred_at
            e1       | s1          | attempt_failed | 2011-11-03T18:00
            e2       | s2          | delayed        | 2011-11-04T18:00
            e3       | s2          | exception      | 2011-11-16T10:00
            """,
        },
    ),
    # Learned a day and a second later is late; what is only assumed to have been learned then does not count.
    "late_share": (
        1,
        2,
        {
            "tracking_events": """
            event_id | shipment_id | status     | occurred_at      | received_at         | is_received_assumed
            e1       | s1          | in_transit | 2011-11-08T09:00 | 2011-11-09T09:00:01 | -
            e2       | s1          | in_transit | 2011-11-08T09:00 | 2011-11-09T09:00:00 | -
            e3       | s1          | in_transit | 2011-11-08T09:00 | 2011-11-12T09:00:00 | true
            """
        },
    ),
    "parcels_joined": (
        5,
        6,
        {"shipments": PARCELS + "s6 | o9 | dpd | south | - | 2011-11-03T09:00 | - | in_transit | -\n"},
    ),
    "scans_joined": (
        1,
        2,
        {
            "shipments": PARCELS,
            "tracking_events": """
            event_id | shipment_id | status     | occurred_at
            e1       | s1          | in_transit | 2011-11-03T18:00
            e2       | s9          | in_transit | 2011-11-03T18:00
            """,
        },
    ),
    # An order or a customer that is known is enough.
    "tickets_joined": (2, 3, {"tickets": TICKETS, "customers": "customer_id\nc1\nc2"}),
    "returns_joined": (3, 4, {"returns": RETURNS}),
    "unknown_status_share": (
        1,
        2,
        {
            "shipments": PARCELS,
            "tracking_events": """
            event_id | shipment_id | status     | occurred_at
            e1       | s1          | in_transit | 2011-11-03T18:00
            e2       | s1          | unknown    | 2011-11-03T19:00
            e3       | s1          | unknown    | 2011-10-03T19:00
            """,
        },
    ),
    # s1 moves on two hours after its delivery, s2 is scanned twice at the same moment, s3 in the future; s5 is well.
    "scan_order_share": (
        3,
        4,
        {
            "shipments": PARCELS,
            "tracking_events": """
            event_id | shipment_id | status           | occurred_at      | received_at
            e1       | s1          | delivered        | 2011-11-04T10:00 | 2011-11-04T11:00
            e2       | s1          | out_for_delivery | 2011-11-04T12:00 | 2011-11-04T13:00
            e3       | s2          | in_transit       | 2011-11-03T18:00 | 2011-11-03T19:00
            e4       | s2          | in_transit       | 2011-11-03T18:00 | 2011-11-03T19:00
            e5       | s3          | in_transit       | 2011-11-03T18:00 | 2011-11-03T12:00
            e6       | s5          | in_transit       | 2011-11-03T18:00 | 2011-11-03T19:00
            """,
        },
    ),
    # Wednesdays: 2 tonight, 16 over the eight before; other days and a test order do not count.
    "order_volume": (
        2,
        2,
        {
            "orders": "order_id | placed_at | is_test\n"
            + "\n".join(f"n{n} | 2011-11-16T0{n}:00 | {'true' if n == 2 else '-'}" for n in range(3))
            + "\nx | 2011-11-15T09:00 | -\n"
            + "\n".join(
                f"w{n} | 2011-{'11' if n < 2 else '10'}-{9 - 7 * n if n < 2 else 26 - 7 * (n - 2):02d}T09:00 | -"
                for n in range(6)
            )
            + "\n"
            + "\n".join(f"v{n} | 2011-09-{21 + 7 * (n % 2)}T09:00 | -" for n in range(10))
        },
    ),
    # Lines 30 to 57 days old: one of two was asked back in time; the other's return came after 30 days.
    "return_rate": (
        1,
        2,
        {
            "orders": "order_id | placed_at\no1 | 2011-10-10T09:00\no2 | 2011-10-10T09:00\nnew | 2011-11-10T09:00",
            "order_lines": "order_line_id | order_id | sku\nl1 | o1 | A\nl2 | o2 | A\nl3 | new | A",
            "products": "sku | category\nA | hats, caps",
            "returns": """
            return_id | order_id | state  | requested_at
            r1        | o1       | closed | 2011-11-08T09:00
            r2        | o2       | closed | 2011-11-09T10:00
            r3        | new      | closed | 2011-11-11T10:00
            """,
            "return_lines": "return_id | order_line_id | reason\nr1 | l1 | other\nr2 | l2 | other\nr3 | l3 | other",
        },
    ),
    "return_reason_known": (2, 3, {"returns": RETURNS, "return_lines": RETURN_LINES}),
    "return_reason_other": (1, 3, {"returns": RETURNS, "return_lines": RETURN_LINES}),
    "exchange_share": (1, 2, {"returns": RETURNS}),
    "retained_share": (1, 2, {"returns": RETURNS}),
    # A policy of 3 days: r1 was asked for two days after the delivery, r2 on the first day after the third. That the
    # rest of o2 arrives after the night is not known yet.
    "outside_policy_share": (
        1,
        2,
        {
            "shipments": f"{PARCELS.rstrip()}\n{REST_OF_O2}",
            "returns": RETURNS.replace("2011-11-08T09:00", "2011-11-11T10:00"),
            "policies": """
            policy_id | version | valid_from_on | valid_to_on | window_days
            returns   | 1       | 2010-01-01    | 2011-10-31  | 1
            returns   | 2       | 2011-11-01    | -           | 3
            shipping  | 1       | 2010-01-01    | -           | -
            """,
        },
    ),
    "wismo_per_100_orders": (2, 3, {"tickets": TICKETS}),
    "wismo_share": (2, 3, {"tickets": TICKETS}),
    # t1 took three hours, t2 four days, t3 is open since four days.
    "backlog_share": (2, 3, {"tickets": TICKETS}),
    "reopen_share": (1, 2, {"tickets": TICKETS}),
    # The parcel of o1 was delivered before t1 and t3 asked; for o2 the last scan was known four days before.
    "avoidable_share": (
        2,
        3,
        {
            "shipments": PARCELS,
            "tickets": """
            ticket_id | order_id | status | reason | created_at
            t1        | o1       | open   | wismo  | 2011-11-09T09:00
            t2        | o2       | open   | wismo  | 2011-11-07T19:00
            t3        | o1       | open   | wismo  | 2011-11-10T09:00
            """,
            "tracking_events": """
            event_id | shipment_id | status     | occurred_at      | received_at
            e1       | s1          | delivered  | 2011-11-04T10:00 | 2011-11-04T11:00
            e2       | s2          | in_transit | 2011-11-03T18:00 | 2011-11-03T19:00
            e3       | s2          | delivered  | 2011-11-07T10:00 | 2011-11-08T11:00
            """,
        },
    ),
    "asked_after_tracking_mail": (1, 2, {"tickets": TICKETS, "messages": MESSAGES}),
    "claim_share": (
        1,
        2,
        {
            "orders": "order_id | placed_at\no1 | 2011-10-10T09:00\no2 | 2011-10-10T09:00\nnew | 2011-11-10T09:00",
            "claims": CLAIMS.replace("2011-10-21T09:00", "2011-11-09T10:00"),
        },
    ),
    "claim_overturn_share": (1, 2, {"claims": CLAIMS}),
    "complaint_share": (1, 3, {"messages": MESSAGES, "engagement": ENGAGEMENT}),
    "unsubscribe_share": (1, 3, {"messages": MESSAGES, "engagement": ENGAGEMENT}),
    "hard_bounce_share": (1, 4, {"messages": MESSAGES, "engagement": ENGAGEMENT}),
    # Seven in seven days are too many; what bounced reached nobody.
    "message_pressure": (
        1,
        3,
        {
            "messages": MESSAGES.replace(
                "m1         | c1          | o1       | tracking | service   | email   | 2011-11-04",
                "m1         | c1          | o1       | tracking | service   | email   | 2011-11-14",
            )
            + "".join(f"x{n} | c1 | - | shop | service | email | 2011-11-1{n}T10:00 | delivered\n" for n in range(1, 6))
        },
    ),
}

# check -> how many observations have which amount
AMOUNTS = {
    # s2 came three days late, s6 is not there yet: promised for the 14th, so three days late by midnight
    "eta_error_days": (
        {0: 1, 3: 2},
        {"shipments": PARCELS + "s6 | o3 | dpd | south | - | 2011-11-10T09:00 | 2011-11-14 | in_transit | -\n"},
    ),
    # answered after an hour and a half, resolved without an answer after four days, and still open
    "first_response_hours": ({1.5: 1, 96: 1, 111: 1}, {"tickets": TICKETS}),
    # paid back after five days and two hours, settled without a refund that is known, and still open
    "approval_to_refund_days": (
        {5.1: 1, 8: 1, 26.7: 1},
        {
            "returns": """
            return_id | order_id | state    | requested_at     | approved_at      | closed_at        | outcome
            r1        | o1       | closed   | 2011-10-20T09:00 | 2011-10-21T09:00 | 2011-10-30T09:00 | refund
            r2        | o2       | closed   | 2011-10-20T09:00 | 2011-10-21T09:00 | 2011-10-29T09:00 | refund
            r3        | o3       | approved | 2011-10-20T09:00 | 2011-10-21T09:00 | -                | -
            r4        | o4       | closed   | 2011-10-20T09:00 | 2011-10-21T09:00 | 2011-10-29T09:00 | exchange
            r5        | o5       | approved | 2011-11-10T09:00 | 2011-11-10T09:00 | -                | refund
            """,
            "refunds": "refund_id | order_id | amount_cents | refunded_at\nf0 | o1 | 1 | 2011-10-01T09:00\n"
            "f1 | o1 | 1 | 2011-10-26T10:00",
        },
    ),
    # a week, and one that was open on the night though it was resolved later
    "claim_resolution_days": ({7: 1, 26.7: 1}, {"claims": CLAIMS}),
}


def counted(check: str, tables: dict[str, str]) -> tuple[Count, ...]:
    """Return what is counted for *check* on the night."""
    with warehouse_of(**{"orders": ORDERS, **tables}) as warehouse:
        nights = looked_at_nights(run_date=RUN_DATE, cutoff=CUTOFF, timezone="UTC")
        return read_evidence(warehouse, nights=nights, present=PRESENT)[0].counts[check]


@pytest.mark.parametrize("check", RATES)
def test_rates(check: str) -> None:
    """So many of so many."""
    numerator, denominator, tables = RATES[check]
    counts = counted(check, tables)

    assert (sum(count.numerator for count in counts), sum(count.denominator for count in counts)) == (
        numerator,
        denominator,
    )


@pytest.mark.parametrize("check", AMOUNTS)
def test_amounts(check: str) -> None:
    """So many observations of each amount."""
    amounts, tables = AMOUNTS[check]
    found: Counter[float] = Counter()
    for count in counted(check, tables):
        found[count.amount] += count.denominator

    assert dict(found) == amounts


def test_every_check_that_counts_has_an_example() -> None:
    """But two whose examples are elsewhere: refunds in the gate's own tests, tracking numbers in those of carriers."""
    shown = {*RATES, *AMOUNTS, "refund_share", "tracking_coverage"}

    assert shown == {name for name, check in CHECKS.items() if check.measure in (Measure.RATE, Measure.QUANTILE)}


def test_scopes_of_what_is_counted() -> None:
    """Parcels count for their carrier and region, order lines for their category, whose commas are taken out."""
    of_parcels = counted("eta_presence", {"shipments": PARCELS})
    of_lines = counted("return_rate", RATES["return_rate"][2])

    assert {count.scopes for count in of_parcels} == {
        frozenset({"carrier:dpd", "region:north"}),
        frozenset({"carrier:dpd", "region:south"}),
    }
    assert {count.scopes for count in of_lines} == {frozenset({"category:hats- caps"})}
