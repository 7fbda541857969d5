"""The audit of each stage: a recurring complaint, a bottleneck, a metric, and what is at fault (R45). Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from personalization.diagnosis import told
from personalization.diagnosis.costs import repeat_share
from personalization.diagnosis.evidence import Evidence
from personalization.diagnosis.intervals import share
from personalization.diagnosis.leaks import MINIMUM_ORDERS
from personalization.diagnosis.signals import Signal, is_software_justified
from personalization.journey import STAGES

ON_TIME = 0.93  # T2: with a day's grace
_COMPLAINTS: Mapping[tuple[str, str], str] = {
    ("ticket", "wismo"): "Where is my order?",
    ("ticket", "return"): "How do I send this back?",
    ("ticket", "exchange"): "What about my exchange?",
    ("ticket", "refund"): "Where is my money?",
    ("ticket", "damaged"): "It came damaged.",
    ("ticket", "claim"): "What about my claim?",
    ("ticket", "product_question"): "How does this work?",
    ("ticket", "cancel"): "Please cancel my order.",
    ("ticket", "address"): "Please change the address.",
    ("ticket", "other"): "Something else.",
    ("mail", "unsubscribe"): "Stop writing to me.",
    ("mail", "complaint"): "This is spam.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A share of the window in words: what it counts, and per how many it is told."""

    name: str
    words: str
    per: int = 100


