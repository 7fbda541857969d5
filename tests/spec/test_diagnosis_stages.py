"""Where each failure belongs in the journey (R3), and when too much of it belongs nowhere: tables to read.

Order O1 was placed on the 1st, left on the 3rd and arrived on the 6th; order O2 has not left yet.
"""

from datetime import date, datetime

import pytest

from personalization import diagnosis, journey
from personalization.contracts import TABLES
from personalization.warehouse import Warehouse
from tests.lib.tables import warehouse_of
from tests.spec.test_diagnosis_answers import SHOP

CUTOFF = datetime(2011, 11, 21)
ORDERS = """order_id | customer_id | placed_at
            O1       | C1          | 2011-11-01T12:00
            O2       | C2          | 2011-11-01T12:00"""
SHIPMENTS = """shipment_id | order_id | shipped_at       | delivered_at     | status
               P1          | O1       | 2011-11-03T12:00 | 2011-11-06T12:00 | delivered"""
LINES = """order_line_id | order_id | sku
           L1            | O1       | A
           L2            | O2       | A"""

# reason, order, when it was written -> stage
TICKETS = [
    ("wismo", "O1", "2011-11-02", "fulfilment"),
    ("wismo", "O1", "2011-11-04", "in_transit"),
    ("wismo", "O1", "2011-11-08", "delivered"),  # it says delivered, and nobody has it
    ("wismo", "-", "2011-11-08", "in_transit"),
    ("return", "O1", "2011-11-08", "return_exchange"),
    ("exchange", "-", "2011-11-08", "return_exchange"),
    ("refund", "O2", "2011-11-08", "return_exchange"),
    ("damaged", "O1", "2011-11-08", "issue_resolution"),
    ("claim", "-", "2011-11-08", "issue_resolution"),
    ("cancel", "O1", "2011-11-02", "confirmation"),
    ("address", "O1", "2011-11-04", "in_transit"),
    ("product_question", "O1", "2011-11-04", "in_transit"),
    ("product_question", "O1", "2011-11-08", "onboarding"),
    ("product_question", "O2", "2011-11-02", "confirmation"),
    ("other", "O1", "2011-11-08", "onboarding"),  # for another reason: by where its order was
    ("other", "-", "2011-11-08", "unassigned"),
    ("unknown", "O1", "2011-11-08", "unassigned"),
]


def shop_with(tickets: str) -> Warehouse:
    warehouse = warehouse_of(orders=ORDERS, order_lines=LINES, shipments=SHIPMENTS, tickets=tickets)
    journey.build_journey(warehouse, cutoff=CUTOFF)
    return warehouse


def diagnosed(warehouse: Warehouse) -> diagnosis.Diagnosis:
    present = frozenset(TABLES)
    return diagnosis.diagnose(warehouse, run_date=date(2011, 11, 20), cutoff=CUTOFF, present=present, shop=SHOP)


@pytest.mark.parametrize(("reason", "order", "written_on", "stage"), TICKETS)
def test_a_ticket_belongs_to_a_stage(reason: str, order: str, written_on: str, stage: str) -> None:
    """A ticket is placed by its reason and by how far its order was."""
    with shop_with(
        f"ticket_id | order_id | reason | created_at\n T1 | {order} | {reason} | {written_on}T12:00"
    ) as shop:
        found = diagnosed(shop)

    assert [row["stage"] for row in found.evidence.failures] == [stage]


@pytest.mark.parametrize(
    ("unknown", "known", "is_held"), [(1, 4, False), (2, 8, False), (2, 7, True), (1, 0, True), (0, 1, False)]
)
def test_more_than_a_fifth_without_a_stage_holds_the_diagnosis(unknown: int, known: int, is_held: bool) -> None:
    """A fifth is still good enough; over it nothing is ranked, and tickets have to be given reasons first."""
    rows = [f"U{n} | O1 | unknown | 2011-11-08T12:00" for n in range(unknown)]
    rows += [f"K{n} | O1 | wismo | 2011-11-08T12:00" for n in range(known)]
    with shop_with("\n".join(["ticket_id | order_id | reason | created_at", *rows])) as shop:
        content = diagnosis.content_of(diagnosed(shop))

    assert bool(content["held_by"]) is is_held
    assert (content["next"]["headline"] == "The diagnosis is held") is is_held


@pytest.mark.parametrize(("orders", "is_priced"), [(0, False), (29, False), (30, True)])
def test_too_few_orders_say_nothing(orders: int, is_priced: bool) -> None:
    """Under 30 orders no problem is priced, and the answer says so instead of calling the shop healthy."""
    rows = [f"O{n} | C{n} | 2011-11-01T12:00" for n in range(orders)]
    with warehouse_of(orders="\n".join(["order_id | customer_id | placed_at", *rows])) as shop:
        journey.build_journey(shop, cutoff=CUTOFF)
        found = diagnosed(shop)

    assert any(not leak.unknown for leak in found.ranking.leaks) is is_priced
    assert (found.next_action.headline == "Nothing can be said yet") is not is_priced


def test_the_refund_of_a_return_is_the_first_after_its_approval() -> None:
    """An order's refund of before belongs to something else, and a later one to another return."""
    with warehouse_of(
        orders=ORDERS,
        order_lines=LINES,
        shipments=SHIPMENTS,
        returns="""return_id | order_id | state  | requested_at     | approved_at      | outcome
                   r1        | O1       | closed | 2011-11-08T12:00 | 2011-11-09T12:00 | refund""",
        refunds="""refund_id | order_id | amount_cents | refunded_at
                   f0        | O1       | 1            | 2011-11-07T12:00
                   f1        | O1       | 1            | 2011-11-12T12:00
                   f2        | O1       | 1            | 2011-11-19T12:00""",
    ) as warehouse:
        journey.build_journey(warehouse, cutoff=CUTOFF)
        found = diagnosed(warehouse).evidence.times["refund_days"]

    assert (found["observed"], found["median"], found["p90"]) == (1, 3, 3)
