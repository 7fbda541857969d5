"""A world as AfterShip's API would give it: pages of trackings with their checkpoints, one page a line.

AfterShip follows what has a tracking number. A shop that adds trackings itself gives them its own ids, so the ids here
are those of the world's shipments; times are written with their offset, countries in three letters.
"""

from pathlib import Path

import duckdb
from babel.core import get_global

_TABLES = ("shipments", "tracking_events", "orders")
_SQL = Path(__file__).parent / "sql" / "aftership"


def write(data: Path, out: Path) -> None:
    """Write the parcels of the world in *data* into ``trackings.jsonl`` in *out*."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        _define_forms(connection)
        for table in _TABLES:
            path = str(data / f"{table}.parquet").replace("'", "''")
            connection.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet('{path}')")
        select = (_SQL / "trackings.sql").read_text(encoding="utf-8")
        target = str(out / "trackings.jsonl").replace("'", "''")
        connection.execute(f"COPY ({select}) TO '{target}' (FORMAT json)")


def _define_forms(connection: duckdb.DuckDBPyConnection) -> None:
    """Define how AfterShip writes a time, a day and a country, and how the world's regions tell a country."""
    aliases = get_global("territory_aliases")
    codes = {found[0]: code for code, found in sorted(aliases.items()) if len(code) == 3 and code.isalpha()}
    pairs = ", ".join(f"'{two}': '{three}'" for two, three in sorted(codes.items()) if len(aliases[three]) == 1)
    connection.execute("CREATE MACRO at_gmt(moment) AS strftime(moment, '%Y-%m-%dT%H:%M:%S+00:00')")
    connection.execute("CREATE MACRO on_day(day) AS strftime(day, '%Y-%m-%d')")
    connection.execute("CREATE MACRO is_country(region) AS coalesce(regexp_full_match(region, '[A-Z]{2}'), false)")
    connection.execute(f"CREATE MACRO three_letters(code) AS MAP {{{pairs}}}[code]")
