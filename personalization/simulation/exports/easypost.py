"""A world as EasyPost's API would give it: pages of trackers with their scans, one page a line.

EasyPost follows what has a tracking number, and numbers trackers itself: an id here is ``trk_`` with the shipment's own
number. It knows no order, and not when a scan became known.
"""

from pathlib import Path

import duckdb

_TABLES = ("shipments", "tracking_events")
_SQL = Path(__file__).parent / "sql" / "easypost"


def write(data: Path, out: Path) -> None:
    """Write the parcels of the world in *data* into ``trackers.jsonl`` in *out*."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("CREATE MACRO at_utc(moment) AS strftime(moment, '%Y-%m-%dT%H:%M:%SZ')")
        connection.execute("CREATE MACRO is_country(region) AS coalesce(regexp_full_match(region, '[A-Z]{2}'), false)")
        for table in _TABLES:
            path = str(data / f"{table}.parquet").replace("'", "''")
            connection.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet('{path}')")
        select = (_SQL / "trackers.sql").read_text(encoding="utf-8")
        target = str(out / "trackers.jsonl").replace("'", "''")
        connection.execute(f"COPY ({select}) TO '{target}' (FORMAT json)")
