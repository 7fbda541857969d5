"""The key figures by examples (R37): what counts, and when it can be read. The night is 31 December 2011, in UTC.

Figures need thirty observations, so every row of an example stands for thirty.
"""

from datetime import date, datetime

import pytest

from personalization.contracts import TABLES
from personalization.diagnosis.evidence import read_evidence
from personalization.diagnosis.kpis import KPIS, Figure, figures, told
from personalization.journey import build_journey
from personalization.settings import Diagnosis
from tests.lib.tables import warehouse_of

CUTOFF = datetime(2012, 1, 1)
EVERY = 30
ORDERS = "order_id | customer_id | placed_at"


def thirty(header: str, *lines: str) -> str:
    """Return a table in which each line stands thirty times, with its number in the place of #."""
    return "\n".join([header, *(line.replace("#", str(n)) for line in lines for n in range(EVERY))])


RECENT = thirty(ORDERS, "o# | c# | 2011-12-20T09:00", "p# | d# | 2011-12-21T09:00")
OLDER = thirty(ORDERS, "o# | c# | 2011-11-01T09:00", "p# | d# | 2011-11-02T09:00")
TICKETS = "ticket_id | order_id | status | reason | created_at | csat | handle_minutes | is_spam"
RETURNS = "return_id | order_id | state | requested_at | closed_at | outcome"
CLAIMS = "claim_id | order_id | type | opened_at | resolved_at | amount_cents | is_reopened"
# figure: tables, what is told of it
EXAMPLES: dict[str, tuple[dict[str, str], str]] = {
    "wismo_contacts": (
        {"orders": RECENT, "tickets": thirty(TICKETS, "t# | o# | open | wismo | 2011-12-22T09:00 | - | - | -")},
        "50.0 (33.7 to 71.4)",
    ),
    "delivery_tickets": (
        {
            "orders": RECENT,
            "tickets": thirty(
                TICKETS,
                "t# | o# | open | damaged | 2011-12-22T09:00 | - | - | -",
                "u# | o# | open | refund | 2011-12-22T09:00 | - | - | -",
            ),
        },
        "50.0 (33.7 to 71.4)",
    ),
    "ticket_volume": (
        {
            "orders": RECENT,
            "tickets": thirty(
                TICKETS,
                "t# | o# | open | other | 2011-12-22T09:00 | - | - | -",
                "s# | o# | open | other | 2011-12-22T09:00 | - | - | true",
                "u# | o# | open | other | 2011-09-22T09:00 | - | - | -",
            ),
        },
        "50.0 (33.7 to 71.4)",
    ),
    "delivery_csat": (
        {
            "tickets": thirty(
                TICKETS,
                "t# | o# | open | wismo | 2011-12-22T09:00 | 5 | - | -",
                "u# | o# | open | wismo | 2011-12-22T09:00 | 3 | - | -",
                "v# | o# | open | other | 2011-12-22T09:00 | 1 | - | -",
            )
        },
        "4.0 (3.7 to 4.3)",
    ),
    "support_csat": (
        {"tickets": thirty(TICKETS, "t# | o# | open | other | 2011-12-22T09:00 | 4 | - | -")},
        "4.0 (4.0 to 4.0)",
    ),
    "handle_minutes": (
        {
            "tickets": thirty(
                TICKETS,
                "t# | o# | open | other | 2011-12-22T09:00 | - | 12 | -",
                "u# | o# | open | other | 2011-12-22T09:00 | - | - | -",
            )
        },
        "12.0 (12.0 to 12.0)",
    ),
    # of orders that are 45 days old; the second half came back on the 46th day
    "return_rate": (
        {
            "orders": OLDER,
            "returns": thirty(
                RETURNS,
                "r# | o# | open | 2011-11-20T09:00 | - | -",
                "q# | p# | open | 2011-12-18T09:00 | - | -",
            ),
        },
        "50.0 % (37.7 % to 62.3 %)",
    ),
    "exchange_rate": (
        {
            "orders": OLDER,
            "returns": thirty(
                RETURNS,
                "r# | o# | closed | 2011-11-20T09:00 | 2011-12-01T09:00 | exchange",
                "q# | p# | closed | 2011-11-20T09:00 | 2011-12-01T09:00 | refund",
                "x# | p# | closed | 2011-11-20T09:00 | 2011-12-01T09:00 | rejected",
            ),
        },
        "50.0 % (37.7 % to 62.3 %)",
    ),
    "refund_share": (
        {
            "orders": OLDER,
            "returns": thirty(
                RETURNS,
                "r# | o# | closed | 2011-11-20T09:00 | 2011-12-01T09:00 | store_credit",
                "q# | p# | closed | 2011-11-20T09:00 | 2011-12-01T09:00 | refund",
            ),
        },
        "50.0 % (37.7 % to 62.3 %)",
    ),
    # a quarter of the value stayed, though half of the returns did
    "retained_revenue": (
        {
            "orders": OLDER,
            "returns": thirty(
                RETURNS,
                "r# | o# | closed | 2011-11-20T09:00 | 2011-12-01T09:00 | store_credit",
                "q# | p# | closed | 2011-11-20T09:00 | 2011-12-01T09:00 | refund",
            ),
            "return_lines": thirty(
                "return_id | order_line_id | reason | value_cents", "r# | l# | other | 1000", "q# | m# | other | 3000"
            ),
        },
        "25.0 % (15.8 % to 37.2 %)",
    ),
    # settled tomorrow is not settled; opened within two weeks cannot be read yet
    "claim_days": (
        {
            "orders": OLDER,
            "claims": thirty(
                CLAIMS,
                "k# | o# | damaged | 2011-12-01T09:00 | 2011-12-08T09:00 | 500 | -",
                "l# | o# | damaged | 2011-12-01T09:00 | 2012-01-01T00:00 | 500 | -",
                "m# | o# | damaged | 2011-12-20T09:00 | 2011-12-21T09:00 | 500 | -",
            ),
        },
        "7.0 (7.0 to 7.0)",
    ),
    "claim_overturned": (
        {
            "orders": OLDER,
            "claims": thirty(
                CLAIMS,
                "k# | o# | damaged | 2011-12-01T09:00 | - | 500 | true",
                "l# | o# | damaged | 2011-12-01T09:00 | - | 500 | false",
            ),
        },
        "50.0 % (37.7 % to 62.3 %)",
    ),
    "cost_per_claim": (
        {"orders": OLDER, "claims": thirty(CLAIMS, "k# | o# | damaged | 2011-12-01T09:00 | - | 1250 | -")},
        "12.50 GBP (12.50 GBP to 12.50 GBP)",
    ),
    # who came for the first time three to six months ago, and again within 90 days
    "repeat_rate": (
        {
            "orders": thirty(
                ORDERS,
                "a# | c# | 2011-08-01T09:00",
                "b# | c# | 2011-10-29T09:00",
                "d# | e# | 2011-08-01T09:00",
                "f# | e# | 2011-10-31T09:00",
                "g# | h# | 2011-11-01T09:00",
            )
        },
        "50.0 % (37.7 % to 62.3 %)",
    ),
    "reactivation": (
        {
            "orders": thirty(
                ORDERS,
                "a# | c# | 2011-01-01T09:00",
                "b# | c# | 2011-12-01T09:00",
                "d# | e# | 2011-01-01T09:00",
                "f# | g# | 2011-09-01T09:00",
            )
        },
        "50.0 % (37.7 % to 62.3 %)",
    ),
    "first_year_value": (
        {
            "orders": thirty(
                f"{ORDERS} | total_cents",
                "a# | c# | 2010-12-01T09:00 | 1000",
                "b# | c# | 2011-11-30T09:00 | 500",
                "d# | c# | 2011-12-02T09:00 | 9000",
            )
        },
        "15.00 GBP (15.00 GBP to 15.00 GBP)",
    ),
}


