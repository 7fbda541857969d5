"""Builds ``report.html`` from one night's tables. Pure: no clock, no files but its own template."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from personalization.report.individual import Individual, individual_messages
from personalization.report.left_out import LeftOut, left_out
from personalization.report.pictures import (
    Gauge,
    Nights,
    days_svg,
    funnel_svg,
    gauges_svg,
    left_out_svg,
    nights_svg,
)

_DUE_DAYS_SHOWN = 42
_ORDER_DAYS_SHOWN = 60
_NIGHTS_DRAWN = 60
_SHARES = ("share", "times baseline")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """Everything the report tells.

    peaks names the peaks that the night lies in.
    orders_by_day counts orders by their day; sources holds one mapping a table with its row counts; programs maps a
    program to the sentence why it is held, empty where it is open. guests counts, by program, the subjects that belong
    to nobody with an account; nobody is asked about them, so they are in no decision.
    """

    shop_name: str
    peaks: Sequence[str]
    timezone: str
    run_date: date
    simulated: Sequence[str]
    sources: Sequence[Mapping[str, Any]]
    missing: Sequence[str]
    passed_over: Sequence[str]
    imports: Sequence[Mapping[str, Any]]
    orders_by_day: Mapping[date, int]
    quarantine: pa.Table
    readiness: pa.Table
    verdict_history: pa.Table
    check_units: Mapping[str, str]
    replenishment: pa.Table
    ranked: Mapping[str, Any]  # scores/ranked.json
    candidate_count: int
    customer_count: int
    decisions: pa.Table
    messages: pa.Table
    choices: pa.Table  # choices.parquet: what was chosen for how many messages, by which facts
    programs: Mapping[str, str]
    is_all_held: bool
    guests: Mapping[str, int]
    reasons: Mapping[str, tuple[str, str]]  # code -> what it says, what releases it
    next_commands: Sequence[str]


def render_report(facts: RunFacts) -> str:
    """Return the whole page."""
    verdicts = verdict_counts(facts.decisions)
    pages = Environment(
        loader=PackageLoader("personalization.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    excluded = left_out(facts.decisions, facts.reasons)
    checks = _readiness_rows(facts.readiness, facts.check_units)
    watched = [row for row in checks if not row["programs"] and row["scope"] == "shop"]
    needed = [row for row in checks if row["programs"]]
    of_shop = [row for row in needed if row["scope"] == "shop"]
    loud = [row for row in needed if row["scope"] != "shop" and row["verdict"] != "pass"]
    return pages.get_template("run.html").render(
        shop_name=facts.shop_name,
        peaks=facts.peaks,
        timezone=facts.timezone,
        run_date=facts.run_date.isoformat(),
        simulated=facts.simulated,
        programs=[_card(name, why, verdicts.get(name, {})) for name, why in facts.programs.items()],
        is_held=facts.is_all_held,
        guests=f"{sum(facts.guests.values()):,}" if sum(facts.guests.values()) else "",
        message_count=f"{facts.messages.num_rows:,}",
        next_commands=facts.next_commands,
        gauges=_safe(gauges_svg([_gauge(row, facts.check_units) for row in of_shop if _is_drawn(row, facts)])),
        nights=_safe(_nights_picture(facts)),
        readiness=[*of_shop, *loud],
        quiet=[row for row in needed if row["scope"] != "shop" and row["verdict"] == "pass"],
        watched=watched,
        funnel=_safe(funnel_svg(verdicts)),
        left_out=_left_out_rows(excluded),
        left_out_picture=_safe(left_out_svg([(row.says, row.verdict, row.people) for row in excluded])),
        scores={"sentence": _scores_sentence(facts)},
        due_days=_safe(_due_picture(facts)),
        individual=[_individual_row(row) for row in individual_messages(facts.messages, facts.choices)],
        samples=_samples(facts.messages),
        order_days=_safe(_order_picture(facts)),
        sources=[_source_row(row) for row in facts.sources],
        imports=[_source_row(row) for row in facts.imports],
        missing=facts.missing,
        passed_over=facts.passed_over,
        quarantine=_quarantine_rows(facts.quarantine),
    )


def verdict_counts(decisions: pa.Table) -> dict[str, dict[str, int]]:
    """Return, for each program, how many decisions there are of each verdict."""
    counts: dict[str, dict[str, int]] = {}
    for row in decisions.group_by(["program", "verdict"]).aggregate([([], "count_all")]).to_pylist():
        counts.setdefault(row["program"], {})[row["verdict"]] = row["count_all"]
    return {program: dict(sorted(counts[program].items())) for program in sorted(counts)}


def _safe(svg: str) -> Any:
    """Return a picture that this module drew as markup that is not escaped again."""
    return Markup(svg)  # noqa: S704 - drawn by pictures.py, whose labels matplotlib escapes


def _card(name: str, why: str, counts: Mapping[str, int]) -> dict[str, str]:
    return {
        "name": name.replace("_", "-"),
        "state": "held" if why else "open",
        "why": why or "Nothing that it needs is held.",
        "sends": f"{counts.get('send', 0):,}",
        "considered": f"{sum(counts.values()):,}",
    }


def _readiness_rows(readiness: pa.Table, units: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return one row a check, scope and finding, with the programs that need it."""
    found: dict[tuple[str, str, str, str], dict[str, Any]] = {}
    for row in readiness.to_pylist():
        known = found.setdefault((row["check"], row["scope"], row["verdict"], row["reason"]), {**row, "needed_by": []})
        known["needed_by"].append(row["program"].replace("_", "-"))
    rows = sorted(found.values(), key=lambda row: (row["scope"] != "shop", row["check"], row["scope"]))
    return [
        {
            **row,
            "raw": row["value"],
            "name": row["check"].replace("_", " "),
            "value": _value(row["value"], units.get(row["check"], "")),
            "denominator": "–" if row["denominator"] is None else f"{row['denominator']:,.0f}",
            "programs": ", ".join(row["needed_by"]),
        }
        for row in rows
    ]


