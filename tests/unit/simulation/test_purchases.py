"""The purchases of a simulated shop: true to the contract, to their sums and calendar, and to the truth beside them."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from personalization.simulation.purchase_parameters import PURCHASES
from personalization.simulation.purchases import BEGIN, set_stage, write_purchases
from personalization.sources.folder import take_snapshot

DAYS = 500
UNTIL = BEGIN + timedelta(days=DAYS)
# Rare things are made common, so that a small world has each of them.
OFTEN = replace(
    PURCHASES,
    merged_customer_share=0.05,
    guest_registered_share=0.05,
    do_not_contact_share=0.05,
    test_share=0.02,
    discontinued_share=0.2,
    shared_mailbox_share=0.2,
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The purchases of 3,000 customers over 500 days."""
    folder = tmp_path_factory.mktemp("purchases")
    stage = set_stage(seed=3, until=UNTIL, parameters=OFTEN)
    write_purchases(folder, stage.numbers(3000), stage)
    return folder


def _rows(data: Path, query: str) -> list[tuple[Any, ...]]:
    """The rows of a query in which a table is named by its file, without the ending."""
    with duckdb.connect() as connection:
        for path in data.rglob("*.parquet"):
            connection.execute(f"CREATE VIEW {path.stem} AS FROM '{path}'")
        return connection.sql(query).fetchall()


def test_purchases_keep_the_contract(data: Path, tmp_path: Path) -> None:
    """No row is quarantined and no column is unknown; there are exactly as many customers as asked for."""
    taken = take_snapshot(data=data, out=tmp_path / "out", cutoff=UNTIL, now=UNTIL, max_bad_share=0.0)

    assert taken.quarantine.num_rows == 0
    assert not taken.extra_columns
    assert taken.counts["customers"].kept == 3000
    assert all(counts.later == 0 for counts in taken.counts.values())


def test_totals_add_up(data: Path) -> None:
    """An order's total is its lines less the discounts, with shipping and tax; its discount is that of its lines."""
    wrong = _rows(
        data,
        """
        SELECT order_id
        FROM orders
        JOIN (
            SELECT order_id, sum(qty * unit_price_cents) AS goods, sum(discount_cents) AS less
            FROM order_lines
            GROUP BY order_id
        ) USING (order_id)
        WHERE total_cents <> goods - less + shipping_cents + tax_cents OR discount_cents <> less
        """,
    )

    assert wrong == []
    assert _rows(data, "SELECT count(*) FROM orders ANTI JOIN order_lines USING (order_id)") == [(0,)]


def test_ids_are_numbers_in_the_order_of_their_rows(data: Path) -> None:
    """Every id is a number without leading zeros, unique, and the rows stand in its order."""
    for table, key in (("customers", "customer_id"), ("orders", "order_id"), ("order_lines", "order_line_id")):
        ids = [row[0] for row in _rows(data, f"SELECT {key} FROM {table}")]

        assert ids == sorted(set(ids))
        assert all(str(int(number)) == number for number in ids)
    assert _rows(data, "SELECT count(*) - count(DISTINCT name) FROM orders WHERE name SIMILAR TO '#[0-9]+'") == [(0,)]


def test_refills_come_in_the_true_cycle(data: Path) -> None:
    """Of one refill to the next pass as many days as the cycle says for its units, give or take a third."""
    [(median, near, count)] = _rows(
        data,
        """
        WITH bought AS (
            SELECT
                cycles.customer_id,
                date_diff('day', placed_at, lead(placed_at) OVER one) / (cycle_days * qty) AS share
            FROM cycles
            JOIN orders ON orders.customer_id = cycles.customer_id
            JOIN order_lines ON order_lines.order_id = orders.order_id AND order_lines.sku = cycles.sku
            WHERE placed_at >= begins_at AND placed_at < coalesce(ends_at, TIMESTAMP '2100-01-01')
            WINDOW one AS (PARTITION BY cycles.customer_id, cycles.sku, begins_at ORDER BY placed_at)
        )
        SELECT median(share), avg(CASE WHEN share BETWEEN 0.67 AND 1.4 THEN 1 ELSE 0 END), count(*)
        FROM bought WHERE share IS NOT NULL
        """,
    )

    assert count > 1000
    assert 0.95 < median < 1.05
    assert near > 0.85  # the others were out of stock, cancelled, or bought once more beside


def test_about_a_quarter_of_a_cohort_buys_again(tmp_path: Path) -> None:
    """Of the customers of the first months 24 to 34 % come back within a year (T5: 28 %); the others never do."""
    usual = set_stage(seed=3, until=UNTIL, parameters=PURCHASES)
    write_purchases(tmp_path, usual.numbers(6000), usual)
    [(again,)] = _rows(
        tmp_path,
        """
        WITH first AS (SELECT customer_id, min(placed_at) AS first_at FROM orders GROUP BY customer_id)
        SELECT avg(CASE WHEN back THEN 1 ELSE 0 END) FROM (
            SELECT bool_or(placed_at > first_at AND placed_at < first_at + INTERVAL 365 DAY) AS back
            FROM first JOIN orders USING (customer_id) WHERE first_at < TIMESTAMP '2024-05-01' GROUP BY customer_id
        )
        """,
    )

    assert 0.24 < again < 0.34


