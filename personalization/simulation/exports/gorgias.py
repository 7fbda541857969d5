"""A world's tickets as Gorgias' API lists them: a page a line, each ticket with its tags, fields and customer.

Gorgias knows two states alone, open and closed; what waits is put off until later (snoozed).
"""

from pathlib import Path

from personalization.simulation.exports.helpdesk import open_helpdesk
from personalization.simulation.exports.views import read_sql, write_lines


def write(data: Path, out: Path) -> None:
    """Write the tickets of the world in *data* as ``tickets.jsonl`` into *out*; none where it has no tickets."""
    if not (data / "tickets.parquet").exists():
        return
    with open_helpdesk(data) as connection:
        write_lines(connection, read_sql("gorgias", "pages"), out / "tickets.jsonl")
