"""Signs that the policy, the workflow or the software is at fault, each with its finding (R16, R20, R22). Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from personalization.diagnosis import told
from personalization.diagnosis.evidence import Evidence
from personalization.diagnosis.intervals import count_interval, share

ENOUGH = 30  # T11, our choice: fewer say nothing
SOFTWARE_SIGNALS = 3  # R22, our choice: so many of them justify software
_AFTER_MAIL = 0.5  # R16, our choice
_GENERIC = 0.8  # R20, our choice
_JOINED = 0.9  # R22, our choice
_SPREAD_HOURS = 24  # our choice: channels that tell of the same parcel more than a day apart
_CASE_MINUTES = 15  # our choice: an exchange or a claim that takes longer is handled by hand
_REPEAT_CUSTOMERS = 0.2  # our choice: every fifth customer who writes has to write again
_COMPLEX_TYPES, _TYPE_SHARE = 3, 0.1  # our choice: so many product types with a tenth of the orders each
_PROGRAMS = 3  # our choice: more than a reminder and a welcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One sign: what it speaks for, in which stages, and whether it was seen; None where nothing can be said."""

    name: str
    speaks_for: str  # policy, workflow or software
    stages: tuple[str, ...]
    is_seen: bool | None
    finding: str
    source: str


def signals_of(evidence: Evidence, *, programs: int) -> tuple[Signal, ...]:
    """Return every sign, seen or not; *programs* is how many marketing programs the shop runs."""
    return (*(check(evidence) for check in CHECKS), _personalisation(programs))


def is_software_justified(signals: Sequence[Signal]) -> bool:
    """Return whether enough signs speak for software (R22)."""
    return sum(1 for signal in signals if signal.speaks_for == "software" and signal.is_seen) >= SOFTWARE_SIGNALS


def _policy(evidence: Evidence) -> Signal:
    gaps = told.policy_gaps(evidence.policies)
    is_seen = bool(gaps) if "policies" in evidence.present else None
    return Signal(
        name="unclear policy",
        speaks_for="policy",
        stages=("return_exchange",),
        is_seen=is_seen,
        finding=_listed(gaps) if is_seen else _or_missing("policies", evidence, "Every policy in force says all."),
        source="R20",
    )


def _contradiction(evidence: Evidence) -> Signal:
    found = told.contradictions(evidence.touchpoints)
    stages = tuple(stage for stage in told.STATES if told.contradictions(evidence.touchpoints, stage))
    is_seen = bool(found) if "touchpoints" in evidence.present else None
    return Signal(
        name="contradiction",
        speaks_for="policy",
        stages=stages,
        is_seen=is_seen,
        finding=_listed(found) if is_seen else _or_missing("touchpoints", evidence, "All touchpoints say the same."),
        source="R12, R21",
    )


def _outdated(evidence: Evidence) -> Signal:
    late = told.outdated(evidence.touchpoints, evidence.policies, run_date=evidence.run_date)
    is_seen = bool(late) if "touchpoints" in evidence.present else None
    seen = f"Not reviewed for {told.REVIEWED_WITHIN_DAYS} days or since the policy changed: {', '.join(late)}."
    return Signal(
        name="outdated help content",
        speaks_for="workflow",
        stages=tuple(
            stage
            for stage in told.STATES
            if any(str(row["touchpoint"]) in late for row in told.in_stage(evidence.touchpoints, stage))
        ),
        is_seen=is_seen,
        finding=seen if is_seen else _or_missing("touchpoints", evidence, "All was reviewed lately."),
        source="R20",
    )


def _owner(evidence: Evidence) -> Signal:
    nobody = told.without_owner(evidence.touchpoints)
    is_seen = bool(nobody) if "touchpoints" in evidence.present else None
    return Signal(
        name="no owner",
        speaks_for="workflow",
        stages=tuple(
            stage
            for stage in told.STATES
            if any(str(row["touchpoint"]) in nobody for row in told.in_stage(evidence.touchpoints, stage))
        ),
        is_seen=is_seen,
        finding=f"Nobody owns: {', '.join(nobody)}."
        if is_seen
        else _or_missing("touchpoints", evidence, "Every touchpoint has an owner."),
        source="R20",
    )


def _timing(evidence: Evidence) -> Signal:
    """Compare messages of one program by several channels: they speak of the same event."""
    by_program: dict[str, dict[str, float]] = {}
    for figure, row in evidence.times.items():
        program, _, channel = figure.removeprefix("mail/").rpartition("/")
        if figure.startswith("mail/") and row["observed"] >= ENOUGH:
            by_program.setdefault(program, {})[channel] = float(row["median"])
    spreads = [
        (max(channels.values()) - min(channels.values()), program, channels)
        for program, channels in sorted(by_program.items())
        if len(channels) > 1
    ]
    if not spreads:
        finding = "No program tells enough customers of the same event by more than one channel."
        return _timing_signal(None, finding)
    spread, program, channels = max(spreads, key=lambda found: found[0])
    parts = ", ".join(f"{name} {hours:.0f} h" for name, hours in sorted(channels.items()))
    return _timing_signal(spread > _SPREAD_HOURS, f"“{program}”, half of them within: {parts} after the parcel left.")


def _timing_signal(is_seen: bool | None, finding: str) -> Signal:  # noqa: FBT001 - three answers: seen, not seen, unknown
    return Signal(
        name="inconsistent timing",
        speaks_for="workflow",
        stages=("in_transit",),
        is_seen=is_seen,
        finding=finding,
        source="R20",
    )


