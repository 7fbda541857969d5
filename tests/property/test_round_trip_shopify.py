"""A world that Shopify exports and that is imported again is the same world, as far as Shopify carries it."""

from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from personalization.contracts import TABLES
from personalization.simulation.exports import shopify as exporter
from personalization.simulation.simulate import Wish, simulate_world
from personalization.sources.importing.importer import Asked, import_files
from personalization.sources.systems import SYSTEMS, shopify
from tests.lib.exports_of_shops import bytes_of, rows_of

_ORDER_FLAGS = ", ".join(
    f"CASE WHEN {name} THEN true END AS {name}" for name in ("is_gift", "is_subscription", "is_preorder")
)
_NO_WORD = "'return_to_sender', 'expired'"
_CREDITS = "'store_credit', 'gift_card', 'keep_item'"
# What the world tells and Shopify has no word for, or says in other words. Flags come of tags, so none is no false; a
# person merged into another is gone; only the last word on consent is kept, and a soft opt-in is none.
_AS_EXPORTED = {
    "orders": f"SELECT o.* REPLACE (coalesce(c.merged_into, o.customer_id) AS customer_id, {_ORDER_FLAGS})"
    " FROM world.orders AS o LEFT JOIN world.customers AS c USING (customer_id)",
    "customers": "SELECT * REPLACE (CASE WHEN is_b2b THEN true END AS is_b2b, CASE WHEN do_not_contact_reason IS NOT"
    " NULL THEN 'do not contact (tag)' END AS do_not_contact_reason) FROM world.customers WHERE merged_into IS NULL",
    "consents": "SELECT * REPLACE (CASE WHEN status = 'soft_opt_in' THEN 'never' ELSE status END AS status)"
    " FROM world.consents SEMI JOIN (FROM world.customers WHERE merged_into IS NULL) USING (customer_id)"
    " WHERE purpose = 'marketing' AND status <> 'unknown' AND channel IN ('email', 'sms')"
    " AND (channel = 'sms' OR customer_id IN (SELECT customer_id FROM world.customers WHERE email IS NOT NULL))"
    " AND (channel = 'email' OR customer_id IN (SELECT customer_id FROM world.customers WHERE phone IS NOT NULL))"
    " QUALIFY row_number() OVER (PARTITION BY customer_id, channel ORDER BY captured_at DESC) = 1",
    "products": "SELECT * REPLACE (lower(variant_group) AS variant_group,"
    " first_value(url) OVER (PARTITION BY coalesce(variant_group, sku) ORDER BY sku) AS url) FROM world.products",
    # A parcel of which nothing is known is "fulfilled", and taken to have left when it was.
    "shipments": f"SELECT * REPLACE (CASE WHEN status IN ({_NO_WORD}) THEN 'exception' ELSE status END AS status,"
    " coalesce(shipped_at, CASE WHEN status = 'unknown' THEN received_at END) AS shipped_at) FROM world.shipments",
    "tracking_events": f"SELECT * REPLACE (CASE WHEN status IN ({_NO_WORD}) THEN 'exception' ELSE status END AS status)"
    " FROM world.tracking_events WHERE status NOT IN ('unknown', 'cancelled')",
    "returns": "SELECT * REPLACE (CASE state WHEN 'received' THEN 'approved' WHEN 'expired' THEN 'cancelled'"
    " WHEN 'needs_review' THEN 'open' ELSE state END AS state, CASE WHEN outcome IN ('exchange', 'rejected') THEN"
    f" outcome WHEN state = 'closed' AND outcome IN ('refund', {_CREDITS}) THEN 'refund' END AS outcome)"
    " FROM world.returns",
    "return_lines": "SELECT l.* REPLACE (CASE l.reason WHEN 'damaged' THEN 'defective' ELSE l.reason END AS reason,"
    f" CASE WHEN r.state = 'closed' AND l.outcome IN ('refund', {_CREDITS}) THEN 'refund' END AS outcome)"
    " FROM world.return_lines AS l INNER JOIN world.returns AS r USING (return_id)",
}
# What the CSV files hold of it; lines have no ids there, refunds neither ids nor times.
_OF_SHEETS = {
    "orders": "order_id, name, placed_at, currency, total_cents, discount_cents, shipping_cents, tax_cents,"
    " financial_status, cancelled_at, channel, is_gift, is_subscription, is_preorder",
    "order_lines": "order_id, sku, qty, unit_price_cents, discount_cents",
    "customers": "customer_id, email, phone, first_name, country, is_b2b, do_not_contact_reason IS NOT NULL",
    "products": "sku, title, category, brand, product_type, price_cents, cost_cents, currency, is_in_stock, status,"
    " variant_group, size",
    "refunds": "order_id, sum(amount_cents)",
}


