"""What a shop's data folder has and lacks, on one screen, with the command to type next (R23 to R28)."""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from personalization.settings import Program
from personalization.warehouse import Warehouse

FRESH_HOURS = 72  # our choice: a feed that is silent for longer than a weekend is not fresh
FAR_DAYS = 14  # our choice: who sold nothing for two weeks looks at an old export
JOINED = 0.9  # R22, our choice


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """One of a shop's systems: the tables that it feeds, those that tell its age, the links it must have to others.

    imported is the command that brings it in.
    """

    name: str
    tables: tuple[str, ...]
    newest: tuple[str, ...]
    links: tuple[str, ...]
    imported: str


INTEGRATIONS = (
    Integration(
        name="shop platform",
        tables=("orders", "order_lines", "customers", "products"),
        newest=("orders",),
        links=("order lines to products",),
        imported="shopify orders.csv",
    ),
    Integration(
        name="carrier feed",
        tables=("shipments", "tracking_events"),
        newest=("tracking_events",),
        links=("parcels to orders", "scans to parcels"),
        imported="aftership trackings.csv",
    ),
    Integration(
        name="helpdesk",
        tables=("tickets",),
        newest=("tickets",),
        links=("tickets to orders",),
        imported="zendesk tickets.json",
    ),
    Integration(
        name="returns",
        tables=("returns", "return_lines", "refunds"),
        newest=("returns",),
        links=("returns to orders",),
        imported="loop returns.json",
    ),
    Integration(
        name="mail tool",
        tables=("consents", "suppressions", "messages"),
        newest=("messages", "consents"),
        links=("messages to customers",),
        imported="klaviyo profiles.json",
    ),
)
# What every program reads, whatever its checks: whom it may write to, and what they bought and received.
_ALWAYS = ("orders", "order_lines", "customers", "consents", "products", "shipments")
# What a service program rests on besides: what the carrier says, what the customer said, and who deals with it already.
_OF_SERVICE = {
    "delay_notice": ("tracking_events", "tickets"),
    "partial_delivery": ("tracking_events", "tickets"),
    "not_received_help": ("claims", "tickets"),
}
_KINDS = ("service", "education", "marketing")


def read_newest(warehouse: Warehouse) -> dict[str, Mapping[str, Any]]:
    """Return each source table's rows and the instant at which the newest of them was learned."""
    return {row["source"]: row for row in warehouse.read("diagnosis/newest").to_pylist()}


def integrations(
    present: frozenset[str],
    *,
    newest: Mapping[str, Mapping[str, Any]],
    joins: Mapping[str, tuple[int, int]],
    cutoff: datetime,
    systems: Mapping[str, Sequence[str]],
) -> list[dict[str, Any]]:
    """Return each system: present, fresh and joined (R23). *systems* names the systems imported for a table."""
    rows = []
    for known in INTEGRATIONS:
        there = [name for name in known.tables if name in present]
        seen = [newest[name]["newest_at"] for name in known.newest if name in newest]
        at = max((moment for moment in seen if moment is not None), default=None)
        hours = None if at is None else max(0.0, (cutoff - at).total_seconds() / 3600)
        rates = {link: joins[link][0] / joins[link][1] for link in known.links if joins.get(link, (0, 0))[1]}
        rows.append(
            {
                "name": known.name,
                "missing": [name for name in known.tables if name not in present],
                "is_present": bool(there),
                "hours_old": None if hours is None else round(hours, 1),
                "is_fresh": None if hours is None else hours <= FRESH_HOURS,
                "joined": {link: round(rate, 4) for link, rate in rates.items()},
                "is_joined": all(rate >= JOINED for rate in rates.values()) if rates else None,
                "imported_from": sorted({system for name in known.tables for system in systems.get(name, ())}),
            }
        )
    return rows


def first_workflow(
    programs: Mapping[str, Program], needs: Mapping[str, Sequence[str]], present: frozenset[str]
) -> dict[str, Any] | None:
    """Return the program that can go live first, and the inputs that it still lacks (R26); None without programs.

    *needs* names the tables that each readiness check reads. The fewer inputs are missing, the earlier; then service
    before education before marketing.
    """
    found = []
    for name, program in programs.items():
        of_checks = (table for check in program.requires for table in needs.get(check, ()))
        inputs = sorted({*_ALWAYS, *of_checks, *_OF_SERVICE.get(name, ())})
        missing = [table for table in inputs if table not in present]
        found.append((len(missing), _KINDS.index(program.kind), name, inputs, missing))
    if not found:
        return None
    _, _, name, inputs, missing = min(found)
    return {"program": name, "owner": programs[name].owner, "inputs": inputs, "missing": missing}