def _generic(evidence: Evidence) -> Signal:
    row = max(evidence.after_mail, key=lambda row: (row["people"], row["program"]), default=None)
    if row is None or row["everyone"] < ENOUGH:
        return Signal(
            name="generic mail after delivery",
            speaks_for="workflow",
            stages=("onboarding",),
            is_seen=None,
            finding="Too little education was sent after delivery.",
            source="R20",
        )
    part = row["people"] / row["everyone"]
    return Signal(
        name="generic mail after delivery",
        speaks_for="workflow",
        stages=("onboarding",),
        is_seen=part > _GENERIC and row["product_types"] > 1,
        finding=f"“{row['program']}” reached {part:.0%} of the people written to, with {row['product_types']} types of "
        "product alike.",
        source="R20",
    )


def _asked_after_mail(evidence: Evidence) -> Signal:
    count, total = evidence.shares.get("wismo_after_mail", (0, 0))
    is_seen = None if total < ENOUGH else count / total > _AFTER_MAIL
    told_before = f"{count:,} of {total:,} who asked where an order is had been sent a tracking message before"
    return Signal(
        name="asked in spite of tracking mail",
        speaks_for="workflow",
        stages=("in_transit", "delivered"),
        is_seen=is_seen,
        finding=f"{told_before}: wording, exceptions or hand-off, not the platform." if is_seen else f"{told_before}.",
        source="R16",
    )


def _rising(evidence: Evidence) -> Signal:
    has_policy = not told.policy_gaps(evidence.policies)
    names = {"wismo": "questions about parcels", "return_tickets": "questions about returns"}
    rising = [words for column, words in names.items() if _is_rising(evidence, column)]
    is_known = len(evidence.trend) == 3 and all(row["orders"] >= ENOUGH for row in evidence.trend)
    seen = f"For three periods of 30 days in a row, per order, there are more {' and '.join(rising)}"
    return Signal(
        name="rising tickets despite policy",
        speaks_for="software",
        stages=("in_transit", "return_exchange"),
        is_seen=bool(rising) and has_policy if is_known else None,
        finding=(f"{seen}, with a clear policy." if has_policy else f"{seen}; but first the policy has to be clear.")
        if rising
        else ("No three periods in a row with more of them." if is_known else "Too few orders in three periods."),
        source="R22",
    )


def _is_rising(evidence: Evidence, column: str) -> bool:
    """Return whether the rate rose twice in a row, and by more than chance."""
    if len(evidence.trend) < 3 or any(not row["orders"] for row in evidence.trend):
        return False
    newest, middle, oldest = (row[column] / row["orders"] for row in evidence.trend)
    low = count_interval(evidence.trend[0][column])[0] / evidence.trend[0]["orders"]
    return bool(oldest < middle < newest and low > oldest)


def _joined(evidence: Evidence) -> Signal:
    rates = {link: matched / total for link, (matched, total) in evidence.joins.items() if total}
    poor = [f"{link} {rate:.0%}" for link, rate in rates.items() if rate < _JOINED]
    return Signal(
        name="tools that do not join",
        speaks_for="software",
        stages=("issue_resolution",),
        is_seen=bool(poor) if rates else None,
        finding=f"Find no partner often enough: {', '.join(poor)}."
        if poor
        else "At least 90 % of all rows find theirs.",
        source="R22",
    )


def _manual(evidence: Evidence) -> Signal:
    row = evidence.times.get("case_minutes")
    is_known = row is not None and row["observed"] >= ENOUGH
    return Signal(
        name="manual effort",
        speaks_for="software",
        stages=("issue_resolution", "return_exchange"),
        is_seen=row["median"] > _CASE_MINUTES if row is not None and is_known else None,
        finding=f"Half of the tickets about exchanges and claims take at most {row['median']:.0f} minutes."
        if row is not None and is_known
        else "Too few handle times of exchanges and claims.",
        source="R22",
    )


def _frustration(evidence: Evidence) -> Signal:
    count, total = evidence.shares.get("repeat_customers", (0, 0))
    part = share(count, total)
    return Signal(
        name="repeated frustration",
        speaks_for="software",
        stages=("issue_resolution",),
        is_seen=None if total < ENOUGH else part.low > _REPEAT_CUSTOMERS,
        finding=f"{count:,} of {total:,} customers who wrote had to write again.",
        source="R22",
    )


def _complexity(evidence: Evidence) -> Signal:
    common = [row["product_type"] for row in evidence.base if row["orders"] >= _TYPE_SHARE * max(evidence.orders, 1)]
    return Signal(
        name="complex assortment",
        speaks_for="software",
        stages=("onboarding",),
        is_seen=len(common) >= _COMPLEX_TYPES if evidence.orders >= ENOUGH else None,
        finding=f"Types with a tenth of the orders or more: {', '.join(sorted(common)) or 'none'}.",
        source="R22",
    )


def _personalisation(programs: int) -> Signal:
    return Signal(
        name="personalisation beyond basics",
        speaks_for="software",
        stages=("reorder_reactivation",),
        is_seen=programs >= _PROGRAMS,
        finding=f"{programs} programs of marketing or education are set up.",
        source="R22",
    )


CHECKS: tuple[Callable[[Evidence], Signal], ...] = (
    _policy,
    _contradiction,
    _outdated,
    _owner,
    _timing,
    _generic,
    _asked_after_mail,
    _rising,
    _joined,
    _manual,
    _frustration,
    _complexity,
)


def by_name(signals: Sequence[Signal]) -> Mapping[str, Signal]:
    """Return the signs by their names."""
    return {signal.name: signal for signal in signals}


def _listed(found: Sequence[str]) -> str:
    more = f"; and {len(found) - 3} more" if len(found) > 3 else ""
    return f"{'; '.join(found[:3])}{more}."


def _or_missing(table: str, evidence: Evidence, otherwise: str) -> str:
    return otherwise if table in evidence.present else f"The data folder has no {table}."
