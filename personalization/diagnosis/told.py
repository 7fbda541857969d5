"""What customers are told in each stage, where that contradicts itself, and what is not written (R12, R21). Pure."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

Rows = Sequence[Mapping[str, Any]]

REVIEWED_WITHIN_DAYS = 180  # R20, our choice
# Words in a touchpoint's state that place it in a stage of the journey; the six stages that R39 wants documented.
STATES: Mapping[str, tuple[str, ...]] = {
    "confirmation": ("confirm", "placed", "paid"),
    "fulfilment": ("fulfil", "pack", "process", "prepar", "confirm"),
    "in_transit": ("transit", "shipped", "out_for", "on_the_way"),
    "delivered": ("delivered", "arriv"),
    "issue_resolution": ("issue", "problem", "stall", "delay", "lost", "damag", "claim", "help", "not_received"),
    "return_exchange": ("return", "exchange", "refund"),
}
_COMPARED = ("next_step", "promise", "days")
_NUMBERS = re.compile(r"\d+")


def in_stage(touchpoints: Rows, stage: str) -> list[Mapping[str, Any]]:
    """Return the touchpoints that speak in a stage."""
    words = STATES.get(stage, ())
    return [row for row in touchpoints if any(word in str(row["state"]).lower() for word in words)]


def next_step(touchpoints: Rows, stage: str) -> str:
    """Return what most touchpoints tell a customer to do in a stage; empty where none speaks."""
    steps = Counter(str(row["next_step"]) for row in in_stage(touchpoints, stage))
    return min(steps, key=lambda step: (-steps[step], step)) if steps else ""


def contradictions(touchpoints: Rows, stage: str | None = None) -> list[str]:
    """Return each pair of touchpoints that tell different things in the same state, with both texts."""
    rows = touchpoints if stage is None else in_stage(touchpoints, stage)
    found = []
    for state in sorted({str(row["state"]) for row in rows}):
        same = [row for row in rows if row["state"] == state]
        for column in _COMPARED:
            values: dict[str, str] = {}
            for row in same:
                if row[column] is not None and (meant := _meaning(column, str(row[column]))):
                    values.setdefault(meant, f"{row['touchpoint']} says “{row[column]}”")
            if len(values) > 1:
                texts = " but ".join(list(values.values())[:2])
                found.append(f"{state}, {column.replace('_', ' ')}: {texts}")
    return found


def _meaning(column: str, text: str) -> str:
    """Return what two texts are compared by: a promise may be worded in many ways, but its numbers must agree."""
    return " ".join(_NUMBERS.findall(text)) if column == "promise" else text.strip().lower()


def outdated(touchpoints: Rows, policies: Rows, *, run_date: date) -> list[str]:
    """Return the touchpoints that nobody has reviewed for 180 days, or since the policy in force began."""
    begins = max((row["valid_from_on"] for row in policies), default=date.min)
    oldest = max(run_date - timedelta(days=REVIEWED_WITHIN_DAYS), date.min)
    late = {
        str(row["touchpoint"])
        for row in touchpoints
        if row["last_reviewed_on"] is not None and row["last_reviewed_on"] < max(begins, oldest)
    }
    return sorted(late)


def policy_gaps(policies: Rows) -> list[str]:
    """Return what the policies in force leave unsaid, and where two versions are in force at once."""
    if not policies:
        return ["no policy is in force"]
    gaps = [
        f"policy {row['policy_id']}: {words} is missing"
        for row in policies
        for column, words in (
            ("window_days", "the return window"),
            ("refund_sla_days", "the days until the refund"),
            ("owner", "the owner"),
        )
        if row[column] is None or row[column] == ""
    ]
    versions = Counter(str(row["policy_id"]) for row in policies)
    gaps.extend(
        f"policy {name}: {count} versions are in force at once" for name, count in versions.items() if count > 1
    )
    return gaps


def without_owner(touchpoints: Rows) -> list[str]:
    """Return the touchpoints that nobody owns."""
    return sorted({str(row["touchpoint"]) for row in touchpoints if not row["owner"]})


def undocumented(touchpoints: Rows) -> list[str]:
    """Return the stages in which no touchpoint tells a customer what comes next."""
    return [stage for stage in STATES if not in_stage(touchpoints, stage)]
