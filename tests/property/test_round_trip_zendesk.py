"""A world that Zendesk exports and that is imported again is the same world, as far as Zendesk carries it."""

from pathlib import Path

import duckdb
import pytest

from personalization.simulation.exports import zendesk as exporter
from personalization.sources.systems import zendesk
from tests.lib.exports_of_shops import bring_in
from tests.lib.worlds_exported import platform_of, world_of

# The first reply is told in whole minutes; when a ticket was solved is asked of solved ones alone.
_AS_EXPORTED = (
    "SELECT * REPLACE (created_at + to_minutes(date_diff('minute', created_at, first_reply_at)) AS first_reply_at,"
    " CASE WHEN status IN ('solved', 'closed') THEN resolved_at END AS resolved_at) FROM world"
)


@pytest.fixture(scope="module", params=[3, 17])
def folders(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    root = tmp_path_factory.mktemp(f"seed-{request.param}")
    world, now = world_of(request.param)
    exported = root / "exported"
    exported.mkdir()
    exporter.write(world, exported)
    bring_in(root / "imported", "shopify", *platform_of(world, root / "platform"), now=now)
    [one] = bring_in(root / "imported", "zendesk", exported / "tickets.jsonl", now=now).files
    assert one.imported.quarantined == 0
    assert set(one.imported.classified) == {"tag", "field", "subject"}
    return world, root / "imported"


def test_what_zendesk_carries_comes_back(folders: tuple[Path, Path]) -> None:
    """Every ticket comes back with every column that the adapter says Zendesk holds, and no other ticket."""
    world, imported = folders
    columns = ", ".join(zendesk.SYSTEM.carries["tickets"])
    with duckdb.connect() as connection:
        connection.execute(f"CREATE VIEW world AS FROM read_parquet('{world / 'tickets'}.parquet')")
        connection.execute(f"CREATE VIEW imported AS FROM read_parquet('{imported / 'tickets'}.parquet')")
        expected = connection.sql(f"SELECT {columns} FROM ({_AS_EXPORTED}) ORDER BY ticket_id").fetchall()
        found = connection.sql(f"SELECT {columns} FROM imported ORDER BY ticket_id").fetchall()

    assert len(expected) > 10
    assert found == expected