def _value(value: float | None, unit: str) -> str:
    """Return a check's value as a manager writes it: shares in percent, times in hours."""
    if value is None:
        return "–"
    if unit in _SHARES:
        return f"{value * 100:.1f}\u00a0%"
    return f"{value:.1f} h" if unit == "hours" else f"{value:.2f}"


def _gauge(row: Mapping[str, Any], units: Mapping[str, str]) -> Gauge:
    return Gauge(
        label=str(row["check"]).replace("_", " "),
        value=row["raw"],
        low=row["low"],
        high=row["high"],
        threshold=row["threshold"],
        verdict=row["verdict"],
        is_share=units.get(row["check"]) in _SHARES,
    )


def _is_drawn(row: Mapping[str, Any], facts: RunFacts) -> bool:
    """Return whether a finding is a figure; faults of rules and texts are read, not measured."""
    return row["value"] is not None and facts.check_units.get(row["check"]) != "faults"


def _nights_picture(facts: RunFacts) -> str:
    """Draw, for each check that a program requires, what it found of the shop on the last nights and tonight."""
    since = facts.run_date - timedelta(days=_NIGHTS_DRAWN - 1)
    columns = ["check", "scope", "program", "value", "threshold", "verdict"]
    tonight = [{"night": facts.run_date, **row} for row in facts.readiness.select(columns).to_pylist()]
    series: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in [*facts.verdict_history.to_pylist(), *tonight]:
        if row["scope"] == "shop" and row["program"] and _is_drawn(row, facts) and row["night"] >= since:
            series.setdefault((row["check"], row["program"]), []).append(row)
    drawn: dict[str, list[dict[str, Any]]] = {}
    for (check, _), rows in sorted(series.items()):  # of the programs that require it the first by name
        if rows[-1]["night"] == facts.run_date:
            drawn.setdefault(check, rows)
    if not any(len(rows) > 1 for rows in drawn.values()):
        return ""
    checks = [
        Nights(
            label=check.replace("_", " "),
            nights=[(row["night"], row["value"], row["verdict"]) for row in rows],
            threshold=rows[-1]["threshold"],
            is_share=facts.check_units.get(check) in _SHARES,
        )
        for check, rows in drawn.items()
    ]
    return nights_svg(checks, since=since, until=facts.run_date)


