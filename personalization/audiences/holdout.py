"""Holdouts: who is withheld from marketing so that its effect can be measured.

Chance is a salted hash, so the draw is the same on every run and machine; once drawn it is stored, and what is stored
wins over the hash, so a changed share moves nobody who has been drawn before.
"""

import math

import pyarrow as pa

from personalization.settings import Holdout
from personalization.warehouse import Warehouse

EVERYONE = "global"  # the program name under which the holdout from all marketing is kept


def below(percent: float) -> str:
    """Return the first 64-bit number, as 16 hexadecimal digits, that *percent* of all hashes lie below."""
    return f"{math.ceil(percent / 100 * 2**64):016x}"


def draw(warehouse: Warehouse, settings: Holdout) -> pa.Table:
    """Build ``holdout_draw`` for the winners of arbitration and return the new assignments, to be stored.

    Columns customer_id, program, is_withheld.
    """
    warehouse.build(
        "audiences/duckdb/holdout_draw",
        everyone=EVERYONE,
        salt=settings.salt,
        global_below=below(settings.global_percent),
        program_below=below(settings.program_percent),
    )
    return warehouse.connection.sql(
        "SELECT customer_id, program, is_withheld FROM holdout_draw WHERE is_new ORDER BY customer_id, program"
    ).to_arrow_table()
