"""Why this, and why not: one customer's night in sentences that a support agent can read out.

Reads the run folder alone, so what is told is what was known that night.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from personalization.audiences.fields import (
    CLAIM_FOLLOW_UP,
    CROSS_SELL,
    DELAY_NOTICE,
    EXCHANGE_FOLLOW_UP,
    LOYALTY,
    NOT_RECEIVED_HELP,
    ONBOARDING,
    PARTIAL_DELIVERY,
    REPLENISHMENT,
    SUBJECTS,
    WIN_BACK,
)
from personalization.audiences.reasons import reason_of
from personalization.audiences.why import BASIS_WORDS, ago, count, name_of, titles_in, why
from personalization.errors import WrongUse
from personalization.journey import EXCEPTIONS, NEXT_STEPS
from personalization.warehouse import rows_where

_LINES_SHOWN = 10
_SUBJECTS_SHOWN = 3
_STEPS_SHOWN = 15
PROGRAM_WORDS = {
    ONBOARDING: "Onboarding",
    REPLENISHMENT: "Replenishment",
    CROSS_SELL: "Cross-sell",
    WIN_BACK: "Win-back",
    LOYALTY: "Loyalty",
    EXCHANGE_FOLLOW_UP: "Exchange follow-up",
    CLAIM_FOLLOW_UP: "Claim follow-up",
    DELAY_NOTICE: "Delay notice",
    PARTIAL_DELIVERY: "Partial delivery",
    NOT_RECEIVED_HELP: "Help with a parcel that never came",
}
# Programs for which every customer may ask why they did not hear of it.
_OF_BUYERS = (ONBOARDING, REPLENISHMENT, CROSS_SELL, WIN_BACK)


def explain(customer_id: str, *, run: Path, snapshot: Path | None = None) -> str:
    """Return what one customer bought, and what was decided for each program and why, in plain English.

    snapshot, where given, adds the titles of items that no decision was about, and tells of an account that was merged
    away what was decided for the one it was merged into. Raises WrongUse for a folder that is no run, and for a
    customer whom the run does not know.
    """
    run_date = _run_date(run)
    asked, customer_id = customer_id, _lives_on_as(customer_id, snapshot)
    decisions = _rows(run / "decisions.parquet", customer_id)
    lines = _rows(run / "journey" / "lines.parquet", customer_id)
    scores = _rows(run / "scores" / "customers.parquet", customer_id)
    due = _rows(run / "scores" / "replenishment.parquet", customer_id)
    if not (decisions or lines or scores):
        merged = f", merged into {customer_id}" if asked != customer_id else ""
        raise WrongUse(
            f"{run}: knows no customer of this id{merged} as of {run_date}; ids are those in the shop's orders"
        )
    for row in decisions:
        row["facts"] = json.loads(row["facts"])
    titles = _titles(decisions, lines, snapshot)
    parts = [f"Customer {customer_id}, night of {run_date}."]
    if asked != customer_id:
        parts.append(f"The account {asked} was merged into {customer_id}; all of this is about {customer_id}.")
    parts += ["", *_bought(lines, titles)]
    parts += _not_settled(_rows(run / "journey" / "next_steps.parquet", customer_id), _exceptions(run, customer_id))
    for program in SUBJECTS:
        of_program = [row for row in decisions if row["program"] == program]
        if program not in _OF_BUYERS and not of_program:
            continue  # there is no such occasion, and that need not be said
        parts += ["", PROGRAM_WORDS[program]]
        parts += _decided(of_program, titles) if of_program else _nearest(program, lines, due, titles, run_date)
    return "\n".join(parts)


def _exceptions(run: Path, customer_id: str) -> dict[str, list[dict[str, Any]]]:
    """Return what is open with each of a customer's orders."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in _rows(run / "journey" / "exceptions.parquet", customer_id):
        found.setdefault(row["order_id"], []).append(row)
    return found


def _not_settled(steps: Sequence[dict[str, Any]], exceptions: Mapping[str, Sequence[dict[str, Any]]]) -> list[str]:
    """Return where each order is that is not settled, what is open with it until when, and the one next step."""
    lines = []
    for row in sorted(steps, key=lambda row: str(row["order_id"])):
        window = f" Expected {row['earliest_on']} to {row['latest_on']}." if row["latest_on"] else ""
        lines.append(f"- Order {row['order_id']} {NEXT_STEPS[row['state']].order_is}.{window}")
        lines.extend(
            f"  Since {found['since_at']:%Y-%m-%d}: {found['exception'].replace('_', ' ')} ({found['subject_id']}), "
            f"until {EXCEPTIONS[found['exception']][1]}."
            for found in exceptions.get(row["order_id"], ())
        )
        lines.append(f"  Next step: {NEXT_STEPS[row['state']].en}")
    shown = lines[:_STEPS_SHOWN]
    if len(lines) > len(shown):
        shown.append(f"  … and {len(lines) - len(shown):,} more lines.")
    return ["", "Orders that are not settled", *shown] if lines else []


def _run_date(run: Path) -> date:
    try:
        night = date.fromisoformat(run.resolve().name)
    except ValueError:
        raise WrongUse(f"{run}: not a run folder; name one such as runs/2026-11-22") from None
    if not (run / "decisions.parquet").exists():
        raise WrongUse(f"{run}: holds no decisions.parquet; the night did not get that far")
    return night