def found(tables: dict[str, str], present: frozenset[str] = frozenset(TABLES)) -> dict[str, Figure]:
    """Return every key figure of the night, by name."""
    with warehouse_of(**tables) as warehouse:
        build_journey(warehouse, cutoff=CUTOFF)
        evidence = read_evidence(
            warehouse, run_date=date(2011, 12, 31), cutoff=CUTOFF, present=present, assumed=Diagnosis()
        )
    return {figure.kpi.name: figure for figure in figures(evidence.kpis, present=present)}


@pytest.mark.parametrize("name", EXAMPLES)
def test_key_figures(name: str) -> None:
    """A figure with its interval, as it is told."""
    tables, said = EXAMPLES[name]

    assert told(found({"orders": ORDERS, **tables})[name], currency="GBP") == said


def test_every_key_figure_has_an_example() -> None:
    """A new one has to show what it counts."""
    assert set(EXAMPLES) == {kpi.name for kpi in KPIS}


def test_what_cannot_be_read_says_why() -> None:
    """Without its table, and with less than thirty observations that are old enough, there is no figure."""
    few = found({"orders": RECENT}, frozenset({"orders", "order_lines"}))

    assert told(few["return_rate"], currency="GBP") == "The data folder has no returns."
    assert told(few["repeat_rate"], currency="GBP") == (
        "There are 0 observations that are 90 days old or older; 30 are needed."
    )
    assert few["repeat_rate"].value is None
