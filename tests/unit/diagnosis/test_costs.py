"""What each problem costs, priced by hand: 100 orders of 10.00 in 90 days, a margin of 60 %, nothing usual.

A ticket costs 20, an hour 60, a claim takes 10 minutes, a return costs 15 and a chargeback's fee is 15.
"""

from datetime import date, datetime

import pytest

from personalization import diagnosis, journey
from personalization.contracts import TABLES
from personalization.diagnosis.costs import retention
from personalization.settings import Diagnosis
from tests.lib.tables import warehouse_of
from tests.spec.test_diagnosis_answers import SHOP
from tests.unit.diagnosis.test_signals import with_

CUTOFF = datetime(2011, 11, 21)
ASSUMED = Diagnosis.model_validate(
    {
        "cost_per_ticket": 20,
        "hourly_cost": 60,
        "claim_minutes": 10,
        "return_processing_cost": 15,
        "chargeback_fee": 15,
        "handle_minutes": 5,
        "usual_wismo": 0,
        "usual_delivery_refunds": 0,
        "usual_claims": 0,
        "usual_repeat_tickets": 0,
        "usual_chargebacks": 0,
        "usual_returns": {"unknown": 0},
        "min_claims_per_30_days": 0,
    }
)
ORDERS = "order_id | customer_id | placed_at\n" + "\n".join(
    f"O{place} | C{place} | {'2011-10-01' if place else '2011-01-01'}T12:00" for place in range(101)
)
LINES = "order_line_id | order_id | sku\n" + "\n".join(f"L{place} | O{place} | A" for place in range(101))
PRODUCTS = "sku | price_cents | cost_cents | product_type\nA | 1000 | 400 | consumable"
TABLES_IN = {
    "tickets": """ticket_id | order_id | reason           | created_at       | handle_minutes | is_spam
                  T1        | O1       | wismo            | 2011-10-05T12:00 | 50             | -
                  T2        | O2       | wismo            | 2011-10-05T12:00 | -              | -
                  T3        | O1       | wismo            | 2011-10-06T12:00 | -              | -
                  T4        | O4       | wismo            | 2011-10-05T12:00 | -              | true
                  T5        | O5       | wismo            | 2011-08-01T12:00 | -              | -
                  T6        | O6       | return           | 2011-10-05T12:00 | 9              | -
                  T7        | O6       | other            | 2011-10-19T12:00 | 3              | -
                  T8        | O7       | other            | 2011-10-19T12:00 | 70             | -
                  T9        | O8       | damaged          | 2011-10-19T12:00 | 6              | -""",
    "refunds": """refund_id | order_id | amount_cents | reason        | refunded_at
                  M1        | O10      | 900          | late delivery | 2011-10-09T12:00""",
    "returns": """return_id | order_id | state     | outcome  | requested_at
                  R1        | O20      | closed    | refund   | 2011-10-09T12:00
                  R2        | O21      | closed    | refund   | 2011-10-09T12:00
                  R3        | O22      | closed    | exchange | 2011-10-09T12:00
                  R4        | O23      | cancelled | refund   | 2011-10-09T12:00""",
    "return_lines": """return_id | order_line_id | value_cents | outcome
                       R1        | L20           | 500         | -
                       R2        | L21           | -           | -""",
    "claims": """claim_id | order_id | type    | opened_at        | decided_at       | outcome | amount_cents
                 K1       | O30      | damaged | 2011-10-09T12:00 | 2011-10-10T12:00 | refund  | 1000
                 K2       | O31      | damaged | 2011-10-09T12:00 | 2011-10-10T12:00 | denied  | 1000
                 K3       | O32      | damaged | 2011-10-09T12:00 | 2011-12-10T12:00 | refund  | 1000
                 K4       | O33      | lost    | 2011-10-09T12:00 | 2011-10-10T12:00 | refund  | 1000""",
    "chargebacks": """chargeback_id | order_id | opened_at        | outcome
                      B1            | O40      | 2011-10-09T12:00 | lost
                      B2            | O41      | 2011-10-09T12:00 | won""",
}

# problem -> what it cost in 90 days; a third of that in 30
COSTS = [
    ("tracking", 3 * 2000 + 900 + 1000, 3),  # three tickets, a refund for lateness, a lost parcel's claim
    ("returns", 3 * 1500 + 300 + 600, 3),  # three to process; 60 % of 5.00 and of 10.00
    ("claims", 1000 + 3 * 1000 + 600, 3),  # one paid, three to decide, a ticket of six minutes
    ("support", 900 + 300, 2),  # nine minutes, and three for the second question about the same order
    ("trust", 1000 + 2 * 1500, 2),  # one lost, a fee for each
]


DETAILS = {
    "tracking": "2 refunds because of the delivery.",
    "returns": "2 refunded; 0 refunds without a return, claim or lost parcel.",
    "claims": "1 undecided.",
    "trust": "1 lost, 0 open, 1 won.",
}


@pytest.mark.parametrize(("problem", "cents", "events"), COSTS)
def test_the_cost_by_hand(problem: str, cents: int, events: int) -> None:
    """Each event is priced once, in one problem, and only if it lies in the window."""
    shop = SHOP.model_copy(update={"diagnosis": ASSUMED})
    with warehouse_of(orders=ORDERS, order_lines=LINES, products=PRODUCTS, **TABLES_IN) as warehouse:
        journey.build_journey(warehouse, cutoff=CUTOFF)
        found = diagnosis.diagnose(
            warehouse, run_date=date(2011, 11, 20), cutoff=CUTOFF, present=frozenset(TABLES), shop=shop
        )
    [leak] = [leak for leak in found.ranking.leaks if leak.problem == problem]

    assert leak.cost.likely_cents == round(cents / 3)
    assert leak.leak.likely_cents == round(cents / 3)
    assert leak.events == events
    assert leak.detail == DETAILS.get(problem, "")
    assert leak.cost.low_cents < leak.cost.likely_cents < leak.cost.high_cents


@pytest.mark.parametrize(("returned", "cents"), [(10, round(0.088 * 90 * 600 / 3)), (30, 0)])
def test_buyers_who_do_not_come_back(returned: int, cents: int) -> None:
    """Fashion asks for 18.8 of 100: with 10, 8.8 of the 90 new buyers are missing, 6.00 each; with 30 nobody is."""
    base = {"product_type": "fashion", "orders": 100, "first_orders": 90, "value_cents": 100_000}
    evidence = with_(
        base=({**base, "margin_cents": 60_000, "known_margins": 100, "orders_before": 0},),
        retention=(
            {"product_type": "fashion", "day": 10, "returned": returned, "ended": 0},
            {"product_type": "fashion", "day": 500, "returned": 0, "ended": 100 - returned},
        ),
    )
    leak = retention(evidence, Diagnosis())

    assert leak.leak.likely_cents == pytest.approx(cents, abs=1)
    assert leak.leak.low_cents <= leak.leak.likely_cents <= leak.leak.high_cents
