"""A diagnosis as plain content, from which page, Markdown and JSON are all made; and two of them compared. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from personalization.diagnosis import kpis
from personalization.diagnosis.diagnose import Diagnosis
from personalization.diagnosis.intervals import Estimate
from personalization.diagnosis.kpis import Figure
from personalization.diagnosis.leaks import Leak, Money
from personalization.diagnosis.load import Load, told
from personalization.diagnosis.problems import PROBLEMS
from personalization.errors import BadInput

MINIMUM_PARCELS = 50  # R30: our choice
_LANES_TOLD = 20
FORM = "postlude diagnosis 1"  # says what kind of file it is, for a later comparison


def content_of(found: Diagnosis) -> dict[str, Any]:
    """Return everything that a diagnosis says, ready for JSON."""
    nowhere, everything = found.unassigned
    form, missing = found.returns_form
    first = found.ranking.first
    return {
        "form": FORM,
        "shop": found.shop_name,
        "currency": found.currency,
        "date": found.run_date.isoformat(),
        "window_days": found.window_days,
        "orders": found.orders,
        "simulated": list(found.simulated),
        "held_by": found.held_by,
        "unassigned": {"failures": nowhere, "of": everything},
        "first": first.problem if first and not found.held_by else None,
        "decided_by": found.ranking.decided_by,
        "is_overlapping": found.ranking.is_overlapping,
        "next": asdict(found.next_action),
        "phase": {"number": found.phase.number, "name": found.phase.name, "failing": list(found.phase.failing)},
        "problems": [_problem(leak) for leak in found.ranking.leaks],
        "programs": [asdict(program) for program in found.programs],
        "stages": [asdict(stage) for stage in found.stages],
        "signals": [{**asdict(signal), "stages": list(signal.stages)} for signal in found.signals],
        "is_software_justified": found.is_software_justified,
        "returns_form": {"form": form, "missing": list(missing)},
        "carriers": [asdict(carrier) for carrier in found.carriers],
        "lanes": _lanes(found.evidence.lanes),
        "load": [_load(load) for load in found.load],
        "kpis": [_kpi(figure, currency=found.currency) for figure in found.kpis],
    }


def _problem(leak: Leak) -> dict[str, Any]:
    known = PROBLEMS[leak.problem]
    return {
        "problem": leak.problem,
        "title": known.title,
        "counted": known.counted,
        "formula": known.formula,
        "owner": known.owner,
        "answer": known.answer,
        "events": leak.events,
        "per_100": _estimate(leak.per_100),
        "usual_per_100": _rounded(leak.usual_per_100),
        "cost": _money(leak.cost),
        "leak": _money(leak.leak),
        "is_evident": leak.is_evident,
        "customers": leak.customers,
        "touches": leak.touches,
        "assumptions": list(leak.assumptions),
        "detail": leak.detail,
        "unknown": leak.unknown,
    }


def _lanes(lanes: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the lanes that are known well enough (R24, R30), the latest first; at most as many as a page can hold."""
    known = [lane for lane in lanes if lane["promised"] >= MINIMUM_PARCELS]
    known.sort(key=lambda lane: (-lane["p90_days_late"], lane["on_time_with_grace"] / lane["promised"], lane["lane"]))
    return [
        {
            "lane": " ".join(lane[part] for part in ("carrier", "service", "region")),
            "parcels": lane["promised"],
            "on_time_share": _rounded(lane["on_time"] / lane["promised"]),
            "on_time_with_grace_share": _rounded(lane["on_time_with_grace"] / lane["promised"]),
            "p50_days_late": lane["p50_days_late"],
            "p90_days_late": lane["p90_days_late"],
            "p90_days": lane["p90_days"],
        }
        for lane in known[:_LANES_TOLD]
    ]


def _kpi(figure: Figure, *, currency: str) -> dict[str, Any]:
    return {
        "kpi": figure.kpi.name,
        "category": figure.kpi.category,
        "meaning": figure.kpi.meaning,
        "unit": figure.kpi.unit,
        "lag_days": figure.kpi.lag_days,
        "observations": figure.observations,
        "value": None if figure.value is None else _rounded(figure.value),
        "low": None if figure.low is None else _rounded(figure.low),
        "high": None if figure.high is None else _rounded(figure.high),
        "told": kpis.told(figure, currency=currency),
    }


def _load(load: Load) -> dict[str, Any]:
    weeks = [load.days[start : start + 7] for start in range(0, len(load.days), 7)]
    return {
        "kind": load.kind,
        "capacity": load.capacity,
        "told": told(load),
        "weeks": [
            {
                "from": week[0].day.isoformat(),
                "expected": _rounded(sum(day.expected for day in week)),
                "busiest": max(week, key=lambda day: (day.expected, day.day)).day.isoformat(),
                "busiest_expected": max(day.expected for day in week),
                "busiest_high": max(week, key=lambda day: (day.expected, day.day)).high,
            }
            for week in weeks
        ],
        "days": [{**asdict(day), "day": day.day.isoformat()} for day in load.days],
        "over": [day.isoformat() for day in load.over],
    }