def next_command(
    rows: Sequence[Mapping[str, Any]],
    *,
    data: str,
    night: str,
    workflow: Mapping[str, Any] | None,
    problem: str,
    phase: int | None,
) -> str:
    """Return the one command to type next. *night* holds the options that name the night, empty for the newest one."""
    missing = set(workflow["missing"]) if workflow else set()
    absent = [known for known, row in zip(INTEGRATIONS, rows, strict=True) if not row["is_present"]]
    for known in (*absent, *INTEGRATIONS):
        if (known in absent and known.name != "mail tool") or missing & set(known.tables):
            return f"postlude import {known.imported} --out {data}"
    if problem:
        return f"postlude doctor --data {data}{night}"
    if phase in (None, 1, 2):
        return f"postlude diagnose --data {data}{night} --out diagnosis.html"
    return f"postlude nightly --data {data}{night}"


def doctor_text(found: Mapping[str, Any]) -> str:
    """Return the screen: integrations, what goes live first, how good the dates are, phase, and the next command."""
    lines = [f"{found['shop']}: {found['data']}, as of {found['date']}", ""]
    if found["problem"]:
        lines.extend([f"NOT READABLE  {found['problem']}", ""])
    if found["hint"]:
        lines.extend([found["hint"], ""])
    lines.append(f"{'SYSTEM':<16}{'THERE':<8}{'NEWEST':<16}{'JOINED':<8}")
    lines.extend(_integration_line(row) for row in found["integrations"])
    lines.append("Files in the data folder are enough: CSV, Parquet or JSON lines; nothing has to be connected.")
    lines.extend(f"The exports of {name} feed: {feeds}." for name, feeds in found["feeds"].items())
    lines.extend(["", f"{'PROGRAM':<16}OWNER"])
    lines.extend(f"{name.replace('_', '-'):<16}{owner}" for name, owner in found["owners"].items())
    if found["context"]:
        taken = ", ".join(found["from_context"]) or "nothing"
        said = f"The context {found['context']} sets: {taken}; shop.toml says the rest."
        lines.extend(["", *textwrap.wrap(said, width=118)])
    if workflow := found["first_workflow"]:
        lacks = f"still needs {', '.join(workflow['missing'])}" if workflow["missing"] else "has every input"
        lines.extend(["", f"First to go live: {workflow['program'].replace('_', '-')}; it {lacks}."])
    lines.extend([f"Arrival dates: {found['arrival_dates']}", f"Phase: {found['phase']}", "", "Type next:"])
    lines.append(f"  {found['next_command']}")
    return "\n".join(lines)


def night_hint(tables: Sequence[str], newest_on: date | None, *, run_date: date) -> str:
    """Return that the night which is looked at lies far from the data; empty where it does not."""
    if "orders" not in tables:
        return ""
    if newest_on is None:
        return f"On {run_date} no order was known; name a later night with --date."
    if (run_date - newest_on).days > FAR_DAYS:
        return f"The newest order is of {newest_on}; to look at that night, add --date {newest_on}."
    return ""


def _integration_line(row: Mapping[str, Any]) -> str:
    there = "no" if not row["is_present"] else "partly" if row["missing"] else "yes"
    newest = "–" if row["hours_old"] is None else _age(row["hours_old"]) + ("" if row["is_fresh"] else ", stale")
    rates = row["joined"].values()
    joined = f"{min(rates):.0%}" if rates else "–"
    notes = [f"without {', '.join(row['missing'])}"] if row["missing"] and row["is_present"] else []
    notes.extend([f"from {', '.join(row['imported_from'])}"] if row["imported_from"] else [])
    return f"{row['name']:<16}{there:<8}{newest:<16}{joined:<8}{'; '.join(notes)}".rstrip()


def _age(hours: float) -> str:
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:,.0f} days"


def arrival_dates(shares: Mapping[str, tuple[int, int]], times: Mapping[str, Mapping[str, Any]]) -> str:
    """Return how often an arrival is promised and how far off the promise is, on which tracking mail depends (R24)."""
    known, parcels = shares.get("promise_known", (0, 0))
    if not parcels:
        return "no parcel left lately."
    error = times.get("promise_error_days")
    told = f"promised for {known / parcels:.0%} of {parcels:,} parcels"
    if error is None:
        return f"{told}; no arrival to compare with."
    return f"{told}; half of them are off by at most {error['median']:.0f} days, nine of ten by {error['p90']:.0f}."
