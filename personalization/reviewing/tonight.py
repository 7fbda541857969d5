"""A night as a whole: for each program whether it may go out, why, and who hears from it."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from personalization.errors import PostludeError
from personalization.readiness import CHECKS
from personalization.readiness.verdict import CLEAN_NIGHTS
from personalization.records import CheckVerdict, DecisionVerdict
from personalization.review.desk import CheckLine, Program, RunLine, SegmentLine, Tonight
from personalization.review.summary import SUMMARY
from personalization.reviewing import funnel, sizes
from personalization.reviewing.night import OpenNight, nights_kept, open_night, segment_files
from personalization.reviewing.words import (
    CHECK_WORDS,
    KIND_WORDS,
    figure,
    plain,
    program_title,
    scope_words,
    segment_title,
    spoken,
)

_HOLDING = (CheckVerdict.HOLD, CheckVerdict.INSUFFICIENT)
_Rows = Sequence[Mapping[str, Any]]


def tonight(night: OpenNight, run: RunLine) -> Tonight:
    """Return a night; *run* is what became of it."""
    said = json.loads(night.path("programs.json").read_text(encoding="utf-8"))["programs"]
    summary = night.summary().to_pylist()
    readiness = night.table("readiness.parquet").to_pylist()
    history, titles = _sends_before(night), segment_files(night)
    programs = [
        _program(
            night,
            name,
            said[name],
            summary=[row for row in summary if row["program"] == name],
            checks=[row for row in readiness if row["program"] == name],
            sends_before={when: sends.get(name, 0) for when, sends in history.items()},
            titles=titles,
        )
        for name in night.shop.programs
        if name in said
    ]
    return Tonight(
        night=night.name,
        digest=night.manifest.digest,
        run=run,
        shop=night.shop.name,
        notes=_notes(night),
        programs=tuple(sorted(programs, key=lambda program: program.is_open)),  # what is held comes first
    )


def _program(
    night: OpenNight,
    name: str,
    said: Mapping[str, Any],
    *,
    summary: _Rows,
    checks: _Rows,
    sends_before: Mapping[date, int],
    titles: Mapping[str, Mapping[str, Any]],
) -> Program:
    whole = funnel.rows_of(summary, name)
    to_send = funnel.decided(whole, DecisionVerdict.SEND)
    settings = night.shop.programs[name]
    failing = [row for row in checks if row["scope"] == "shop" and row["verdict"] in _HOLDING]
    is_open = bool(said["is_open"])
    return Program(
        name=name,
        title=program_title(name),
        owner=settings.owner,
        kind=KIND_WORDS[settings.kind],
        is_open=is_open,
        readiness=_readiness(is_open, said["verdict"]),
        why=_why(is_open, said["reasons"], checks),
        what_to_do="" if is_open else _what_to_do(failing),
        considered=funnel.total(whole),
        to_send=to_send,
        people=funnel.decided(whole, DecisionVerdict.SEND, "people"),
        holdout=funnel.decided(whole, DecisionVerdict.HOLDOUT),
        changes=sizes.changes(to_send, sends_before, night=night.run_date),
        alarm=sizes.alarm(to_send, sends_before, night=night.run_date),
        steps=funnel.steps(whole),
        segments=_segments(summary, titles),
        checks=tuple(_check(row) for row in sorted(checks, key=_worst_first)),
    )


def _segments(summary: _Rows, titles: Mapping[str, Mapping[str, Any]]) -> tuple[SegmentLine, ...]:
    names = sorted({row["segment"] for row in summary if row["segment"]})
    by_name = {name: [row for row in summary if row["segment"] == name] for name in names}
    return tuple(
        SegmentLine(
            name=name,
            title=segment_title(name, titles),
            people=funnel.total(rows, "people"),
            to_send=funnel.decided(rows, DecisionVerdict.SEND),
        )
        for name, rows in by_name.items()
    )


def _readiness(is_open: bool, verdict: str) -> str:  # noqa: FBT001 - read as a sentence
    if not is_open:
        return "Held"
    return "Open, but watch it" if verdict == CheckVerdict.WARN else "Open"


def _why(is_open: bool, reasons: Sequence[str], checks: _Rows) -> str:  # noqa: FBT001
    """Return in a sentence or two why a program is held, or what to know though it is open."""
    said = " ".join(spoken(reason[:1].upper() + reason[1:]) for reason in reasons)
    if not is_open:
        return said
    held = sorted(
        {scope_words(row["scope"]) for row in checks if row["scope"] != "shop" and row["verdict"] in _HOLDING}
    )
    alone = f"Orders of {', '.join(held)} are held by themselves." if held else ""
    return " ".join(part for part in (said, alone) if part) or "Nothing that it needs is held."


def _what_to_do(failing: _Rows) -> str:
    """Return who has to mend what before a held program opens again."""
    to_mend = [row for row in failing if row["raw_verdict"] in _HOLDING]
    opens = f"It opens by itself after {CLEAN_NIGHTS} clean nights in a row."
    if not to_mend:
        return f"Nothing is left to mend. {opens}"
    asked = "; ".join(dict.fromkeys(f"{row['owner']}: {_title(row['check'])}" for row in to_mend))
    return f"Ask for it to be mended ({asked}). Nothing is to be approved here until then. {opens}"


def _check(row: Mapping[str, Any]) -> CheckLine:
    check = row["check"]
    low, high = row["low"], row["high"]
    return CheckLine(
        title=_title(check),
        scope=scope_words(row["scope"]),
        verdict=CHECK_WORDS[row["verdict"]],
        value=figure(row["value"], check),
        interval="–" if low is None or high is None else f"{figure(low, check)} to {figure(high, check)}",
        threshold=figure(row["threshold"], check),
        found=spoken(row["reason"]),
        meaning=CHECKS[check].meaning if check in CHECKS else "",
        owner=row["owner"],
    )


def _worst_first(row: Mapping[str, Any]) -> tuple[int, bool, str, str]:
    order = [*_HOLDING, CheckVerdict.WARN, CheckVerdict.PASS]
    return order.index(row["verdict"]), row["scope"] != "shop", row["check"], row["scope"]


def _title(check: str) -> str:
    return plain(check).replace("Wismo", "Asking where the order is")


def _sends_before(night: OpenNight) -> dict[date, dict[str, int]]:
    """Return the messages of each program on the nights of the last four weeks, as far as these are kept."""
    since = night.run_date - timedelta(days=max(sizes.SPANS))
    found: dict[date, dict[str, int]] = {}
    for when in nights_kept(night.folder.parent):
        if not since <= when < night.run_date:
            continue
        try:
            earlier = open_night(when.isoformat(), runs=night.folder.parent, shop=night.shop)
            if SUMMARY not in earlier.manifest.files:
                continue
            rows = earlier.table(SUMMARY).to_pylist()
        except PostludeError:
            continue  # changed since it was published: nothing to compare with
        programs = {row["program"] for row in rows}
        found[when] = {
            name: funnel.decided(funnel.rows_of(rows, name), DecisionVerdict.SEND) for name in sorted(programs)
        }
    return found


def _notes(night: OpenNight) -> tuple[str, ...]:
    """Return what to know of the night before all else."""
    sources = json.loads(night.path("inputs/sources.json").read_text(encoding="utf-8"))
    notes = []
    if "orders" in sources["simulated"]:
        notes.append("A simulated shop: everything in it is made up.")
    elif sources["simulated"]:
        notes.append("Demo data: the purchases are real; parcels, tickets, consents and addresses are made up.")
    peaks = [f"{peak.name} ({peak.from_on} to {peak.to_on})" for peak in night.shop.peaks_on(night.run_date)]
    if peaks:
        notes.append(f"Peak: {', '.join(peaks)}. Thresholds are stricter, and people hear from the shop less often.")
    return tuple(notes)
