"""The words of the review page: no code of ours is shown without them."""

import re
from collections.abc import Mapping
from typing import Any

from personalization import audiences
from personalization.audiences.explain import PROGRAM_WORDS
from personalization.readiness import CHECKS, Unit
from personalization.records import CheckVerdict, DecisionVerdict
from personalization.report.left_out import in_words

KIND_WORDS = {
    "marketing": "marketing",
    "education": "help with what was bought",
    "service": "service, which readiness never holds",
}
VERDICT_WORDS: Mapping[str, str] = {
    DecisionVerdict.NO_DATA: "Not enough is known",
    DecisionVerdict.SUPPRESSED: "Must not be written to",
    DecisionVerdict.NO_CONSENT: "Did not agree to marketing",
    DecisionVerdict.EXCEPTION: "Something is open, went wrong or does not apply",
    DecisionVerdict.HOLD: "The shop is not ready for them",
    DecisionVerdict.CAPPED: "Heard enough lately",
    DecisionVerdict.MERGED: "Another message speaks for it as well",
    DecisionVerdict.LOST_ARBITRATION: "Another message is worth more to them tonight",
    DecisionVerdict.HOLDOUT: "Held out, to measure the effect",
    DecisionVerdict.DEFERRED: "Put off",
    DecisionVerdict.EXPIRED: "Too late",
    DecisionVerdict.SEND: "Gets a message",
}
CHECK_WORDS: Mapping[str, str] = {
    CheckVerdict.PASS: "fine",
    CheckVerdict.WARN: "fine, but watch it",
    CheckVerdict.HOLD: "holds",
    CheckVerdict.INSUFFICIENT: "too little to tell, so it holds",
}
_STEP_ORDER = {verdict: number for number, verdict in enumerate(VERDICT_WORDS)}


def program_title(name: str) -> str:
    """Return a program's name as people say it."""
    return PROGRAM_WORDS.get(name, plain(name))


def segment_title(name: str, files: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a segment's friendly name, from its file as far as there is one."""
    return str(files.get(name, {}).get("friendly_name") or plain(name))


def plain(code: str) -> str:
    """Return a code as words: on_time_share becomes On time share."""
    words = code.replace("_", " ")
    return words[:1].upper() + words[1:]


def step_order(verdict: str) -> int:
    """Return the place of a verdict in the funnel."""
    return _STEP_ORDER.get(verdict, len(_STEP_ORDER))


def reason_words(code: str) -> tuple[str, str]:
    """Return what a reason says, and until when it applies."""
    known = {name: (reason.says, reason.released) for name, reason in audiences.REASONS.items()}
    return spoken(in_words(code, known)), known.get(code.partition(":")[0], ("", ""))[1]


def spoken(text: str) -> str:
    """Return *text* with carrier swiftline in the place of carrier:swiftline, and so for regions and categories."""
    return re.sub(r"\b(carrier|region|category):(?=\S)", r"\1 ", text)


def scope_words(scope: str) -> str:
    """Return what a check looked at: the whole shop, or one carrier, region or category."""
    kind, _, name = scope.partition(":")
    return f"{kind} {name}" if name else "the whole shop"


def figure(value: float | None, check: str) -> str:
    """Return a check's figure with its unit."""
    if value is None:
        return "–"
    unit = CHECKS[check].unit if check in CHECKS else None
    if unit in (Unit.SHARE, Unit.TIMES_BASELINE):
        return f"{value * 100:.1f}\u00a0%"
    if unit == Unit.HOURS:
        return f"{value:.1f}\u00a0hours"
    if unit == Unit.DAYS:
        return f"{value:g}\u00a0days"
    if unit == Unit.PER_100:
        return f"{value:.2f}\u00a0per\u00a0100"
    return f"{value:g}"


def without_codes(text: str, segments: Mapping[str, Mapping[str, Any]]) -> str:
    """Return *text* with segments and checks in words in the place of their codes."""
    names = sorted(segments, key=len, reverse=True)
    if names:
        known = re.compile(rf"\b(?:{'|'.join(map(re.escape, names))})\b")
        text = known.sub(lambda match: f"“{segment_title(match[0], segments)}”", text)
    return spoken(re.sub(r"\(check (\w+)", lambda match: f"(check: {match[1].replace('_', ' ')}", text))
