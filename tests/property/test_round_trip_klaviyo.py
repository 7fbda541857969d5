"""A world that Klaviyo exports and that is imported again is the same world, as far as Klaviyo carries it."""

from pathlib import Path

import duckdb
import pytest

from personalization.simulation.exports import klaviyo as exporter
from personalization.sources.systems import klaviyo
from tests.lib.exports_of_shops import bring_in
from tests.lib.worlds_exported import platform_of, world_of

# Klaviyo knows the newest word alone, calls whoever neither said yes nor took it back never subscribed, and puts
# suppression above every word but an unsubscribe; who never said anything never did so by the day of the export.
_CONSENTS = """
WITH newest AS (
    SELECT customer_id, channel, purpose, max(captured_at) AS said_at, arg_max(status, captured_at) AS word
    FROM world WHERE (channel, purpose) IN (('email', 'marketing'), ('sms', 'marketing'), ('sms', 'transactional'))
    GROUP BY ALL
),
everybody AS (
    SELECT c.customer_id, 'email' AS channel, 'marketing' AS purpose, n.said_at, n.word, s.suppressed_at
    FROM customers AS c
    LEFT JOIN newest AS n ON n.customer_id = c.customer_id AND n.channel = 'email'
    LEFT JOIN suppressions AS s ON s.address_hash = sha256(lower(trim(c.email)))
    UNION ALL
    SELECT *, NULL FROM newest WHERE channel = 'sms'
)
SELECT customer_id, channel, purpose,
    CASE WHEN word IS DISTINCT FROM 'unsubscribed' AND suppressed_at IS NOT NULL THEN greatest(said_at, suppressed_at)
        ELSE coalesce(said_at, $now) END AS captured_at,
    CASE WHEN word = 'unsubscribed' THEN word WHEN suppressed_at IS NOT NULL THEN 'suppressed'
        WHEN word = 'subscribed' THEN word ELSE 'never' END AS status
FROM everybody
"""
_AS_EXPORTED = {
    "customers": "FROM world",
    "consents": _CONSENTS,
    "suppressions": "FROM world WHERE address_hash IN (SELECT sha256(lower(trim(email))) FROM customers)",
}


@pytest.fixture(scope="module", params=[3, 17])
def folders(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    root = tmp_path_factory.mktemp(f"seed-{request.param}")
    world, now = world_of(request.param)
    exported = root / "exported"
    exported.mkdir()
    exporter.write(world, exported)
    bring_in(root / "imported", "shopify", *platform_of(world, root / "platform", is_sparse=True), now=now)
    [one] = bring_in(root / "imported", "klaviyo", exported / "profiles.jsonl", now=now, exported_at=now).files
    assert one.imported.quarantined == 0
    return world, root / "imported", now.isoformat()


@pytest.mark.parametrize("table", sorted(klaviyo.SYSTEM.carries))
def test_what_klaviyo_carries_comes_back(folders: tuple[Path, Path, str], table: str) -> None:
    """Every row of a table comes back with every column that the adapter says Klaviyo holds, and no other row."""
    world, imported, now = folders
    columns = ", ".join(klaviyo.SYSTEM.carries[table])
    with duckdb.connect() as connection:
        for name in ("customers", "suppressions"):
            connection.execute(f"CREATE VIEW {name} AS FROM read_parquet('{world / name}.parquet')")
        connection.execute(f"CREATE VIEW world AS FROM read_parquet('{world / table}.parquet')")
        connection.execute(f"CREATE VIEW imported AS FROM read_parquet('{imported / table}.parquet')")
        selected = _AS_EXPORTED[table].replace("$now", f"TIMESTAMP '{now}'")
        expected = connection.sql(f"SELECT {columns} FROM ({selected}) ORDER BY ALL").fetchall()
        found = connection.sql(f"SELECT {columns} FROM imported ORDER BY ALL").fetchall()

    assert len(expected) > 0
    assert found == expected