def _lives_on_as(customer_id: str, snapshot: Path | None) -> str:
    """Return the account that an account was merged into at last, or itself, as everyone in a circle stays."""
    customers = snapshot / "customers.parquet" if snapshot else None
    if customers is None or not customers.exists():
        return customer_id
    passed = [customer_id]
    while True:
        (row,) = pq.read_table(
            customers, columns=["merged_into"], filters=[("customer_id", "=", passed[-1])]
        ).to_pylist() or [{"merged_into": None}]
        following = row["merged_into"]
        if not following or not following.strip() or following == passed[-1]:
            return passed[-1]
        if following in passed:
            return customer_id
        passed.append(following)


def _rows(path: Path, customer_id: str) -> list[dict[str, Any]]:
    return rows_where(path, "customer_id = $id", id=customer_id) if path.exists() else []


def _titles(
    decisions: Sequence[dict[str, Any]], lines: Sequence[dict[str, Any]], snapshot: Path | None
) -> dict[str, str]:
    """Return sku → title, as far as known."""
    titles: dict[str, str] = {}
    products = snapshot / "products.parquet" if snapshot else None
    if products and products.exists() and lines:
        skus = sorted({line["sku"] for line in lines})
        for row in pq.read_table(products, columns=["sku", "title"], filters=[("sku", "in", skus)]).to_pylist():
            titles[row["sku"]] = row["title"]
    return {**titles, **titles_in(row["facts"] for row in decisions)}


def _bought(lines: Sequence[dict[str, Any]], titles: dict[str, str]) -> list[str]:
    newest = sorted(lines, key=lambda line: (line["placed_at"], line["order_line_id"]), reverse=True)
    orders = len({line["order_id"] for line in lines})
    if not newest:
        return ["They have no purchase that still stands."]
    told = [f"They bought {count(len(lines), 'item line')} in {count(orders, 'order')}. The newest:"]
    for line in newest[:_LINES_SHOWN]:
        arrival = "not all of it has arrived"
        if line["is_delivered"] and line["delivered_on"]:
            arrival = f"arrived {line['delivered_on']}"
        returned = ", sent back" if line["is_returned"] else ""
        told.append(f"- {line['placed_on']}: {line['qty']} x {name_of(line['sku'], titles)}, {arrival}{returned}")
    if len(newest) > _LINES_SHOWN:
        told.append(f"- and {len(newest) - _LINES_SHOWN} more before that")
    return told


def _decided(rows: Sequence[dict[str, Any]], titles: dict[str, str]) -> list[str]:
    """Return a paragraph for what is sent, then one for each group left out for the same reasons."""
    ordered = sorted(rows, key=lambda row: (row["verdict"] != "send", row["verdict"], row["reasons"], row["subject"]))
    told = []
    for (verdict, reasons), group in groupby(ordered, key=lambda row: (row["verdict"], row["reasons"])):
        same = list(group)
        told.append(_verdict_sentence(verdict, reasons, same[0]))
        told += [f"  - {why(row, titles)}" for row in same[:_SUBJECTS_SHOWN]]
        if len(same) > _SUBJECTS_SHOWN:
            told.append(f"  - and {len(same) - _SUBJECTS_SHOWN} more")
    return told


def _verdict_sentence(verdict: str, reasons: Sequence[str], row: dict[str, Any]) -> str:
    segments = f"segment{'s' if len(row['segments']) > 1 else ''} {', '.join(row['segments'])}"
    if verdict == "send":
        return f"- Will be written to on {row['send_at']:%Y-%m-%d at %H:%M} UTC, once approved; in the {segments}:"
    first = reason_of(reasons[0])
    told = f"- Not written to, because {_says(reasons[0])}"
    if len(reasons) > 1:
        told += f"; also {'; '.join(_says(code) for code in reasons[1:])}"
    rival = f" That message: {row['rival']}." if row["rival"] else ""
    return f"{told}.{rival} Until: {first.released}. In the {segments}:"


def _says(code: str) -> str:
    word, _, rest = code.partition(":")
    if word != "readiness":
        return reason_of(code).says
    check, _, scope = rest.partition(":")
    return f"{reason_of(code).says} (check {check}{f', {scope}' if scope else ''})"


def _nearest(
    program: str,
    lines: Sequence[dict[str, Any]],
    due: Sequence[dict[str, Any]],
    titles: dict[str, str],
    run_date: date,
) -> list[str]:
    """Return that no segment of *program* contains them, and the fact that comes nearest."""
    if program == REPLENISHMENT:
        dated = sorted(
            (row for row in due if row["due_on"]), key=lambda row: (abs((row["due_on"] - run_date).days), row["sku"])
        )
        if not dated:
            return ["- No segment contains them: nothing they bought is expected to run out."]
        nearest = dated[0]
        nearest_name = name_of(nearest["sku"], titles)
        basis = BASIS_WORDS.get(nearest["basis"], nearest["basis"])
        told = f"{nearest_name} is expected to run out on {nearest['due_on']} by {basis}"
        return [f"- No segment contains them. Nearest: {told}."]
    arrivals = [line["delivered_on"] for line in lines if line["is_delivered"] and line["delivered_on"]]
    if not arrivals:
        return ["- No segment contains them: nothing of theirs is known to have arrived."]
    last = max(arrivals)
    return [f"- No segment contains them. Their last parcel arrived on {last}, {ago((run_date - last).days)}."]
