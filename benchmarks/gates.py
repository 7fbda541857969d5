"""When do gates close, when do they open, and whom do they hold for nothing? On simulated shops with a planted fault.

    python benchmarks/gates.py [--seeds 20] > benchmarks/results/gates.json

Each seed is a simulated shop of some 2,000 orders a month in which one of four carriers is always bad. In it one fault
is switched on for fourteen days, each in a copy of its own: scans stop coming, a carrier is late, a region is late with
every carrier, customers flood support, two versions of a policy are valid at once. Then every night is asked, each with
what was known by then, as ``postlude readiness --nights`` does, and so is the same shop without the fault. The fault is
looked for in the checks that ought to see it; what the shop without it holds as well is not laid on the fault.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from personalization import readiness
from personalization.contracts import TABLES
from personalization.readiness import CHECKS
from personalization.records import AsOf
from personalization.settings import Program, load_shop
from personalization.simulation.simulate import BEGIN, Wish, simulate_world
from personalization.warehouse import Warehouse

ROOT = Path(__file__).resolve().parents[1]
CUSTOMERS, DAYS = 12_000, 420
NIGHTS_BEFORE, FAULT_DAYS, NIGHTS_AFTER = 10, 14, 56
RECENT_DAYS = 30  # a parcel that arrived in the last 30 days may be written about
PROGRAM = "cross_sell"
CARRIER, REGION = "albion-post", "north"
_LATE = "INTERVAL '6 days'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault: the statements that plant it from $begin to $end, the checks that see it, and whose orders it concerns.

    carrier and region: None where it concerns everybody.
    """

    name: str
    statements: tuple[str, ...]
    checks: frozenset[str]
    carrier: str | None = None
    region: str | None = None


def _late(of: str) -> tuple[str, ...]:
    sent = f"SELECT shipment_id FROM shipments WHERE shipped_at >= $begin AND shipped_at < $end AND {of}"  # noqa: S608
    moved = f"occurred_at = occurred_at + {_LATE}, received_at = received_at + {_LATE}"
    scans = f"status IN ('delivered', 'out_for_delivery') AND shipment_id IN ({sent})"
    return (
        f"UPDATE tracking_events SET {moved} WHERE {scans}",  # noqa: S608
        f"UPDATE shipments SET delivered_at = delivered_at + {_LATE} WHERE shipment_id IN ({sent})",  # noqa: S608
    )


_OUTAGE = """UPDATE tracking_events SET received_at = $end + INTERVAL '1 hour'
WHERE received_at >= $begin AND received_at < $end"""
_FLOOD = """INSERT INTO tickets BY NAME
SELECT 'flood-' || order_id AS ticket_id, order_id, customer_id, 'email' AS channel, 'open' AS status,
    'wismo' AS reason, placed_at + INTERVAL '2 days' AS created_at, placed_at + INTERVAL '2 days' AS received_at
FROM orders WHERE placed_at >= $begin AND placed_at < $end AND hash(order_id) % 10 = 0"""
_SECOND_POLICY = """INSERT INTO policies BY NAME
SELECT * REPLACE (
    '3' AS version, CAST($begin AS DATE) AS valid_from_on, 14 AS window_days, NULL AS valid_to_on, $begin AS received_at
) FROM policies WHERE version = '2'"""
_FIRST_ENDS = "UPDATE policies SET valid_to_on = CAST($end AS DATE) - 1 WHERE version = '2'"
_ARRIVALS = """SELECT CAST(night AS DATE), carrier, coalesce(dest_region, 'unknown'), count(*)
FROM range(CAST($first AS DATE), CAST($first AS DATE) + 400, INTERVAL 1 DAY) AS nights(night)
JOIN read_parquet($shipments) ON CAST(delivered_at AS DATE) <= night
    AND CAST(delivered_at AS DATE) > night - to_days($recent)
GROUP BY ALL"""
FAULTS = (
    Fault(name="feed outage", statements=(_OUTAGE,), checks=frozenset({"feed_freshness"})),
    Fault(
        name="carrier failing",
        statements=_late(f"carrier = '{CARRIER}'"),
        checks=frozenset({"on_time_share"}),
        carrier=CARRIER,
    ),
    Fault(
        name="region failing",
        statements=_late(f"dest_region = '{REGION}'"),
        checks=frozenset({"on_time_share"}),
        region=REGION,
    ),
    Fault(name="ticket flood", statements=(_FLOOD,), checks=frozenset({"wismo_per_100_orders"})),
    Fault(
        name="policy contradiction",
        statements=(_SECOND_POLICY, _FIRST_ENDS),
        checks=frozenset({"policy_consistent"}),
    ),
)


