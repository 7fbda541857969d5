"""A world's tickets as Zendesk's incremental export gives them: a page a line, with users and metrics beside them.

Tags are in lower case and without spaces, an inbound call is submitted by the agent who took it down, and the first
reply is told in whole minutes.
"""

from pathlib import Path

from personalization.simulation.exports.helpdesk import open_helpdesk
from personalization.simulation.exports.views import read_sql, write_lines


def write(data: Path, out: Path) -> None:
    """Write the tickets of the world in *data* as ``tickets.jsonl`` into *out*; none where it has no tickets."""
    if not (data / "tickets.parquet").exists():
        return
    with open_helpdesk(data) as connection:
        write_lines(connection, read_sql("zendesk", "pages"), out / "tickets.jsonl")