METRICS: Mapping[str, Figure] = {
    "confirmation": Figure(name="changes", words="wishes to cancel or change an order, per 100 orders"),
    "fulfilment": Figure(name="shipped_in_2_days", words="of 100 orders leave within two days"),
    "in_transit": Figure(name="on_time", words="of 100 parcels come by the day after the promised one"),
    "delivered": Figure(name="wismo_after_arrival", words="questions after arrival, per 100 delivered orders"),
    "onboarding": Figure(name="product_questions", words="product questions, per 100 delivered orders"),
    "issue_resolution": Figure(name="answered_in_24_hours", words="of 100 tickets are answered within a day"),
    "return_exchange": Figure(name="returned", words="returns per 100 orders"),
}
BOTTLENECKS: Mapping[str, tuple[str, str, str]] = {  # the figure, what it measures, its unit
    "confirmation": ("confirmation_hours", "From order to confirmation", "hours"),
    "fulfilment": ("packing_hours", "From order to the parcel's leaving", "hours"),
    "in_transit": ("transit_days", "On the way", "days"),
    "delivered": ("promise_error_days", "Between promised and real arrival", "days"),
    "issue_resolution": ("reply_hours", "First answer", "hours"),
    "return_exchange": ("refund_days", "From approval to refund", "days"),
    "reorder_reactivation": ("second_order_days", "From the first to the second order", "days"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StageAudit:
    """One stage: what customers complain of, what takes longest, the figure to watch, and what is at fault.

    verdict is policy, workflow, software or none; why names what was seen. told is the next step that customers read.
    """

    stage: str
    failures: int
    complaint: str
    bottleneck: str
    metric: str
    told: str
    verdict: str
    why: str


def audit_stages(evidence: Evidence, signals: Sequence[Signal]) -> tuple[StageAudit, ...]:
    """Return the audit of every stage, in the order of the journey."""
    return tuple(_audit(stage, evidence, signals) for stage in STAGES)


def unassigned_share(evidence: Evidence) -> tuple[int, int]:
    """Return how many tickets, returns, claims, chargebacks and parcels in trouble have no stage, and of how many."""
    counted = [row for row in evidence.failures if row["kind"] != "mail"]
    nowhere = sum(int(row["failures"]) for row in counted if row["stage"] == "unassigned")
    return nowhere, sum(int(row["failures"]) for row in counted)


def _audit(stage: str, evidence: Evidence, signals: Sequence[Signal]) -> StageAudit:
    rows = [row for row in evidence.failures if row["stage"] == stage]
    verdict, why = _verdict(stage, signals, has_failures=bool(rows))
    return StageAudit(
        stage=stage,
        failures=sum(int(row["failures"]) for row in rows),
        complaint=_complaint(rows),
        bottleneck=_bottleneck(stage, evidence, signals),
        metric=_metric(stage, evidence),
        told=told.next_step(evidence.touchpoints, stage),
        verdict=verdict,
        why=why,
    )


def _complaint(rows: Sequence[Mapping[str, object]]) -> str:
    """Return what most customers said; only tickets and mail speak, other failures are named where none does."""
    spoken = [row for row in rows if (row["kind"], row["word"]) in _COMPLAINTS]
    if not rows:
        return "Nobody complained."
    row = max(spoken or rows, key=lambda row: (int(str(row["customers"])), str(row["kind"]), str(row["word"])))
    kind, word = str(row["kind"]), str(row["word"])
    text = _COMPLAINTS.get((kind, word), f"{kind}: {word.replace('_', ' ')}")
    return f"{text} ({row['failures']:,} times, {row['customers']:,} customers)"


def _bottleneck(stage: str, evidence: Evidence, signals: Sequence[Signal]) -> str:
    if stage == "in_transit" and (slow := slowest_carrier(evidence)):
        return slow
    if stage == "onboarding":
        return next(signal.finding for signal in signals if signal.name == "generic mail after delivery")
    figure, words, unit = BOTTLENECKS[stage]
    row = evidence.times.get(figure)
    if row is None:
        return f"{words}: not measured."
    return f"{words}: half within {_span(row['median'], unit)}, nine of ten within {_span(row['p90'], unit)}."


def _span(value: float, unit: str) -> str:
    return f"{60 * value:.0f} minutes" if unit == "hours" and value < 1 else f"{value:,.1f} {unit}"


def slowest_carrier(evidence: Evidence) -> str:
    """Return the carrier with the most late parcels among those that are surely late too often; empty without one."""
    late = [
        (row["due"] - row["on_time"], str(row["carrier"]), row["on_time"] / row["due"], row["due"])
        for row in evidence.carriers
        if row["due"] >= MINIMUM_ORDERS and share(row["on_time"], row["due"]).high < ON_TIME
    ]
    if not late:
        return ""
    _, carrier, on_time, due = max(late)
    return f"{carrier}: {on_time:.0%} of {due:,} parcels came by the day after the promised one."


def _metric(stage: str, evidence: Evidence) -> str:
    if stage == "reorder_reactivation":
        back, followed = repeat_share(evidence)
        if followed < MINIMUM_ORDERS:
            return "Buyers who order again within a year: too few were followed for a year."
        between = f"{100 * back.low:.1f} to {100 * back.high:.1f}"
        return f"{100 * back.value:.1f} of 100 buyers order again within a year ({between})"
    figure = METRICS[stage]
    numerator, denominator = evidence.shares.get(figure.name, (0, 0))
    if not denominator:
        return f"{figure.words[0].upper()}{figure.words[1:]}: not measured."
    return f"{figure.per * numerator / denominator:.1f} {figure.words} ({numerator:,} of {denominator:,})"


def _verdict(stage: str, signals: Sequence[Signal], *, has_failures: bool) -> tuple[str, str]:
    """Return what is at fault: the policy before the workflow, and software only if enough speaks for it (R4, R22)."""
    here = [signal for signal in signals if signal.is_seen and stage in signal.stages]
    for form in ("policy", "workflow"):
        seen = [signal.name for signal in here if signal.speaks_for == form]
        if seen:
            return form, ", ".join(seen)
    seen = [signal.name for signal in here if signal.speaks_for == "software"]
    if seen and has_failures and is_software_justified(signals):
        return "software", ", ".join(seen)
    if seen:
        return "none", f"{', '.join(seen)}; not enough to justify software"
    return "none", "nothing speaks for a change"
