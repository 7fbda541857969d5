"""A small night for the tests of audiences: tables as text, the journey built from them, scores as text."""

import hashlib
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa

from personalization.audiences import Audience, build_decisions, load_segments
from personalization.audiences.segments import Segment
from personalization.journey import build_journey
from personalization.records import AsOf
from personalization.settings import Shop, load_shop
from personalization.store.unsubscribes import UNSUBSCRIBES
from personalization.warehouse import Warehouse
from tests.lib.tables import rows, warehouse_of

ROOT = Path(__file__).parents[3]
RUN_DATE = date(2011, 11, 20)
CUTOFF = AsOf(run_date=RUN_DATE, timezone="Europe/London").cutoff
SHOP: Shop = load_shop(ROOT / "shop.toml").model_copy(
    update={
        "holdout": load_shop(ROOT / "shop.toml").holdout.model_copy(update={"global_percent": 0, "program_percent": 0})
    }
)
SEGMENTS: tuple[Segment, ...] = load_segments(ROOT / "segments", frozenset(SHOP.programs))

REPLENISHMENT = pa.schema(
    [
        ("customer_id", pa.string()),
        ("sku", pa.string()),
        ("due_on", pa.date32()),
        ("due_on_early", pa.date32()),
        ("due_on_late", pa.date32()),
        ("buy_probability", pa.float64()),
        ("basis", pa.string()),
        ("purchases", pa.int64()),
        ("interval_days", pa.float64()),
        ("last_bought_on", pa.date32()),
        ("supply_from_on", pa.date32()),
        ("supply_units", pa.int64()),
        ("usual_gap_days", pa.int64()),
        ("gap_low_days", pa.int64()),
        ("gap_high_days", pa.int64()),
    ]
)
CANDIDATES = pa.schema(
    [
        ("customer_id", pa.string()),
        ("sku", pa.string()),
        ("rank", pa.int64()),
        ("score", pa.float64()),
        ("is_repeat", pa.bool_()),
        ("source", pa.string()),
        ("because_sku", pa.string()),
        ("support", pa.int64()),
    ]
)
CUSTOMERS_SCORES = pa.schema(
    [
        ("customer_id", pa.string()),
        ("repeat_probability_90d", pa.float64()),
        ("expected_orders_365d", pa.float64()),
        ("expected_value_365d_cents", pa.int64()),
        ("days_since_order", pa.int64()),
        ("order_count", pa.int64()),
    ]
)
READINESS = pa.schema(
    [("check", pa.string()), ("scope", pa.string()), ("program", pa.string()), ("verdict", pa.string())]
)

# A customer who is glad to hear from the shop, whose line arrived two days before the night.
CUSTOMERS = """
customer_id | email             | timezone
ann         | ann@shop.example  | Europe/London
"""
CONSENTS = """
customer_id | captured_at      | status     | source
ann         | 2011-01-05T10:00 | subscribed | test
"""
PRODUCTS = """
sku    | title         | product_type | category | price_cents | cost_cents
CANDLE | Tea lights    | consumable   | candles  | 400         | 200
NAPKIN | Napkins       | consumable   | paper    | 300         | 150
CLOCK  | Station clock | considered   | clocks   | 4000        | 2000
HOLDER | Candle holder | durable      | candles  | 900         | 450
JUG    | Enamel jug    | durable      | kitchen  | 1500        | 750
"""
ORDERS = """
order_id | customer_id | placed_at
o1       | ann         | 2011-11-15T09:00
"""
ORDER_LINES = """
order_line_id | order_id | sku    | qty | unit_price_cents
l1            | o1       | CANDLE | 2   | 400
"""
SHIPMENTS = """
shipment_id | order_id | carrier    | shipped_at       | status    | delivered_at
s1          | o1       | royal-mail | 2011-11-16T09:00 | delivered | 2011-11-18T12:00
"""
SCORES = """
customer_id | repeat_probability_90d | days_since_order | order_count
ann         | 0.4                    | 5                | 1
"""


def table(schema: pa.Schema, text: str) -> pa.Table:
    """Return a table of *schema* from text; columns that are not given are null."""
    given = rows(text)
    parsers = {
        pa.string(): str,
        pa.int64(): int,
        pa.float64(): float,
        pa.date32(): date.fromisoformat,
        pa.bool_(): lambda cell: cell == "true",
    }
    columns = [
        pa.array(
            [None if row.get(field.name) is None else parsers[field.type](row[field.name]) for row in given],
            type=field.type,
        )
        for field in schema
    ]
    return pa.table(columns, schema=schema)


def world(
    *,
    replenishment: str = "customer_id",
    candidates: str = "customer_id",
    scores: str = SCORES,
    **tables: str,
) -> Warehouse:
    """Return a warehouse with Ann's order or the tables given in its place, the journey built, the scores loaded."""
    usual = {
        "customers": CUSTOMERS,
        "consents": CONSENTS,
        "products": PRODUCTS,
        "orders": ORDERS,
        "order_lines": ORDER_LINES,
        "shipments": SHIPMENTS,
    }
    warehouse = warehouse_of(**{**usual, **tables})
    build_journey(warehouse, cutoff=CUTOFF, timezone=SHOP.timezone)
    warehouse.load_arrow("replenishment", table(REPLENISHMENT, replenishment))
    warehouse.load_arrow("candidates", table(CANDIDATES, candidates))
    warehouse.load_arrow("customers_scores", table(CUSTOMERS_SCORES, scores))
    return warehouse


def in_holdout(customer_id: str, *, salt: str, program: str, percent: float) -> bool:
    """Return whether a customer is withheld from *program*: the definition in plain words, to hold the SQL against."""
    digest = hashlib.sha256(f"{salt}:{program}:{customer_id}".encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64 < percent / 100


def passing(shop: Shop = SHOP, **verdicts: str) -> pa.Table:
    """Return readiness in which every required check passes, but for *verdicts*: check = verdict."""
    found = [
        {"check": check, "scope": "shop", "program": name, "verdict": verdicts.get(check, "pass")}
        for name, program in shop.programs.items()
        for check in program.requires
    ]
    return pa.Table.from_pylist(found, schema=READINESS)


def decide(
    warehouse: Warehouse,
    *,
    shop: Shop = SHOP,
    readiness: pa.Table | None = None,
    segments: tuple[Segment, ...] = SEGMENTS,
    sent_before: pa.Table | None = None,
    holdouts_before: pa.Table | None = None,
    unsubscribes: pa.Table | None = None,
) -> Audience:
    """Return what is decided on the night."""
    return build_decisions(
        warehouse,
        run_date=RUN_DATE,
        cutoff=CUTOFF,
        shop=shop,
        segments=segments,
        readiness=passing(shop) if readiness is None else readiness,
        sent_before=sent_before,
        holdouts_before=holdouts_before,
        unsubscribes=unsubscribes,
    )


def left_by_link(*customers: str, at: datetime) -> pa.Table:
    """Return that *customers* unsubscribed at an instant by the link of a message each."""
    rows = [
        {"message_id": f"of {name}", "customer_id": name, "channel": "email", "unsubscribed_at": at}
        for name in customers
    ]
    return pa.Table.from_pylist(rows, schema=UNSUBSCRIBES)


def verdicts(audience: Audience) -> dict[tuple[str, str, str], tuple[str, tuple[str, ...]]]:
    """Return (customer, program, subject) → verdict and reasons."""
    return {
        (row["customer_id"], row["program"], row["subject"]): (row["verdict"], tuple(row["reasons"]))
        for row in audience.decisions.to_pylist()
    }
