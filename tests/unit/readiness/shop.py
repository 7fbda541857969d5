"""A shop for readiness tests, healthy unless told otherwise: the night is Wednesday 16 November 2011, in UTC."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pyarrow as pa

from personalization.readiness import CHECKS, Readiness, Rules, check_readiness
from personalization.settings import Program
from tests.lib.tables import warehouse_of

RUN_DATE = date(2011, 11, 16)
CUTOFF = datetime(2011, 11, 17)
PRESENT = frozenset(
    {"orders", "order_lines", "shipments", "tracking_events", "tickets", "returns", "refunds", "consents"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """Parcels due in the last 30 days: how many, how many of them on time, how many with a tracking number.

    Each carrier also has ten parcels on the way that left on the last ten days and are not due yet.
    """

    parcels: int
    on_time: int
    tracked: int | None = None


def program(*checks: str, kind: str = "marketing") -> Program:
    """Return a program that requires *checks*."""
    return Program.model_validate(
        {"owner": "x", "metric": "y", "recurrence": "nightly", "kind": kind, "requires": checks}
    )


def tables(
    *,
    carriers: Mapping[str, Carrier],
    orders: int = 2000,
    wismo: int = 5,
    feed_ends: datetime = CUTOFF,
    silent: frozenset[str] = frozenset(),
) -> dict[str, str]:
    """Return the shop's tables; its feeds stop at *feed_ends*, *silent* carriers were last scanned on 10 November."""
    last = feed_ends - timedelta(hours=1)
    order_rows, parcel_rows, event_rows = [], [], []
    for number in range(orders):
        placed = last - timedelta(minutes=15 * number)
        order_rows.append(f"o{number} | c{number} | {placed.isoformat()}")
    for name, carrier in carriers.items():
        for number in range(carrier.parcels):
            promised = RUN_DATE - timedelta(days=3 + number % 20)
            is_tracked = number < (carrier.parcels if carrier.tracked is None else carrier.tracked)
            delivered = f"{promised}T15:00" if number < carrier.on_time else "-"
            status = "delivered" if number < carrier.on_time else "in_transit"
            parcel_rows.append(
                f"{name}-{number} | {name}-{number} | {name} | {'T' if is_tracked else '-'} | "
                f"{promised - timedelta(days=3)}T10:00 | {promised} | {status} | {delivered}"
            )
        heard = datetime(2011, 11, 10, 12) if name in silent else last
        for day in range(10):
            scanned = heard - timedelta(days=day)
            event_rows.append(f"e-{name}-{day} | {name}-open-{day} | in_transit | {scanned.isoformat()}")
            parcel_rows.append(
                f"{name}-open-{day} | {name}-open-{day} | {name} | T | {scanned.isoformat()} | "
                f"2011-12-01 | in_transit | -"
            )
    ticket_rows = [
        f"t{number} | - | closed | wismo | {(last - timedelta(days=number % 20)).isoformat()}"
        for number in range(wismo)
    ]
    return {
        "orders": "\n".join(["order_id | customer_id | placed_at", *order_rows]),
        "shipments": "\n".join(
            [
                "shipment_id | order_id | carrier | tracking_no | shipped_at | promised_by_on | status | delivered_at",
                *parcel_rows,
            ]
        ),
        "tracking_events": "\n".join(["event_id | shipment_id | status | occurred_at", *event_rows]),
        "tickets": "\n".join(["ticket_id | order_id | status | reason | created_at", *ticket_rows]),
    }


def ready(
    given: Mapping[str, str],
    *,
    programs: Mapping[str, Program] | None = None,
    present: frozenset[str] = PRESENT,
    thresholds: Mapping[str, Mapping[str, float]] | None = None,
    history: pa.Table | None = None,
    run_date: date = RUN_DATE,
    cutoff: datetime = CUTOFF,
) -> Readiness:
    """Return the readiness of the shop that *given* describes; by default for one program that requires every check."""
    with warehouse_of(**given) as warehouse:
        return check_readiness(
            warehouse,
            run_date=run_date,
            cutoff=cutoff,
            present=present,
            rules=Rules(programs=programs or {"cross_sell": program(*CHECKS)}, thresholds=thresholds or {}),
            history=history,
        )


def rows(found: Readiness, program_name: str = "cross_sell") -> dict[tuple[str, str], dict[str, object]]:
    """Return the rows of one program by check and scope."""
    return {(row["check"], row["scope"]): row for row in found.table.to_pylist() if row["program"] == program_name}


GOOD = Carrier(parcels=400, on_time=396)
BAD = Carrier(parcels=100, on_time=40)
HEALTHY = tables(carriers={"dpd": GOOD})
CHECKED = ("feed_freshness", "tracking_coverage", "on_time_share", "wismo_per_100_orders")
MARKETING = {"cross_sell": program(*CHECKED)}
