"""What the newest data say at the moment of sending. Pure: the pipeline works the facts out, nothing is read here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from personalization.records import DecisionVerdict

DUE = "due"
NOT_DUE = "not_due"
EXPIRED = "expired"
WITHHELD = "withheld"
_JOINT = "\x1f"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recheck:
    """What an approved message must still agree with at the moment of sending; what is not named here may not go.

    decisions: the night's decisions taken again on the newest data, columns customer_id, program, subject, verdict and
    reasons: readiness, consent, suppression, open problems and the contact budget are all in them. customers: columns
    customer_id and email, the newest address. suppressions_learned_at: when the suppressions were last received, a
    naive UTC instant, None when they are missing; suppression_counts: their rows by channel. is_simulated: the data are
    a demo's.
    """

    decisions: pa.Table
    customers: pa.Table
    suppressions_learned_at: datetime | None
    suppression_counts: Mapping[str, int]
    is_simulated: bool


def judge(messages: pa.Table, *, now: datetime, recheck: Recheck) -> pa.Table:
    """Return *messages* with what is to be done with each: columns email, outcome and reason added.

    outcome: due, not_due, expired or withheld; reason: why it is withheld or expired, else null. A message whose
    decision would not be "send" again is withheld for that decision's first reason.
    """
    customers, decisions = recheck.customers, recheck.decisions
    email = _looked_up(messages["customer_id"], keys=customers["customer_id"], values=customers["email"])
    keys = {"keys": _key(decisions, "subject"), "values": decisions["verdict"]}
    verdict = _looked_up(_key(messages, "decision_subject"), **keys)
    why = _looked_up(_key(messages, "decision_subject"), **{**keys, "values": _first_reasons(decisions)})
    is_expired = pc.less_equal(messages["expires_at"], pa.scalar(now, pa.timestamp("us")))
    is_early = pc.greater(messages["send_at"], pa.scalar(now, pa.timestamp("us")))
    facts = {
        EXPIRED: (is_expired, pa.scalar("window_closed")),
        NOT_DUE: (is_early, pa.scalar(None, pa.string())),
        "not_decided": (pc.is_null(verdict), pa.scalar("not_in_audience")),
        "decided_otherwise": (pc.not_equal(pc.fill_null(verdict, ""), DecisionVerdict.SEND), why),
        "unreachable": (pc.equal(pc.fill_null(email, ""), ""), pa.scalar("no_address")),
    }
    is_so = pc.make_struct(*(condition for condition, _ in facts.values()))
    reason = pc.case_when(is_so, *(word for _, word in facts.values()))
    words = (EXPIRED, NOT_DUE, WITHHELD, WITHHELD, WITHHELD, DUE)
    outcome = pc.case_when(is_so, *(pa.scalar(word) for word in words))
    return messages.append_column("email", email).append_column("outcome", outcome).append_column("reason", reason)


def _looked_up(wanted: Any, *, keys: Any, values: Any) -> Any:
    """Return the value beside each wanted key, null where the key is not there."""
    return pc.take(_text(values), pc.index_in(wanted, value_set=_text(keys)))


def _key(table: pa.Table, subject: str) -> Any:
    parts = (table[name].cast(pa.string()) for name in ("customer_id", "program", subject))
    return pc.binary_join_element_wise(*parts, _JOINT)


def _first_reasons(decisions: pa.Table) -> Any:
    """Return each decision's first reason, and its verdict where it has none."""
    first = pc.binary_join(pc.list_slice(decisions["reasons"], 0, 1), "")
    return pc.if_else(pc.equal(pc.fill_null(first, ""), ""), decisions["verdict"], first)


def _text(values: Any) -> pa.Array:
    text = values.cast(pa.string())
    return pa.concat_arrays(text.chunks or [pa.array([], pa.string())]) if isinstance(text, pa.ChunkedArray) else text
