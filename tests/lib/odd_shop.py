"""A small shop in which every odd thing happens: a cut of the demo shop, and exceptions strewn over it by rule."""

from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from personalization import preparation
from personalization.contracts import TABLES
from personalization.records import AsOf
from personalization.settings import load_shop
from personalization.sources.folder import Snapshot, take_snapshot
from personalization.warehouse import Warehouse

ROOT = Path(__file__).parents[2]

# Each statement strikes every so many rows, counted by "place" in the order of the table's key. The run date is
# 2011-11-20.
ODDITIES = (
    # people: merged in a chain, in a circle, into nobody and into themselves; businesses; no address
    "UPDATE customers SET is_b2b = TRUE WHERE place % 20 = 1",
    """UPDATE customers AS c SET merged_into = n.customer_id
       FROM customers AS n WHERE n.place = c.place + 1 AND c.place % 20 IN (2, 3)""",
    """UPDATE customers AS c SET merged_into = n.customer_id
       FROM customers AS n WHERE c.place % 20 = 5 AND n.place = c.place + 1""",
    """UPDATE customers AS c SET merged_into = n.customer_id
       FROM customers AS n WHERE c.place % 20 = 6 AND n.place = c.place - 1""",
    "UPDATE customers SET merged_into = CASE WHEN place % 40 = 7 THEN '' ELSE customer_id END WHERE place % 20 = 7",
    "UPDATE customers SET email = CASE WHEN place % 40 = 8 THEN NULL ELSE '' END WHERE place % 20 = 8",
    "UPDATE customers SET email = '\t ÉVA.' || upper(email) || ' \n' WHERE place % 20 = 9",
    "UPDATE customers SET do_not_contact_reason = 'asked by letter' WHERE place % 20 IN (3, 10)",
    "UPDATE customers SET timezone = NULL, country = NULL WHERE place % 20 = 11",
    "DELETE FROM customers WHERE place % 20 = 12",
    "UPDATE consents SET captured_at = '2011-11-19 23:30:00' WHERE place % 4 = 1",
    "UPDATE consents SET status = 'unsubscribed', captured_at = '2011-11-19 23:30:00.000001' WHERE place % 30 = 2",
    # goods: bundles, also of themselves and of nothing, sizes, no price, hostile titles, unknown to the catalogue
    """UPDATE products AS p SET bundle_of = [p.sku, n.sku]
       FROM products AS n WHERE n.place = p.place + 1 AND p.place % 9 = 1""",
    "UPDATE products SET bundle_of = [] WHERE place % 90 = 2",
    "UPDATE products SET variant_group = 'group ' || (place // 9) WHERE place % 9 < 3",
    "UPDATE products SET price_cents = 0 WHERE place % 50 = 4",
    "UPDATE products SET cost_cents = price_cents // 3 WHERE place % 5 = 1",
    "UPDATE products SET margin_share = 0.1 + place % 7 / 10 WHERE place % 5 = 2",
    "UPDATE products SET is_in_stock = place % 10 = 3 WHERE place % 5 = 3",
    "UPDATE products SET title = 'Ö''%s \"é\" {} \\ \n$1' WHERE place % 30 = 5",
    "UPDATE products SET product_type = 'digital' WHERE place % 25 = 6",
    "UPDATE products SET category = NULL WHERE place % 6 = 1",
    "DELETE FROM products WHERE place % 25 = 7",
    # orders: late in the evening, at the same moment, cancelled, for someone else, by subscription, not real
    "UPDATE orders SET placed_at = CAST(placed_at AS DATE) + INTERVAL '23 hours 30 minutes' WHERE place % 5 = 1",
    """UPDATE orders SET placed_at = CAST(placed_at AS DATE) + INTERVAL '12 hours', received_at = NULL
       WHERE place % 5 = 2""",
    "UPDATE orders SET placed_at = placed_at - INTERVAL '1 microsecond' WHERE place % 5 = 3",
    "UPDATE orders SET cancelled_at = placed_at + INTERVAL '3 hours' WHERE place % 40 = 3",
    "UPDATE orders SET is_test = place % 80 = 4 WHERE place % 40 = 4",
    """UPDATE orders SET financial_status = CASE WHEN place % 80 = 5 THEN 'voided' ELSE 'expired' END
       WHERE place % 40 = 5""",
    "UPDATE orders SET is_gift = TRUE WHERE place % 15 = 6",
    "UPDATE orders SET recipient_customer_id = (SELECT min(customer_id) FROM customers) WHERE place % 15 = 7",
    "UPDATE orders SET is_subscription = place % 10 = 8 WHERE place % 5 = 3",
    "UPDATE orders SET promised_by_on = CAST(placed_at AS DATE) + 4 WHERE place % 3 = 1",
    "UPDATE order_lines SET qty_cancelled = CASE WHEN place % 60 = 1 THEN qty ELSE 1 END WHERE place % 30 = 1",
    "DELETE FROM order_lines WHERE order_id IN (SELECT order_id FROM orders WHERE place % 90 = 8)",
    # parcels: whose contents are not told, without a carrier, sent back, stuck, scanned twice at the same moment
    """UPDATE shipments SET carrier = CASE WHEN place % 40 = 1 THEN NULL ELSE ' Big, Red/Van ' END, service = ' '
       WHERE place % 20 = 1""",
    "UPDATE shipments SET tracking_no = CASE WHEN place % 40 = 2 THEN NULL ELSE ' ' END WHERE place % 20 = 2",
    "UPDATE shipments SET status = 'return_to_sender', delivered_at = NULL WHERE place % 25 = 3",
    "UPDATE shipments SET shipped_at = NULL, delivered_at = NULL, received_at = NULL WHERE place % 60 = 4",
    "DELETE FROM tracking_events WHERE shipment_id IN (SELECT shipment_id FROM shipments WHERE place % 25 IN (3, 5))",
    "DELETE FROM shipment_lines WHERE shipment_id IN (SELECT shipment_id FROM shipments WHERE place % 6 = 0)",
    """UPDATE tracking_events SET occurred_at = CAST(occurred_at AS DATE) + INTERVAL '23 hours 30 minutes'
       WHERE place % 3 = 0""",
    "UPDATE tracking_events SET received_at = date_trunc('day', received_at) + INTERVAL '1 day' WHERE place % 3 < 2",
    """UPDATE tracking_events
       SET status = ['exception', 'attempt_failed', 'unknown', 'return_to_sender'][place // 40 % 4 + 1]
       WHERE place % 40 = 7""",
    """UPDATE tracking_events SET occurred_at = '2011-11-18 23:30:00', received_at = '2011-11-19 00:00:00',
              status = CASE WHEN status = 'delivered' THEN 'exception' ELSE status END
       WHERE shipment_id IN (SELECT shipment_id FROM shipments WHERE place % 150 = 9)""",
    "UPDATE shipments SET status = 'in_transit', delivered_at = NULL WHERE place % 150 = 9",
    # what went wrong around the newest orders
    """INSERT INTO tickets BY NAME
       SELECT 'odd-' || order_id AS ticket_id, CASE WHEN place % 2 = 0 THEN customer_id END AS customer_id, order_id,
              ['open', 'solved', 'new', 'closed'][place // 18 % 4 + 1] AS status,
              ['wismo', 'other'][place // 18 % 2 + 1] AS reason,
              TIMESTAMP '2011-11-16 23:30:00' AS created_at,
              CASE WHEN place // 18 % 4 = 1 THEN TIMESTAMP '2011-11-19 23:30:00' END AS resolved_at,
              place % 7 = 0 AS is_spam
       FROM orders WHERE placed_at >= '2011-09-20' AND place % 18 = 1""",
    """INSERT INTO claims BY NAME
       SELECT 'odd-' || order_id AS claim_id, order_id,
              ['lost', 'warranty', 'not_received', 'damaged'][place % 4 + 1] AS type,
              ['open', 'Settled', 'PAID', 'é'][place // 9 % 4 + 1] AS state,
              TIMESTAMP '2011-11-10 23:30:00' AS opened_at,
              CASE WHEN place % 3 = 0 THEN TIMESTAMP '2011-11-12 00:00:00' END AS resolved_at
       FROM orders WHERE placed_at >= '2011-09-20' AND place % 9 = 2""",
    """INSERT INTO claims BY NAME
       SELECT 'early-' || order_id AS claim_id, order_id, 'warranty' AS type, 'Settled' AS state,
              TIMESTAMP '2011-10-12 23:30:00' AS opened_at, TIMESTAMP '2011-10-14 12:00:00' AS decided_at,
              CASE WHEN place % 2 = 0 THEN opened_at + INTERVAL '1 day' * (place % 50) END AS resolved_at,
              place % 4 = 0 AS is_reopened
       FROM orders WHERE placed_at >= '2011-09-20' AND place % 9 = 3""",
    """INSERT INTO chargebacks BY NAME
       SELECT 'odd-' || order_id AS chargeback_id, order_id, placed_at + INTERVAL '2 days' AS opened_at
       FROM orders WHERE placed_at >= '2011-05-01' AND place % 17 = 3""",
    """INSERT INTO returns BY NAME
       SELECT 'odd-' || order_id AS return_id, order_id,
              ['open', 'closed', 'approved', 'cancelled'][place // 8 % 4 + 1] AS state,
              TIMESTAMP '2011-11-15 23:30:00' AS requested_at,
              ['exchange', 'refund', NULL, 'rejected'][place // 8 % 4 + 1] AS outcome
       FROM orders WHERE placed_at >= '2011-09-20' AND place % 8 = 4""",
    """INSERT INTO return_lines BY NAME
       SELECT r.return_id, l.order_line_id, 1 AS qty, ['other', 'allergy'][l.place % 2 + 1] AS reason FROM returns AS r
       INNER JOIN order_lines AS l ON l.order_id = r.order_id WHERE r.return_id LIKE 'odd-%' AND l.place % 3 = 0""",
    """INSERT INTO returns BY NAME
       SELECT 'swap-' || order_id AS return_id, order_id, 'closed' AS state, 'exchange' AS outcome,
              placed_at + INTERVAL '1 hour' AS requested_at, placed_at + INTERVAL '9 days' AS closed_at
       FROM orders WHERE placed_at BETWEEN '2011-09-20' AND '2011-11-05' AND place % 16 = 5""",
    """INSERT INTO return_lines BY NAME
       SELECT r.return_id, min(l.order_line_id) AS order_line_id, 1 AS qty, 'other' AS reason,
              (SELECT min(sku) FROM products) AS exchange_sku
       FROM returns AS r INNER JOIN order_lines AS l ON l.order_id = r.order_id
       WHERE r.return_id LIKE 'swap-%' GROUP BY r.return_id""",
    """INSERT INTO refunds BY NAME
       SELECT return_id AS refund_id, order_id, 0 AS amount_cents, requested_at AS refunded_at
       FROM returns WHERE return_id LIKE 'odd-%'""",
    # mail: from our programs, without a program, twice at the same moment, and what people did with it
    "UPDATE messages SET program = NULL WHERE place % 30 = 1",
    """UPDATE messages SET program = ['replenishment', 'onboarding', 'cross_sell'][place % 3 + 1], class = 'marketing'
       WHERE place % 30 = 2""",
    "UPDATE messages SET sent_at = '2011-11-15 23:30:00' WHERE place % 30 < 3",
    """INSERT INTO engagement BY NAME
       SELECT message_id, ['unsubscribe', 'complaint', 'bounce_hard', 'open'][place // 20 % 4 + 1] AS type,
              sent_at + INTERVAL '5 minutes' AS occurred_at
       FROM messages WHERE place % 20 = 4""",
    """INSERT INTO engagement BY NAME
       SELECT message_id, ['delivered', 'unsubscribe', 'complaint', 'bounce_soft'][place % 4 + 1] AS type,
              sent_at + INTERVAL '7 minutes' AS occurred_at
       FROM messages WHERE place % 20 <> 4 AND sent_at >= '2011-10-25'""",
)