def test_peak_season_is_a_peak(data: Path) -> None:
    """Black Friday sells at least twice a usual day of its autumn, and fewer buy on Saturdays than on Sundays."""
    days = dict(_rows(data, "SELECT CAST(placed_at AS DATE), count(*) FROM orders GROUP BY ALL"))
    usual = np.mean([days.get(datetime(2024, 10, day).date(), 0) for day in range(1, 32)])
    [(saturdays, sundays)] = _rows(
        data,
        "SELECT count(*) FILTER (WHERE day = 6), count(*) FILTER (WHERE day = 7)"
        " FROM (SELECT isodow(placed_at) AS day FROM orders)",
    )

    assert days[datetime(2024, 11, 29).date()] > 2 * usual
    assert saturdays < sundays


def test_every_exception_is_planted(data: Path) -> None:
    """Each kind is there, began before the end, ends after it began, and names rows that are there."""
    found = _rows(data, "SELECT name, count(*), count(customer_id), count(order_id) FROM exceptions GROUP BY name")

    assert {name for name, *_ in found} == {
        *("gift_order", "guest_registered_later", "merged_customer", "address_change", "subscription_order"),
        *("b2b_order", "test_order", "pre_order", "digital_good", "bundle", "discontinued_product", "do_not_contact"),
        *("shared_mailbox", "same_email_two_cases"),
    }
    assert _rows(
        data,
        f"""
        SELECT count(*) FROM exceptions
        WHERE begins_at >= TIMESTAMP '{UNTIL}' OR ends_at < begins_at OR knowable_at >= TIMESTAMP '{UNTIL}'
            OR order_id NOT IN (SELECT order_id FROM orders)
            OR customer_id NOT IN (SELECT customer_id FROM customers)
        """,
    ) == [(0,)]
    assert _rows(data, "SELECT count(*) - count(DISTINCT exception_id) FROM exceptions") == [(0,)]


def test_orders_carry_their_exceptions(data: Path) -> None:
    """What is planted as a gift, a test or a subscription says so in the order, and nothing else does."""
    flags = {"gift_order": "is_gift", "test_order": "is_test", "subscription_order": "is_subscription"}
    for name, flag in flags.items():
        planted = _rows(data, f"SELECT order_id FROM exceptions WHERE name = '{name}' ORDER BY 1")

        assert planted == _rows(data, f"SELECT order_id FROM orders WHERE {flag} ORDER BY 1")


def test_merges_point_to_an_account_that_stays(data: Path) -> None:
    """Whoever was merged points to an older or registered account of the same person that was not merged itself."""
    merged = _rows(
        data,
        """
        SELECT
            kept.customer_id,
            kept.merged_into,
            abs(CAST(kept.customer_id AS BIGINT) - CAST(gone.customer_id AS BIGINT))
        FROM customers AS gone LEFT JOIN customers AS kept ON kept.customer_id = gone.merged_into
        WHERE gone.merged_into IS NOT NULL
        """,
    )

    assert len(merged) > 50
    assert {(kept is None, further, apart) for kept, further, apart in merged} == {(False, None, 1)}


def test_one_address_in_two_cases_and_of_two_people(data: Path) -> None:
    """Some guests come back under the same address in other letters, and some people use that of another person."""
    [(spelt, addresses, accounts)] = _rows(
        data,
        "SELECT count(DISTINCT email), count(DISTINCT lower(email)), count(email)"
        " FROM customers WHERE merged_into IS NULL",
    )

    assert addresses < spelt < accounts
    assert all(
        email.endswith(".example")
        for (email,) in _rows(data, "SELECT DISTINCT lower(email) FROM customers WHERE email IS NOT NULL")
    )
    assert _rows(data, "SELECT count(phone) - count(DISTINCT phone) FROM customers") == [(0,)]


def test_what_is_given_up_is_replaced(data: Path) -> None:
    """A sku that was given up is not sold after the last count of its stock, its successor is."""
    sold_on = _rows(
        data,
        """
        SELECT count(*)
        FROM products JOIN exceptions ON exceptions.sku = products.sku AND exceptions.name = 'discontinued_product'
        JOIN order_lines ON order_lines.sku = products.sku JOIN orders ON orders.order_id = order_lines.order_id
        WHERE placed_at >= begins_at
        """,
    )
    replaced = _rows(data, "SELECT count(*) FROM order_lines JOIN products USING (sku) WHERE replaces_sku IS NOT NULL")

    assert sold_on == [(0,)]
    assert replaced[0][0] > 0


def test_things_go_together(data: Path) -> None:
    """Grinders are bought with coffee beans far more often than lamps are."""
    [(grinders, lamps)] = _rows(
        data,
        """
        WITH baskets AS (
            SELECT order_id, list(DISTINCT category) AS held
            FROM order_lines JOIN products USING (sku)
            GROUP BY order_id
        )
        SELECT
            avg(CASE WHEN 'coffee beans' IN held THEN 1 ELSE 0 END) FILTER (WHERE 'coffee grinders' IN held),
            avg(CASE WHEN 'coffee beans' IN held THEN 1 ELSE 0 END) FILTER (WHERE 'lamps' IN held)
        FROM baskets
        """,
    )

    assert grinders > 0.3 > 5 * lamps