def _left_out_rows(rows: Sequence[LeftOut]) -> list[dict[str, Any]]:
    return [
        {
            "verdict": row.verdict.replace("_", " "),
            "says": row.says,
            "until": row.until,
            "people": f"{row.people:,}",
            "subjects": f"{row.subjects:,}",
            "also": f"{row.also:,}" if row.also else "",
        }
        for row in rows
    ]


def _scores_sentence(facts: RunFacts) -> str:
    basis = facts.replenishment.group_by("basis").aggregate([([], "count_all")]).to_pylist()
    counts = {row["basis"] or "silent": row["count_all"] for row in basis}
    parts = [
        f"{counts[name]:,} {name}"
        for name in ("personal", "product", "category", "authored", "silent")
        if name in counts
    ]
    return (
        f"{facts.customer_count:,} customers scored, {facts.candidate_count:,} candidates ranked, "
        f"{facts.replenishment.num_rows:,} customer and product pairs with a re-order estimate"
        f"{': ' + ', '.join(parts) if parts else ''}. Ranked by the {facts.ranked['ranked_by']} score: "
        f"{facts.ranked['why']}. What is bought again is foretold by the {facts.ranked['foretold_by']} score: "
        f"{facts.ranked['foretold_why']}."
    )


def _due_picture(facts: RunFacts) -> str:
    due = facts.replenishment["due_on"].drop_null()
    first, last = facts.run_date - timedelta(days=7), facts.run_date + timedelta(days=_DUE_DAYS_SHOWN)
    counts = {
        row["values"]: row["counts"] for row in pc.value_counts(due).to_pylist() if first <= row["values"] <= last
    }
    return days_svg(counts, title="Customer and product pairs by due date", marked=facts.run_date)


def _order_picture(facts: RunFacts) -> str:
    first = facts.run_date - timedelta(days=_ORDER_DAYS_SHOWN)
    recent = {day: count for day, count in facts.orders_by_day.items() if first < day <= facts.run_date}
    return days_svg(recent, title="Orders by day, last 60 days")


def _individual_row(row: Individual) -> dict[str, str]:
    return {
        "program": row.program.replace("_", "-"),
        "messages": f"{row.messages:,}",
        "share": f"{row.individual / row.messages:.0%}",
        "fallback": f"{row.messages - row.individual:,}",
        "facts": ", ".join(fact.removeprefix("facts.").replace("_", " ").replace(".", ": ") for fact in row.facts),
    }


def _samples(messages: pa.Table) -> list[dict[str, Any]]:
    """Return the first stored message of each variant and locale."""
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for row in messages.filter(pc.is_valid(messages["html"])).to_pylist():
        found.setdefault((row["program"], row["variant"], row["locale"]), row)
    return [found[key] for key in sorted(found)]


def _source_row(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: f"{value:,}" if isinstance(value, int) else value for key, value in row.items()}


def _quarantine_rows(quarantine: pa.Table) -> list[dict[str, Any]]:
    grouped = quarantine.group_by(["file", "column", "reason"]).aggregate([("row", "count"), ("row", "min")])
    rows = sorted(
        grouped.to_pylist(), key=lambda row: (-row["row_count"], row["file"], row["column"] or "", row["reason"])
    )
    return [
        {**row, "column": row["column"] or "", "count": f"{row['row_count']:,}", "first": row["row_min"]}
        for row in rows[:50]
    ]