def measure(seeds: int, *, customers: int = CUSTOMERS, faults: Sequence[Fault] = FAULTS) -> dict[str, Any]:
    """Return, for each fault, how long gates took to close and to open, how often they flapped, and whom they held."""
    outcomes: dict[str, list[dict[str, Any]]] = defaultdict(list)
    healthy: list[dict[str, Any]] = []
    for seed in range(1, seeds + 1):
        with tempfile.TemporaryDirectory(prefix="postlude-") as folder:
            out = Path(folder) / "world"
            simulate_world(Wish(customers=customers, seed=seed, days=DAYS, out=out))
            usual = _nights(out, fault=None)
            healthy.append(_closings(usual))
            for fault in faults:
                outcomes[fault.name].append(_outcome(fault, _nights(out, fault=fault), usual, _arrivals(out)))
    return {
        "seeds": seeds,
        "customers": customers,
        "nights": NIGHTS_BEFORE + FAULT_DAYS + NIGHTS_AFTER,
        "fault_days": FAULT_DAYS,
        "required": sorted(_program().requires),
        "without_fault": _without_fault(healthy),
        "faults": [_summary(fault, outcomes[fault.name]) for fault in faults],
    }


Held = Mapping[date, frozenset[tuple[str, str]]]  # night -> the checks and scopes that hold the program


def _program() -> Program:
    program = load_shop(ROOT / "shop.toml").programs[PROGRAM]
    wanted = {*program.requires, *(check for fault in FAULTS for check in fault.checks)}
    return program.model_copy(update={"requires": tuple(sorted(wanted & CHECKS.keys()))})


def _span() -> tuple[datetime, datetime]:
    end = BEGIN + timedelta(days=DAYS - NIGHTS_AFTER)
    return end - timedelta(days=FAULT_DAYS), end


def _nights(world: Path, *, fault: Fault | None) -> Held:
    begin, end = _span()
    last = (BEGIN + timedelta(days=DAYS - 1)).date()
    with Warehouse() as warehouse:
        warehouse.load_canonical(Path("nowhere"))
        for name in TABLES:
            if (path := world / f"{name}.parquet").exists():
                warehouse.connection.execute(f"CREATE OR REPLACE TABLE {name} AS FROM read_parquet('{path}')")
                _complete(warehouse, name)
        for statement in fault.statements if fault else ():
            given = {"begin": begin, "end": end}
            warehouse.connection.execute(statement, {key: given[key] for key in given if f"${key}" in statement})
        replayed = readiness.replay(
            warehouse,
            run_date=last,
            cutoff=AsOf(run_date=last, timezone="UTC").cutoff,
            nights=NIGHTS_BEFORE + FAULT_DAYS + NIGHTS_AFTER,
            present=frozenset(TABLES),
            rules=readiness.Rules(programs={PROGRAM: _program()}),
        )
    held: dict[date, set[tuple[str, str]]] = defaultdict(set)
    for row in replayed.to_pylist():
        held[row["night"]] |= set()
        if row["program"] and row["verdict"] in ("hold", "insufficient"):
            held[row["night"]].add((row["check"], row["scope"]))
    return {night: frozenset(found) for night, found in held.items()}


def _complete(warehouse: Warehouse, name: str) -> None:
    """Add the columns that the contract has and the simulated table lacks."""
    have = {row[0] for row in warehouse.connection.execute(f"DESCRIBE {name}").fetchall()}
    for column in TABLES[name].columns:
        if column.name not in have:
            warehouse.connection.execute(f'ALTER TABLE {name} ADD COLUMN "{column.name}" {column.kind}')


