"""A world that WooCommerce exports and that is imported again is the same world, as far as WooCommerce carries it."""

from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from personalization.simulation.exports import woocommerce as exporter
from personalization.simulation.simulate import Wish, simulate_world
from personalization.sources.importing.importer import Asked, import_files
from personalization.sources.systems import SYSTEMS, woocommerce

# Whom a row is about; a parcel has no id in WooCommerce, only its number.
_KEYS = {"shipments": "order_id, tracking_no"}
# What the world tells and WooCommerce cannot: parcels without a number, the category of a variation, and that nothing
# was taken off is 0 there.
_AS_EXPORTED = {
    "shipments": "SELECT * FROM world WHERE tracking_no IS NOT NULL",
    "products": "SELECT * REPLACE (CASE WHEN variant_group IS NULL THEN category END AS category,"
    " CASE WHEN variant_group IS NULL THEN brand END AS brand) FROM world",
    "orders": "SELECT * REPLACE (coalesce(discount_cents, 0) AS discount_cents) FROM world",
    "order_lines": "SELECT * REPLACE (coalesce(discount_cents, 0) AS discount_cents) FROM world",
}


@pytest.fixture(scope="module", params=[3, 17])
def folders(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    root = tmp_path_factory.mktemp(f"seed-{request.param}")
    report = simulate_world(Wish(customers=120, seed=request.param, days=120, out=root / "world", systems=()))
    exported = root / "exported"
    exported.mkdir()
    exporter.write(root / "world", exported)
    now: datetime = report.last_night + timedelta(days=1)
    files = sorted(exported.glob("*.json"))
    asked = Asked(
        system=SYSTEMS["woocommerce"], files=files, out=root / "imported", now=now, currency="GBP", region="GB"
    )
    imported = import_files(asked, SYSTEMS)
    assert all(one.imported.quarantined == 0 for one in imported.files)
    return root / "world", root / "imported"


@pytest.mark.parametrize("table", sorted(woocommerce.SYSTEM.carries))
def test_what_woocommerce_carries_comes_back(folders: tuple[Path, Path], table: str) -> None:
    """Every row of a table comes back with every column that the adapter says WooCommerce holds, and no other row."""
    world, imported = folders
    columns = ", ".join(woocommerce.SYSTEM.carries[table])
    with duckdb.connect() as connection:
        connection.execute(f"CREATE VIEW world AS FROM read_parquet('{world / table}.parquet')")
        connection.execute(f"CREATE VIEW imported AS FROM read_parquet('{imported / table}.parquet')")
        order = _KEYS.get(table, "ALL")
        selected = _AS_EXPORTED.get(table, "SELECT * FROM world")
        expected = connection.sql(f"SELECT {columns} FROM ({selected}) ORDER BY {order}").fetchall()
        found = connection.sql(f"SELECT {columns} FROM imported ORDER BY {order}").fetchall()

    assert len(expected) > 0
    assert found == expected
