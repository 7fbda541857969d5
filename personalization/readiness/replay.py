"""What readiness would have said on past nights, had it been asked: when each gate closed and when it opened again."""

from datetime import date, datetime
from typing import Any

import pyarrow as pa

from personalization.readiness.checks import limits_of, required_checks
from personalization.readiness.evidence import read_evidence
from personalization.readiness.findings import SHOP
from personalization.readiness.gate import Key, lingering, night_findings, raw_verdict, verdicts_of
from personalization.readiness.nights import looked_at_nights
from personalization.readiness.rules import Rules
from personalization.readiness.verdict import CLEAN_NIGHTS, OPEN, after_hysteresis
from personalization.records import CheckVerdict
from personalization.warehouse import Warehouse

REPLAYED = pa.schema(
    [
        ("night", pa.date32()),
        ("check", pa.string()),
        ("scope", pa.string()),
        ("program", pa.string()),
        ("value", pa.float64()),
        ("raw_verdict", pa.string()),
        ("verdict", pa.string()),
        ("reason", pa.string()),
    ]
)


def replay(
    warehouse: Warehouse,
    *,
    run_date: date,
    cutoff: datetime,
    nights: int,
    present: frozenset[str],
    rules: Rules,
) -> pa.Table:
    """Return what each check would have said on the last *nights* nights, the one that ends at *cutoff* included.

    Every night sees only what was learned by then, by the thresholds that hold now. One row a night, check, scope and
    program, in this order; the columns are REPLAYED.
    """
    limits, required = limits_of(rules.thresholds), required_checks(rules.programs)
    looked_at = looked_at_nights(
        run_date=run_date, cutoff=cutoff, timezone=rules.timezone, count=nights + CLEAN_NIGHTS - 1
    )
    evidence = read_evidence(warehouse, nights=looked_at, present=present, next_steps=rules.next_steps)
    findings = [night_findings(night, required, limits) for night in evidence]
    rows: list[dict[str, Any]] = []
    for index in range(nights):
        before = [verdicts_of(past) for past in findings[index + 1 : index + CLEAN_NIGHTS]]
        for key, found in (findings[index] | lingering(findings[index], before)).items():
            verdict, _ = after_hysteresis(found.verdict, [raw_verdict(past, key) for past in before])
            check, scope, program = key
            rows.append(
                {
                    "night": looked_at[index].night_on,
                    "check": check,
                    "scope": scope,
                    "program": program,
                    "value": found.value,
                    "raw_verdict": str(found.verdict),
                    "verdict": str(verdict),
                    "reason": found.reason,
                }
            )
    rows.sort(key=lambda row: (row["night"], row["check"], row["scope"], row["program"]))
    return pa.Table.from_pylist(rows, schema=REPLAYED)


def changes_text(replayed: pa.Table) -> str:
    """Return when gates closed and opened, a line each: what each program's checks said of the shop, and of scopes."""
    rows = [row for row in replayed.to_pylist() if row["program"]]
    if not rows:
        return "No program requires a readiness check.\n"
    first, last = rows[0]["night"], rows[-1]["night"]
    was: dict[Key, bool] = {}
    changes: dict[tuple[date, str, str, bool, str], list[str]] = {}
    for row in rows:
        key, is_open = (row["check"], row["scope"], row["program"]), CheckVerdict(row["verdict"]) in OPEN
        if was.get(key, is_open) != is_open or (key not in was and not is_open):
            reason = "" if is_open else row["reason"]
            changes.setdefault((row["night"], row["check"], row["scope"], is_open, reason), []).append(row["program"])
        was[key] = is_open
    lines = [f"The nights of {first} to {last}, each with what was known then:", ""]
    for (night, check, scope, is_open, reason), programs in changes.items():
        whom = ", ".join(program.replace("_", "-") for program in programs)
        state = "opened" if is_open else ("held from the first night" if night == first else "closed")
        where = "" if scope == SHOP else f" for {scope}"
        lines.append(f"{night}  {state}: {check.replace('_', ' ')}{where} ({whom}). {reason}".rstrip())
    lines.extend([] if changes else ["No gate was closed on any of these nights."])
    return "\n".join(lines) + "\n"
