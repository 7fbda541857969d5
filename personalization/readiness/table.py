"""The readiness table: its columns in readiness.parquet, and the text that a manager reads."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from personalization.readiness.checks import Check
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
    ]
)
_WIDTH = 118
_HELD = (CheckVerdict.HOLD, CheckVerdict.INSUFFICIENT)


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


def _record(row: Row) -> dict[str, str | int | float | None]:
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
    }


def readiness_table_text(table: pa.Table) -> str:
    """Return readiness.parquet's rows as text: what holds first, a block a check and scope, who owns and needs it."""
    blocks: dict[tuple[str, str, str, str], tuple[str, list[str]]] = {}
    for row in table.to_pylist():
        key = (row["check"], row["scope"], row["verdict"], row["reason"])
        blocks.setdefault(key, (row["owner"], []))[1].append(row["program"])
    if not blocks:
        return "No program requires a readiness check.\n"
    ordered = sorted(blocks.items(), key=lambda block: (block[0][1] != SHOP, block[0][2] not in _HELD, block[0]))
    lines = [f"{'VERDICT':<14}{'CHECK':<24}SCOPE"]
    for (check, scope, verdict, reason), (owner, programs) in ordered:
        needed_by = ", ".join(program.replace("_", "-") for program in programs)
        lines.append(f"{verdict:<14}{check.replace('_', ' '):<24}{scope}")
        lines.extend(textwrap.wrap(reason, width=_WIDTH, initial_indent=" " * 14, subsequent_indent=" " * 14))
        lines.append(f"{'':<14}Needed by {needed_by}. Owner: {owner}.")
    return "\n".join(lines) + "\n"
