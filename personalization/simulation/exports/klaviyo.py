"""A world's customers as Klaviyo's API lists them: a page a line, each profile with what it agreed to now.

Klaviyo knows the newest word alone, and no other than subscribed, unsubscribed and never subscribed: who did not
object, has not confirmed yet or of whom nothing is known never subscribed there. Only addresses of profiles can be
suppressed in it: whom the world's list has as the digest of somebody else's address, it cannot say.
"""

from pathlib import Path

import duckdb
from babel import Locale

from personalization.simulation.exports.views import open_world, read_sql, write_lines

_TABLES = ("customers", "consents", "suppressions")


def write(data: Path, out: Path) -> None:
    """Write the customers of the world in *data* as ``profiles.jsonl`` into *out*."""
    with open_world(data, _TABLES) as connection:
        _define_countries(connection)
        write_lines(connection, read_sql("klaviyo", "pages"), out / "profiles.jsonl")


def _define_countries(connection: duckdb.DuckDBPyConnection) -> None:
    """Define the English names of countries, which stand for their codes."""
    named = [(code, name) for code, name in sorted(Locale("en").territories.items()) if len(code) == 2]
    pairs = ", ".join("'{}': '{}'".format(code, name.replace("'", "''")) for code, name in named)
    connection.execute(f"CREATE MACRO country_name(code) AS MAP {{{pairs}}}[code]")
