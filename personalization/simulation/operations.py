"""Simulates what the purchases lack: parcels, scans, tickets, consents, suppressions and other tools' mail.

The work is done in whole columns: DuckDB joins, numpy draws. Nothing that happens at or after *until* is written, and
what lies ahead of an open row (a ticket's solution, a return's credit) is left out of it.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from personalization.simulation import authored, whole_shop
from personalization.simulation.frames import below, load_given, select
from personalization.simulation.marker import refuse_real_tables, write_marker
from personalization.simulation.parameters import DEMO, Parameters
from personalization.simulation.rates import Rates
from personalization.simulation.world import build_world
from personalization.store.files import write_parquet

_GIVEN = ("customers", "products", "orders", "order_lines", "returns", "return_lines", "refunds")
_REWRITTEN = {  # real tables in which something is simulated: the columns
    "customers": ("email", "first_name", "postal_region"),
    "orders": ("cancelled_at",),
    "order_lines": ("qty_cancelled",),
    "returns": ("requested_at", "approved_at", "received_at"),
}
_WHOLE = (
    *("consents", "suppressions", "shipments", "shipment_lines", "tracking_events", "tickets", "messages"),
    *("policies", "touchpoints"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationReport:
    """What was written: rows of each table, and how the simulated shop does.

    on_time_shares counts per carrier the parcels that arrived by a day after the promise, of those whose promise is
    more than a day old; wismo_per_100_orders counts tickets asking for a parcel.
    """

    tables: dict[str, int]
    on_time_shares: dict[str, float]
    parcels_by_carrier: dict[str, int]
    wismo_per_100_orders: float
    tickets_per_100_orders: float

    def as_text(self) -> str:
        """Return the report as a table in plain text."""
        lines = [f"{name:<28}{count:>12,}" for name, count in self.tables.items()]
        lines += [
            f"on time, {carrier:<19}{share:>12.1%} of {self.parcels_by_carrier[carrier]:,} parcels"
            for carrier, share in self.on_time_shares.items()
        ]
        lines.append(f"{'WISMO per 100 orders':<28}{self.wismo_per_100_orders:>12.2f}")
        lines.append(f"{'tickets per 100 orders':<28}{self.tickets_per_100_orders:>12.2f}")
        return "\n".join(lines)


def simulate_operations(data: Path, *, seed: int, until: datetime, parameters: Parameters = DEMO) -> SimulationReport:
    """Add simulated operations to the purchases in the folder *data*, and a marker that says what is simulated.

    until is a naive UTC instant; purchases at or after it are dropped from the folder. The same seed gives the same
    world; more orders later do not change it. Raises BadInput when the folder has no purchases, or holds a table of its
    own that the simulation would replace.
    """
    if parameters.operations is not None:
        return _whole_shop(data, seed=seed, until=until, parameters=parameters, rates=parameters.operations)
    refuse_real_tables(data, _WHOLE)
    with duckdb.connect(":memory:") as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET threads = 2")
        connection.execute("SET memory_limit = '1400MB'")
        for name in _GIVEN:
            load_given(connection, name, data)
        build_world(connection, seed=seed, until=until, parameters=parameters)
        # The marker comes first: cut off in between, the folder claims too much rather than too little.
        marked = [*_WHOLE, *(f"{table}.{column}" for table, columns in _REWRITTEN.items() for column in columns)]
        write_marker(data, tables=marked, seed=seed, until=until, parameters=_as_written(parameters))
        tables = _write(connection, data, seed=seed, until=until, parameters=parameters)
        return _measured(connection, tables, until=until)


def _whole_shop(data: Path, *, seed: int, until: datetime, parameters: Parameters, rates: Rates) -> SimulationReport:
    """Add everything that goes on in a whole shop to purchases that come without returns."""
    refuse_real_tables(data, whole_shop.WRITTEN)
    changed = (f"{table}.{column}" for table, columns in whole_shop.CHANGED.items() for column in columns)
    write_marker(
        data, tables=[*whole_shop.WRITTEN, *changed], seed=seed, until=until, parameters=_as_written(parameters)
    )
    found = whole_shop.simulate_shop(data, seed=seed, until=until, parameters=parameters, rates=rates)
    orders = max(found.rows["orders"], 1)
    return SimulationReport(
        tables=found.rows,
        on_time_shares=found.on_time_shares,
        parcels_by_carrier=found.parcels_by_carrier,
        wismo_per_100_orders=100 * found.wismo_tickets / orders,
        tickets_per_100_orders=100 * found.tickets / orders,
    )


def _as_written(parameters: Parameters) -> dict[str, Any]:
    """Return the parameters for the marker; beside real purchases there are none of a whole shop."""
    return {name: value for name, value in asdict(parameters).items() if value is not None}


def _write(
    connection: duckdb.DuckDBPyConnection, data: Path, *, seed: int, until: datetime, parameters: Parameters
) -> dict[str, int]:
    """Write every table whole and return its rows."""
    bounced = below(parameters.mail_bounce_share)
    rows: dict[str, int] = {}
    for name in (*_GIVEN, *_WHOLE):
        if name in ("policies", "touchpoints"):
            table = getattr(authored, name)()
        else:
            table = select(connection, name, until=until, seed=str(seed), bounced=bounced)
        write_parquet(data / f"{name}.parquet", table)
        rows[name] = table.num_rows
    return rows


def _measured(connection: duckdb.DuckDBPyConnection, tables: dict[str, int], *, until: datetime) -> SimulationReport:
    shares = connection.execute(
        "SELECT carrier, count(*) FILTER (WHERE CAST(delivered_at AS DATE) <= promised_by_on + 1) / count(*), count(*) "
        "FROM parcels WHERE promised_by_on + 1 < CAST($until AS DATE) AND placed_at < $until "
        "AND parcel_no NOT IN (SELECT parcel_no FROM void_parcels) "
        "GROUP BY carrier ORDER BY carrier",
        {"until": until},
    ).fetchall()
    [(wismo, tickets)] = connection.execute(
        "SELECT count(*) FILTER (WHERE reason = 'wismo'), count(*) FROM asked WHERE created_at < $until",
        {"until": until},
    ).fetchall()
    orders = max(tables["orders"], 1)
    return SimulationReport(
        tables=tables,
        on_time_shares={carrier: float(share) for carrier, share, _ in shares},
        parcels_by_carrier={carrier: int(count) for carrier, _, count in shares},
        wismo_per_100_orders=100 * wismo / orders,
        tickets_per_100_orders=100 * tickets / orders,
    )
