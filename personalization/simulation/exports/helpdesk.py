"""What every helpdesk is told of a world's tickets: who wrote, about which order, and where the reason was noted."""

from pathlib import Path

import duckdb

from personalization.simulation.exports.views import open_world, read_sql

_TABLES = ("customers", "orders", "tickets")


def open_helpdesk(data: Path) -> duckdb.DuckDBPyConnection:
    """Return a connection with ``told``, one row a ticket of the world in *data*, in the order of their ids.

    Of every five tickets two have their reason in a tag, one in a field and two in the subject alone, in English or
    German; of every three one names its order in a field, one in a tag and one in the subject. Every other person is
    known to the helpdesk by the email address alone, where nobody else has it.
    """
    connection = open_world(data, _TABLES)
    connection.execute(f"CREATE TABLE told AS {read_sql('helpdesk', 'told')}")
    return connection
