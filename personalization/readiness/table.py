"""The readiness table: its columns in readiness.parquet, and the text that a manager reads."""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from personalization.readiness.checks import WATCHED, Check
from personalization.readiness.findings import SHOP, Finding
from personalization.records import CheckVerdict

SCHEMA = pa.schema(
    [
        ("check", pa.string()),
        ("scope", pa.string()),
        ("program", pa.string()),
        ("value", pa.float64()),
        ("numerator", pa.int64()),
        ("denominator", pa.int64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("threshold", pa.float64()),
        ("verdict", pa.string()),
        ("reason", pa.string()),
        ("family", pa.string()),
        ("owner", pa.string()),
        ("raw_verdict", pa.string()),
        ("window_days", pa.int64()),
        ("sample_ids", pa.list_(pa.string())),
    ]
)
_WIDTH = 118
_HELD = (CheckVerdict.HOLD, CheckVerdict.INSUFFICIENT)
_SECTIONS = (
    "HOLDS PROGRAMS",
    "HOLDS ONLY THE ORDERS OF A CARRIER, REGION, CATEGORY OR SOURCE",
    "OPEN, BUT WORTH A LOOK",
    "FINE",
    "WATCHED: NO PROGRAM NEEDS THESE",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of readiness.parquet: a finding, for whom, and the verdict that counts after hysteresis."""

    check: Check
    program: str
    found: Finding
    verdict: CheckVerdict
    reason: str


def table_of(rows: Sequence[Row]) -> pa.Table:
    """Return the rows in readiness.parquet's columns, ordered by check, scope and program."""
    ordered = sorted(rows, key=lambda row: (row.check.name, row.found.scope, row.program))
    return pa.Table.from_pylist([_record(row) for row in ordered], schema=SCHEMA)


def _record(row: Row) -> dict[str, Any]:
    found = row.found
    return {
        "check": row.check.name,
        "scope": found.scope,
        "program": row.program,
        "value": found.value,
        "numerator": found.numerator,
        "denominator": found.denominator,
        "low": found.low,
        "high": found.high,
        "threshold": found.threshold,
        "verdict": str(row.verdict),
        "reason": row.reason,
        "family": row.check.family,
        "owner": row.check.owner,
        "raw_verdict": str(found.verdict),
        "window_days": row.check.window_days,
        "sample_ids": list(found.ids),
    }


def readiness_table_text(table: pa.Table) -> str:
    """Return readiness.parquet's rows as text: what holds first, a block a check and scope, who owns and needs it."""
    blocks: dict[tuple[str, str, str, str], dict[str, Any]] = {}
    for row in table.to_pylist():
        key = (row["check"], row["scope"], row["verdict"], row["reason"])
        blocks.setdefault(key, {**row, "programs": []})["programs"].append(row["program"])
    if not blocks:
        return "No program requires a readiness check.\n"
    sections: dict[str, list[dict[str, Any]]] = {title: [] for title in _SECTIONS}
    for _, block in sorted(blocks.items()):
        sections[_section(block)].append(block)
    lines = [f"{'VERDICT':<14}{'CHECK':<34}SCOPE"]
    for title, found in sections.items():
        told = [block for block in found if block["scope"] == SHOP or block["verdict"] != CheckVerdict.PASS]
        if told:
            lines.extend(["", title, *(line for block in told for line in _block(block))])
        if len(found) > len(told):
            lines.append(
                f"{'pass':<14}and {len(found) - len(told):,} more for single sources, carriers, regions, categories"
            )
    return "\n".join(lines) + "\n"


def _section(block: Mapping[str, Any]) -> str:
    holds, apart, watch, fine, untied = _SECTIONS
    if block["programs"] == [WATCHED]:
        return untied
    if block["verdict"] in _HELD:
        return holds if block["scope"] == SHOP else apart
    return watch if block["verdict"] == CheckVerdict.WARN else fine


def _block(block: Mapping[str, Any]) -> list[str]:
    needed_by = [program.replace("_", "-") for program in block["programs"] if program != WATCHED]
    lines = [f"{block['verdict']:<14}{block['check'].replace('_', ' '):<34}{block['scope']}"]
    lines.extend(textwrap.wrap(block["reason"], width=_WIDTH, initial_indent=" " * 14, subsequent_indent=" " * 14))
    if block["verdict"] != CheckVerdict.PASS:
        needed = f"Needed by {', '.join(needed_by)}. " if needed_by else ""
        examples = f" For example {', '.join(block['sample_ids'])}." if block["sample_ids"] else ""
        said = f"{needed}Owner: {block['owner']}.{examples}"
        lines.extend(textwrap.wrap(said, width=_WIDTH, initial_indent=" " * 14, subsequent_indent=" " * 14))
    return lines
