"""Writes and reads ``truth/left_alone.parquet``: who must be left alone, when and why, and when the shop could know it.

A row is one reason and one interval of nights: a night n is the day whose end is the cutoff, in UTC, and a row holds on
n where from_on <= n < until_on. knowable_from_on is the first night at whose end the shop's own data, by received_at,
told of it; null is never within the world. knowable_until_on is the first night at whose end they told that it was
over. A row with from_on = until_on only looked so to the shop, such as a parcel whose last scan came late.

scope says what a row forbids to the program, or to all where program is null: ``customer`` every message (order_id and
sku are evidence), ``order`` messages about the order or counted from it, ``item`` messages about the sku,
``order_item`` those about the sku in that order, ``category`` those about any product of the category. certainty is
``must`` where a message would be wrong and ``should`` where a careful shop would wait.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from personalization.errors import BadInput
from personalization.simulation.truth.reasons import OF_THE_PROFILE, REASONS
from personalization.simulation.truth.tables import TRUTH, prepare, sql

LEFT_ALONE = f"{TRUTH}/left_alone.parquet"
TABLES_READ = (
    *("customers", "products", "orders", "order_lines", "shipments", "shipment_lines", "tracking_events"),
    *("tickets", "returns", "return_lines", "refunds", "claims", "chargebacks"),
    *("consents", "suppressions", "messages", "engagement"),
)
_PREPARED = (
    *("planted", "people", "merges", "consent_spans", "bought", "parcels", "journeys", "made_good", "returned"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftAlone:
    """The rows of ``truth/left_alone.parquet`` and how many each reason has."""

    rows: pa.Table
    by_reason: dict[str, int]


def build_left_alone(
    connection: duckdb.DuckDBPyConnection, *, until: datetime, reasons: Sequence[str] = tuple(REASONS)
) -> LeftAlone:
    """Return who must be left alone, one pass for each reason; until is the naive UTC instant the world ends at."""
    prepare(connection, _PREPARED)
    connection.execute(sql("found"))
    for reason in reasons:
        connection.execute(
            f"INSERT INTO found BY NAME SELECT '{reason}' AS reason, * FROM ({sql(f'reasons/{reason}')})"
        )
    rows = connection.sql(
        sql("nights"), params={"until": until, "of_the_profile": list(OF_THE_PROFILE)}
    ).to_arrow_table()
    counts = dict.fromkeys(reasons, 0)
    counts |= {str(row["values"]): int(row["counts"]) for row in rows["reason"].value_counts().to_pylist()}
    return LeftAlone(rows=rows, by_reason=counts)


def left_alone_on(folder: Path, night: date) -> pa.Table:
    """Return the rows of those who truly had to be left alone on *night*, whether the shop could know it or not.

    Raises BadInput when the folder has no truth beside it.
    """
    return _on(folder, night, first="from_on", last="until_on")


def knowable_on(folder: Path, night: date) -> pa.Table:
    """Return the rows that the shop's own data told of by the end of *night*, whether they were true or only looked so.

    Raises BadInput when the folder has no truth beside it.
    """
    return _on(folder, night, first="knowable_from_on", last="knowable_until_on")


def _on(folder: Path, night: date, *, first: str, last: str) -> pa.Table:
    path = folder / LEFT_ALONE
    if not path.exists():
        raise BadInput(f"{path}: no such file; only a simulated world has it, so simulate one")
    text = f"FROM read_parquet($path) WHERE {first} <= $night AND ({last} IS NULL OR $night < {last}) ORDER BY ALL"
    with duckdb.connect(":memory:") as connection:
        return connection.sql(text, params={"path": str(path), "night": night}).to_arrow_table()