# What a consistent shop never shows to the rules of audiences, which guard against it all the same.
IMPOSSIBLE = (
    "UPDATE order_state SET is_cancelled = TRUE WHERE rowid % 2 = 0",
    "UPDATE order_state SET is_test = TRUE WHERE rowid % 2 = 1",
    "UPDATE line_state SET is_delivered = FALSE WHERE rowid % 3 = 0",
    "DELETE FROM order_state WHERE order_id IN (SELECT min(order_id) FROM considered GROUP BY program)",
    "UPDATE orders SET is_subscription = TRUE WHERE rowid % 2 = 0",
    "UPDATE audience_people SET is_merged_away = TRUE WHERE rowid % 2 = 1",
    """DELETE FROM cross_sell_items
       WHERE customer_id IN (SELECT customer_id FROM considered WHERE program = 'cross_sell')""",
    """UPDATE audience_consent SET status = 'soft_opt_in'
       WHERE customer_id IN (SELECT customer_id FROM considered WHERE program = 'cross_sell')""",
    "UPDATE audience_consent SET captured_at = NULL WHERE source IS NOT NULL AND rowid % 2 = 1",
    "UPDATE consent_counts SET status = 'none' WHERE status = 'soft_opt_in'",
    """INSERT INTO considered SELECT * REPLACE ('partial_delivery' AS program, order_id AS subject)
       FROM considered WHERE program = 'delay_notice'""",
    """UPDATE parcel_state SET last_event_at = '2011-11-01 10:00:00' WHERE carrier_scope IN (
           SELECT p.carrier_scope FROM parcel_state AS p INNER JOIN considered AS c ON c.order_id = p.order_id
           WHERE p.is_open AND c.program = 'delay_notice')""",
)