def _arrivals(world: Path) -> dict[date, dict[tuple[str, str], int]]:
    """Return, for each night, how many parcels arrived lately, by carrier and region, without any fault."""
    first = (BEGIN + timedelta(days=DAYS - NIGHTS_BEFORE - FAULT_DAYS - NIGHTS_AFTER)).date()
    with Warehouse() as warehouse:
        given = {"first": first, "shipments": str(world / "shipments.parquet"), "recent": RECENT_DAYS}
        rows = warehouse.connection.execute(_ARRIVALS, given).fetchall()
    found: dict[date, dict[tuple[str, str], int]] = defaultdict(dict)
    for night, carrier, region, count in rows:
        found[night][carrier, region] = count
    return found


def _outcome(
    fault: Fault, held: Held, usual: Held, arrivals: Mapping[date, Mapping[tuple[str, str], int]]
) -> dict[str, Any]:
    begin, end = (instant.date() for instant in _span())
    seen = {night: {key for key in held[night] - usual[night] if key[0] in fault.checks} for night in sorted(held)}
    closed = [night for night, keys in seen.items() if keys and night >= begin]
    wrongly = everything = 0
    for night in sorted(held):
        extra = {scope for _, scope in held[night]} - {scope for _, scope in usual[night]}
        for (carrier, region), parcels in arrivals[night].items():
            everything += parcels
            is_concerned = fault.carrier in (None, carrier) and fault.region in (None, region)
            is_held = bool(extra & {"shop", f"carrier:{carrier}", f"region:{region}"})
            wrongly += parcels if is_held and (not is_concerned or night < begin) else 0
    others = {key for night in held for key in held[night] - usual[night] if key[0] not in fault.checks}
    return {
        "closes_after": (closed[0] - begin).days if closed else None,
        "opens_after": (closed[-1] - end).days + 1 if closed else None,
        "closings": _runs([bool(keys) for keys in seen.values()]),
        "wrongly_held_share": wrongly / everything,
        "others": sorted(f"{check} {scope}" for check, scope in others),
        "shop_held": any(scope == "shop" for keys in seen.values() for _, scope in keys),
    }


def _runs(flags: Sequence[bool]) -> int:
    """Return how often the flags turn true."""
    return sum(1 for place, flag in enumerate(flags) if flag and (place == 0 or not flags[place - 1]))


def _closings(held: Held) -> dict[str, Any]:
    nights = sorted(held)
    keys = sorted({key for found in held.values() for key in found})
    return {
        "nights_held": sum(1 for night in nights if any(scope == "shop" for _, scope in held[night])),
        "closings": {f"{key[0]} {key[1]}": _runs([key in held[night] for night in nights]) for key in keys},
    }


def _without_fault(healthy: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    closings: dict[str, list[int]] = defaultdict(list)
    for shop in healthy:
        for key, count in shop["closings"].items():
            closings[key].append(count)
    return {
        "nights_whole_program_held_share": round(
            sum(shop["nights_held"] for shop in healthy) / (len(healthy) * (NIGHTS_BEFORE + FAULT_DAYS + NIGHTS_AFTER)),
            4,
        ),
        "closings_by_check_and_scope": {
            key: {"shops": len(counts), "most_in_one_shop": max(counts)} for key, counts in sorted(closings.items())
        },
    }


def _summary(fault: Fault, outcomes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    closes = [found["closes_after"] for found in outcomes if found["closes_after"] is not None]
    opens = [found["opens_after"] for found in outcomes if found["opens_after"] is not None]
    return {
        "fault": fault.name,
        "seen_by": sorted(fault.checks),
        "closed_in_shops": len(closes),
        "closes_after_nights": _spread(closes),
        "opens_after_its_end_nights": _spread(opens),
        "shops_in_which_a_gate_flapped": sum(1 for found in outcomes if found["closings"] > 1),
        "whole_program_held_in_shops": sum(1 for found in outcomes if found["shop_held"]),
        "orders_held_for_nothing_share": round(statistics.fmean(f["wrongly_held_share"] for f in outcomes), 5),
        "other_checks_that_closed": sorted({key for found in outcomes for key in found["others"]}),
    }


def _spread(nights: Sequence[int]) -> dict[str, float] | None:
    if not nights:
        return None
    return {"least": min(nights), "median": statistics.median(nights), "most": max(nights)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    asked = parser.parse_args()
    began = time.perf_counter()
    figures = measure(asked.seeds, customers=asked.customers)
    print(json.dumps({**figures, "seconds": round(time.perf_counter() - began, 1)}, indent=2))
