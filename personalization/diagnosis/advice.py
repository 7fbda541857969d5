"""What follows from the findings: the one next action, which programs wait, and the phase the shop is in. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from personalization.diagnosis import told
from personalization.diagnosis.costs import repeat_share, target_share, usual_return_rate
from personalization.diagnosis.evidence import Evidence
from personalization.diagnosis.intervals import count_interval, share
from personalization.diagnosis.leaks import MINIMUM_ORDERS, Leak, Ranking
from personalization.diagnosis.problems import BY_PRODUCT_TYPE, NEUTRAL, PROBLEMS
from personalization.diagnosis.signals import Signal
from personalization.settings import Diagnosis, Program

HELD = ("hold", "insufficient")


@dataclass(frozen=True, slots=True, kw_only=True)
class NextAction:
    """The one thing to do next: whose it is, why, and the check that will prove it done."""

    headline: str
    action: str
    owner: str
    evidence: str
    proof: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramAdvice:
    """Whether a program should run, and why or why not."""

    program: str
    owner: str
    advice: str  # run or hold
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """Which of the three phases a shop is in (R39 to R41), and what keeps it from the next one."""

    number: int
    name: str
    failing: tuple[str, ...]


PHASES = {1: "write the journey down", 2: "mend what keeps repeating", 3: "personalise"}


def next_action(
    evidence: Evidence,
    ranking: Ranking,
    signals: Sequence[Signal],
    readiness: Sequence[Mapping[str, Any]],
    *,
    held_by: str,
    programs: Sequence[ProgramAdvice],
    assumed: Diagnosis,
) -> NextAction:
    """Return the one next action: what is held back first, then the first leak, the gate, and contradictions."""
    if held_by:
        return NextAction(
            headline="The diagnosis is held",
            action="Give every ticket a reason and an order, then look again.",
            owner=PROBLEMS["support"].owner,
            evidence=held_by,
            proof="share of failures without a stage, in this diagnosis",
        )
    if all(leak.unknown for leak in ranking.leaks):
        return NextAction(
            headline="Nothing can be said yet",
            action="Bring in what is missing; the doctor command names the file to import next.",
            owner="data engineer",
            evidence=ranking.leaks[0].unknown,
            proof="this diagnosis, at least one problem with a price",
        )
    if ranking.first is not None:
        return _mend(ranking.first, evidence, signals, programs, assumed)
    closed = [row for row in readiness if row["verdict"] in HELD]
    if closed:
        row = closed[0]
        return NextAction(
            headline="No leak is evident, but the gate is closed",
            action=f"Mend what the readiness check {row['check'].replace('_', ' ')} found.",
            owner=str(row["owner"]),
            evidence=str(row["reason"]),
            proof=f"readiness check {row['check']}",
        )
    wrong = next((signal for signal in signals if signal.name in _BASICS and signal.is_seen), None)
    if wrong is not None:
        return NextAction(
            headline=f"No leak is evident; mend this: {wrong.name}",
            action="Settle it with whoever owns the texts, so that every touchpoint says the same.",
            owner=PROBLEMS["support"].owner,
            evidence=wrong.finding,
            proof=f"the sign “{wrong.name}” in this diagnosis",
        )
    return _nothing(ranking)


_BASICS = ("contradiction", "unclear policy", "no owner")


def _nothing(ranking: Ranking) -> NextAction:
    unknown = [leak.problem for leak in ranking.leaks if leak.unknown]
    beside = f" Not looked at: {', '.join(unknown)}." if unknown else ""
    return NextAction(
        headline="Nothing blocks it" if not unknown else "Nothing that could be looked at blocks it",
        action="Run the nightly programs, and keep the holdout: only it can tell what they bring.",
        owner=PROBLEMS["retention"].owner,
        evidence=f"No problem leaks more than chance and assumptions can explain.{beside}",
        proof="readiness stays open",
    )


def _mend(
    leak: Leak,
    evidence: Evidence,
    signals: Sequence[Signal],
    programs: Sequence[ProgramAdvice],
    assumed: Diagnosis,
) -> NextAction:
    problem = PROBLEMS[leak.problem]
    held = [program.program.replace("_", "-") for program in programs if program.advice == "hold"]
    headline = f"{problem.first}, hold {_listed(held)}" if held else problem.first
    return NextAction(
        headline=headline,
        action=_action(leak, evidence, signals, assumed),
        owner=problem.owner,
        evidence=_told(leak),
        proof=f"{problem.proof}: {_aim(leak)}",
    )


def _listed(words: Sequence[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def _action(leak: Leak, evidence: Evidence, signals: Sequence[Signal], assumed: Diagnosis) -> str:
    if leak.problem == "retention":
        return weak_types(evidence, assumed)
    action = PROBLEMS[leak.problem].action
    after_mail = next((signal for signal in signals if signal.name == "asked in spite of tracking mail"), None)
    if leak.problem == "tracking" and after_mail is not None and after_mail.is_seen:
        return f"{action} Most who ask had a tracking message: mend its wording and the exceptions, not the platform."
    return action


def _told(leak: Leak) -> str:
    if leak.problem == "retention":
        return (
            f"{leak.per_100.value:.1f} of 100 buyers order again within a year ({leak.per_100.low:.1f} to "
            f"{leak.per_100.high:.1f}); {leak.usual_per_100:.1f} are asked. {leak.detail}"
        )
    counted = PROBLEMS[leak.problem].counted
    return (
        f"{leak.events:,} {counted}: {leak.per_100.value:.1f} per 100 orders ({leak.per_100.low:.1f} to "
        f"{leak.per_100.high:.1f}); {leak.usual_per_100:.1f} are usual. {leak.customers:,} customers met it, "
        f"{leak.touches:,} touches. {leak.detail}".strip()
    )


def _aim(leak: Leak) -> str:
    if leak.problem == "retention":
        return f"at least {leak.usual_per_100:.1f} of 100"
    return f"at most {leak.usual_per_100:.1f} per 100 orders, and no evident leak in the next diagnosis"


def weak_types(evidence: Evidence, assumed: Diagnosis) -> str:
    """Return what to write after delivery, for the product types whose buyers order again too seldom (R18)."""
    targets = {str(name): aim for name, aim in assumed.target_repeat_share.items()}
    missed = []
    for row in evidence.base:
        kind = str(row["product_type"])
        actual, followed = repeat_share(evidence, kind)
        gap = targets.get(kind, target_share(evidence, assumed)) - actual.value
        if followed >= MINIMUM_ORDERS and gap > 0:
            missed.append((gap * int(row["first_orders"]), kind))
    types = [kind for _, kind in sorted(missed, reverse=True)[:2]]
    return " ".join(BY_PRODUCT_TYPE.get(kind, NEUTRAL) for kind in types) or NEUTRAL


def program_advice(
    programs: Mapping[str, Program],
    ranking: Ranking,
    readiness: Sequence[Mapping[str, Any]],
    evidence: Evidence,
    assumed: Diagnosis,
) -> tuple[ProgramAdvice, ...]:
    """Return which programs should wait: what readiness holds, and marketing while a basic problem leaks (R17, R19)."""
    too_often = returned_too_often(evidence, assumed)
    return tuple(
        ProgramAdvice(
            program=name,
            owner=program.owner,
            advice="hold" if (why := _why_held(name, program, ranking, readiness, too_often=too_often)) else "run",
            why=why or "Nothing that it needs is held, and no basic problem leaks.",
        )
        for name, program in sorted(programs.items())
    )


def _why_held(
    name: str,
    program: Program,
    ranking: Ranking,
    readiness: Sequence[Mapping[str, Any]],
    *,
    too_often: Sequence[str],
) -> str:
    if program.kind == "service":
        return ""
    closed = [row["check"].replace("_", " ") for row in readiness if row["program"] == name and row["verdict"] in HELD]
    if closed:
        return f"Readiness holds it: {', '.join(closed)}."
    first = ranking.first
    if first is None or program.kind != "marketing" or not PROBLEMS[first.problem].holds_programs:
        return ""
    if first.problem == "returns":
        types = ", ".join(too_often) or "all products"
        return f"Refunds eat the margin: no offers for {types} until they are mended (R17)."
    return f"{first.title}: marketing waits until that is mended (R19)."


def returned_too_often(evidence: Evidence, assumed: Diagnosis) -> list[str]:
    """Return the product types of which surely more comes back than is usual."""
    back = {row["product_type"]: int(row["events"]) for row in evidence.return_rows if row["component"] == "return"}
    return [
        row["product_type"]
        for row in evidence.base
        if row["orders"]
        and 100 * count_interval(back.get(row["product_type"], 0))[0] / row["orders"]
        > usual_return_rate(row["product_type"], assumed)
    ]


def phase_of(evidence: Evidence, ranking: Ranking, readiness: Sequence[Mapping[str, Any]]) -> Phase:
    """Return the phase by the checks alone: a written journey, then no repeated inefficiency, then personalisation."""
    unwritten = _unwritten(evidence)
    if unwritten:
        return Phase(number=1, name=PHASES[1], failing=tuple(unwritten))
    repeating = [
        f"{leak.title.lower()} ({leak.per_100.value:.1f} per 100 orders, {leak.usual_per_100:.1f} are usual)"
        for leak in ranking.leaks
        if leak.is_evident and leak.problem != "retention"
    ]
    gates = sorted(
        {f"readiness: {row['check'].replace('_', ' ')} {row['verdict']}" for row in readiness if row["verdict"] in HELD}
    )
    if repeating or gates:
        return Phase(number=2, name=PHASES[2], failing=(*repeating, *gates))
    return Phase(number=3, name=PHASES[3], failing=())


def _unwritten(evidence: Evidence) -> list[str]:
    if "touchpoints" not in evidence.present:
        return ["no touchpoints: nothing says what customers are told in which stage"]
    gaps = [
        f"{stage.replace('_', ' ')}: no touchpoint says what comes next"
        for stage in told.undocumented(evidence.touchpoints)
    ]
    gaps.extend(f"contradiction: {text}" for text in told.contradictions(evidence.touchpoints))
    if nobody := told.without_owner(evidence.touchpoints):
        gaps.append(f"no owner: {', '.join(nobody)}")
    if "policies" not in evidence.present:
        return [*gaps, "no policies: nothing says until when goods may come back"]
    return [*gaps, *told.policy_gaps(evidence.policies)]


def returns_form(evidence: Evidence) -> tuple[str, tuple[str, ...]]:
    """Return whether the shop's returns are a portal or a whole solution, and what is missing for the latter (R47).

    Without a return in the window nothing can be said.
    """
    reasons, visible, late, kept = (
        evidence.shares.get(name, (0, 0))
        for name in ("return_reasons", "return_told", "refunded_too_late", "kept_by_exchange")
    )
    if not evidence.shares.get("returned", (0, 0))[0]:
        return "unknown", ()
    is_exchange_first = any(row["is_exchange_first"] for row in evidence.policies)
    wanted = (
        ("reasons for four of five returned goods (R8)", _is_over(reasons, 0.8)),
        ("a message at every step of the return", _is_over(visible, 0.8)),  # our choice, as for reasons
        ("refunds only within the policy's window", late[1] > 0 and not share(*late).low > 0.02),  # our choice: 2 %
        ("exchange offered before the refund", is_exchange_first or _is_over(kept, 0.5)),  # our choice: half of them
    )
    missing = tuple(words for words, is_there in wanted if not is_there)
    return ("solution" if not missing else "portal"), missing


def _is_over(counted: tuple[int, int], limit: float) -> bool:
    return counted[1] > 0 and counted[0] / counted[1] >= limit