def cut_snapshot(folder: Path) -> Snapshot:
    """Write the snapshot of a tenth of the demo shop into *folder*: about 180 customers, and guests."""
    purchases = []
    for sample in sorted((ROOT / "demo").glob("*.parquet")):
        customer = next(name for name in pq.read_schema(sample).names if name.startswith("Customer"))
        part = folder / sample.name
        duckdb.execute(
            f"COPY (SELECT * FROM read_parquet('{sample}') WHERE coalesce(CAST(\"{customer}\" AS BIGINT) % 10, "
            f"minute(InvoiceDate) % 10) = 3) TO '{part}' (FORMAT parquet)"
        )
        purchases.append(part)
    preparation.prepare_demo_shop(shop_file=ROOT / "shop.toml", out=folder / "data", purchases=purchases)
    shop = load_shop(ROOT / "shop.toml")
    assert shop.date
    assert shop.now
    return take_snapshot(
        data=folder / "data",
        out=folder / "snapshot",
        cutoff=AsOf(run_date=shop.date, timezone=shop.timezone).cutoff,
        now=shop.now,
        max_bad_share=shop.imports.max_bad_share,
    )


def load_odd_shop(warehouse: Warehouse, snapshot: Path) -> None:
    """Load the canonical tables of a snapshot and make the shop odd."""
    warehouse.load_canonical(Path("nowhere"))
    for name, table in TABLES.items():
        if (path := snapshot / f"{name}.parquet").exists():
            warehouse.load_arrow(name, pq.read_table(path))
        warehouse.connection.execute(
            f'CREATE OR REPLACE TABLE "{name}" AS '
            f'SELECT *, row_number() OVER (ORDER BY {", ".join(table.key)}) - 1 AS place FROM "{name}"'
        )
    for statement in ODDITIES:
        warehouse.connection.execute(statement).fetchall()
    for name in TABLES:
        warehouse.connection.execute(f'ALTER TABLE "{name}" DROP COLUMN place')


def make_impossible(warehouse: Warehouse) -> None:
    """Change what the stages before audiences built into what they would never build."""
    for statement in IMPOSSIBLE:
        warehouse.connection.execute(statement).fetchall()