def _estimate(estimate: Estimate) -> dict[str, float]:
    return {name: _rounded(value) for name, value in asdict(estimate).items()}


def _money(money: Money) -> dict[str, int]:
    return asdict(money)


def _rounded(value: float) -> float:
    return math.floor(value * 1e4 + 0.5) / 1e4


def compare(earlier: Any, later: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return what changed between two diagnoses' content: subject, what it was, what it is, and whether that is better.

    A problem is better or worse only where the intervals of its rate lie apart; else the change is within chance. The
    money's intervals are no measure here: they are mostly assumptions, which both share.
    Raises BadInput where *earlier* is no diagnosis, or one in another currency.
    """
    if not isinstance(earlier, Mapping) or earlier.get("form") != FORM:
        raise BadInput("--compare: not the JSON of an earlier diagnosis; write one with --json")
    try:
        if earlier["currency"] != later["currency"]:
            raise BadInput(f"--compare: that diagnosis is in {earlier['currency']}, this one in {later['currency']}")
        return _changes(earlier, later)
    except (KeyError, TypeError) as error:
        raise BadInput("--compare: that diagnosis is not whole; write it anew with --json") from error


def _changes(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> list[dict[str, str]]:
    before = {row["problem"]: row for row in earlier["problems"]}
    changes = [_leak_change(before[row["problem"]], row) for row in later["problems"] if row["problem"] in before]
    return [
        _change("first problem", earlier["first"] or "none", later["first"] or "none", _first_word(earlier, later)),
        _change(
            "phase",
            f"{earlier['phase']['number']}: {earlier['phase']['name']}",
            f"{later['phase']['number']}: {later['phase']['name']}",
            _word(later["phase"]["number"] - earlier["phase"]["number"]),
        ),
        *changes,
        *_stage_changes(earlier["stages"], later["stages"]),
        *_kpi_changes(earlier.get("kpis", []), later["kpis"]),
    ]


def _kpi_changes(earlier: Sequence[Mapping[str, Any]], later: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return the key figures whose intervals lie apart: more or less, without a word on whether that is good."""
    before = {row["kpi"]: row for row in earlier}
    changes = []
    for row in later:
        was = before.get(row["kpi"])
        if was is None or was["value"] is None or row["value"] is None:
            continue
        if row["low"] > was["high"] or row["high"] < was["low"]:
            verdict = "more" if row["low"] > was["high"] else "less"
            changes.append(_change(row["kpi"].replace("_", " "), was["told"], row["told"], verdict))
    return changes


def _leak_change(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, str]:
    texts = [row["unknown"] or _told(row) for row in (before, after)]
    if before["unknown"] or after["unknown"]:
        verdict = "cannot be compared"
    else:
        verdict = _direction(before, after) or ("same" if texts[0] == texts[1] else "within chance")
    return _change(after["title"], texts[0], texts[1], verdict)


def _told(row: Mapping[str, Any]) -> str:
    return f"{row['leak']['likely_cents'] / 100:,.0f} in 30 days, {row['per_100']['value']:.1f} per 100"


def _direction(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Return better or worse where the rates lie apart; of buyers who order again, more is better."""
    fewer, more = ("worse", "better") if after["problem"] == "retention" else ("better", "worse")
    if after["per_100"]["high"] < before["per_100"]["low"]:
        return fewer
    return more if after["per_100"]["low"] > before["per_100"]["high"] else ""


def _stage_changes(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return the stages in which something else is at fault than before."""
    earlier = {row["stage"]: row["verdict"] for row in before}
    return [
        _change(
            f"stage {row['stage'].replace('_', ' ')}",
            earlier[row["stage"]],
            row["verdict"],
            "better" if row["verdict"] == "none" else "worse" if earlier[row["stage"]] == "none" else "changed",
        )
        for row in after
        if row["stage"] in earlier and earlier[row["stage"]] != row["verdict"]
    ]


def _first_word(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> str:
    if earlier["first"] == later["first"]:
        return "same"
    if later["first"] is None:
        return "held" if later["held_by"] else "better"
    return "worse" if earlier["first"] is None and not earlier["held_by"] else "changed"


def _word(difference: int) -> str:
    return "same" if not difference else "better" if difference > 0 else "worse"


def _change(subject: str, before: str, after: str, verdict: str) -> dict[str, str]:
    return {"subject": subject, "before": before, "after": after, "verdict": verdict}