@pytest.fixture(scope="module", params=[29])
def folders(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the folders of a world, of its JSON lines imported again, and of its CSV files imported again."""
    root = tmp_path_factory.mktemp(f"seed-{request.param}")
    report = simulate_world(Wish(customers=400, seed=request.param, days=200, out=root / "world", systems=()))
    exported = root / "exported"
    exported.mkdir()
    exporter.write(root / "world", exported)
    now = report.last_night + timedelta(days=1)
    for form in ("jsonl", "csv"):
        files = sorted(exported.glob(f"*.{form}"))
        asked = Asked(system=SYSTEMS["shopify"], files=files, out=root / form, now=now, currency="GBP", region="GB")
        imported = import_files(asked, SYSTEMS)
        assert all(one.imported.quarantined == 0 and not one.imported.unknown_words for one in imported.files)
    return {name: root / name for name in ("world", "jsonl", "csv")}


@pytest.mark.parametrize("table", sorted(shopify.SYSTEM.carries))
def test_what_shopify_carries_comes_back(folders: dict[str, Path], table: str) -> None:
    """Every row of a table comes back with every column that the adapter says Shopify holds, and no other row."""
    columns = ", ".join(shopify.SYSTEM.carries[table])

    expected, found = _both(folders, table, columns, form="jsonl")
    assert len(expected) > 0
    assert found == expected


@pytest.mark.parametrize("table", sorted(_OF_SHEETS))
def test_the_csv_files_carry_their_part(folders: dict[str, Path], table: str) -> None:
    """Orders, lines, customers, products and refunded amounts come back from the CSV files too."""
    expected, found = _both(folders, table, _OF_SHEETS[table], form="csv")
    assert len(expected) > 0
    assert found == expected


def test_both_forms_in_any_order_give_the_same_tables(folders: dict[str, Path], tmp_path: Path) -> None:
    """CSV files and JSON lines of one shop, imported either way round, end in the same bytes, and no line is double."""
    exported = folders["world"].parent / "exported"
    sheets, lines = sorted(exported.glob("*.csv")), sorted(exported.glob("*.jsonl"))
    now = datetime(2030, 1, 1)
    shop = {"now": now, "exported_at": now, "currency": "GBP", "region": "GB"}
    for name, files in (("one", [*sheets, *lines]), ("other", [*lines, *sheets])):
        import_files(Asked(system=SYSTEMS["shopify"], files=files, out=tmp_path / name, **shop), SYSTEMS)

    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "other")
    assert rows_of(tmp_path / "one", "order_lines", "order_line_id, sku") == rows_of(
        folders["jsonl"], "order_lines", "order_line_id, sku"
    )


def test_orders_find_their_customers_by_address(folders: dict[str, Path]) -> None:
    """The orders CSV has no customer's id; the address leads to the buyer, or to who shares the mailbox or a name."""
    expected, found = _both(folders, "orders", "order_id, customer_id", form="csv")

    same = sum(row in set(found) for row in expected)
    assert same > 0.95 * len(expected)


def _both(
    folders: dict[str, Path], table: str, columns: str, *, form: str
) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """Return *columns* of the world's table as Shopify can tell it, and of the imported one, both sorted."""
    grouped = " GROUP BY order_id" if "sum(" in columns else ""
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA world")
        for name in TABLES:
            path = folders["world"] / f"{name}.parquet"
            if path.exists():
                connection.execute(f"CREATE VIEW world.{name} AS FROM read_parquet('{path}')")
        empty = ", ".join(f'CAST(NULL AS {column.kind}) AS "{column.name}"' for column in TABLES[table].columns)
        told = _AS_EXPORTED.get(table, f"SELECT * FROM world.{table}")
        whole = f"SELECT {empty} WHERE false UNION ALL BY NAME ({told})"
        expected = connection.sql(f"SELECT {columns} FROM ({whole}){grouped} ORDER BY ALL").fetchall()
        imported = f"read_parquet('{folders[form] / table}.parquet')"
        if table == "customers":
            imported = f"(FROM {imported} WHERE NOT starts_with(customer_id, 'guest-'))"
        found = connection.sql(f"SELECT {columns} FROM {imported}{grouped} ORDER BY ALL").fetchall()
    return expected, found
