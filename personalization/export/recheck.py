"""What the newest data say at the moment of sending. Pure: the pipeline works the facts out, nothing is read here."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from personalization.records import DecisionVerdict
from personalization.settings import SERVICE_PROGRAMS

DUE = "due"
NOT_DUE = "not_due"
EXPIRED = "expired"
WITHHELD = "withheld"
REFUSED = "refused"
CONTENT_CHANGED = "content_changed"
# Whoever does not want to be written to, or must not be, is not asked again within a window of a day and a half.
_FINAL = (DecisionVerdict.NO_CONSENT, DecisionVerdict.SUPPRESSED)
# These speak of goods that people have already: whether they are still on sale does not matter.
_OF_OWN_GOODS = ("onboarding", "exchange_follow_up", *SERVICE_PROGRAMS)
_OFF_SALE = ("discontinued", "draft")
_JOINT = "\x1f"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recheck:
    """What an approved message must still agree with at the moment of sending; what is not named here may not go.

    decisions: the night's decisions taken again on the newest data, columns customer_id, program, subject, verdict,
    reasons and skus: readiness, consent, suppression, open problems and the contact budget are all in them. customers:
    columns customer_id and email, the newest address. products: columns sku, status and is_in_stock.
    has_suppressions: there is a list; suppressions_learned_at: when it was last received, a naive UTC instant, None
    when nothing says so; suppression_counts: its rows by channel. is_simulated: the data are a demo's.
    """

    decisions: pa.Table
    customers: pa.Table
    products: pa.Table
    has_suppressions: bool
    suppressions_learned_at: datetime | None
    suppression_counts: Mapping[str, int]
    is_simulated: bool


def judge(messages: pa.Table, *, now: datetime, recheck: Recheck) -> pa.Table:
    """Return *messages* with what is to be done with each: columns email, outcome and reason added.

    outcome: due, not_due, expired, withheld (for now: a later export in its window may find otherwise) or refused (for
    good); reason: why, null for due and not_due. A message whose decision would not be "send" again is kept back for
    the check that holds its whole program, else for that decision's first reason; one that shows what would not be
    shown any more for content_changed.
    """
    customers, decisions = recheck.customers, recheck.decisions
    email = _looked_up(messages["customer_id"], keys=customers["customer_id"], values=customers["email"])
    keys = {"keys": _key(decisions, "subject"), "values": decisions["verdict"]}
    verdict = _looked_up(_key(messages, "decision_subject"), **keys)
    why = _looked_up(_key(messages, "decision_subject"), **{**keys, "values": _first_reasons(decisions)})
    check = _looked_up(_key(messages, "decision_subject"), **{**keys, "values": _checks(decisions)})
    is_expired = pc.less_equal(messages["expires_at"], pa.scalar(now, pa.timestamp("us")))
    is_early = pc.greater(messages["send_at"], pa.scalar(now, pa.timestamp("us")))
    is_refused = pc.is_in(verdict, value_set=pa.array(_FINAL, pa.string()))
    is_off_sale, is_unsaid = _changed(messages, recheck)
    changed = pa.scalar(CONTENT_CHANGED)
    facts = (
        (is_expired, EXPIRED, pa.scalar("window_closed")),
        (is_early, NOT_DUE, pa.scalar(None, pa.string())),
        (is_refused, REFUSED, why),
        (is_off_sale, REFUSED, changed),
        (pc.is_null(verdict), WITHHELD, pa.scalar("not_in_audience")),
        (pc.not_equal(pc.fill_null(verdict, ""), DecisionVerdict.SEND), WITHHELD, pc.coalesce(check, why)),
        (is_unsaid, REFUSED, changed),
        (pc.equal(pc.fill_null(email, ""), ""), WITHHELD, pa.scalar("no_address")),
    )
    is_so = pc.make_struct(*(condition for condition, _, _ in facts))
    reason = pc.case_when(is_so, *(word for _, _, word in facts))
    outcome = pc.case_when(is_so, *(pa.scalar(word) for _, word, _ in facts), pa.scalar(DUE))
    return messages.append_column("email", email).append_column("outcome", outcome).append_column("reason", reason)


def _changed(messages: pa.Table, recheck: Recheck) -> tuple[pa.Array, pa.Array]:
    """Return of each message whether it offers what is not on sale now, and whether it shows what would not be said."""
    shown = pa.array([_skus_shown(text) for text in messages["properties"].to_pylist()], pa.list_(pa.string()))
    rows, skus = pc.list_parent_indices(shown), pc.list_flatten(shown)
    products, decisions = recheck.products, recheck.decisions
    is_sold_out = pc.equal(products["is_in_stock"].cast(pa.int8()), 0)  # null where the shop does not say
    is_off = pc.or_kleene(pc.is_in(products["status"], value_set=pa.array(_OFF_SALE)), is_sold_out)
    is_offer = pc.invert(pc.is_in(messages["program"], value_set=pa.array(_OF_OWN_GOODS)))
    off_sale = pc.is_in(skus, value_set=_text(products.filter(is_off)["sku"]))
    pair = _pairs(_text(_key(messages, "decision_subject")), rows=rows, skus=skus)
    said = _one_chunk(decisions["skus"])
    would_say = _pairs(_text(_key(decisions, "subject")), rows=pc.list_parent_indices(said), skus=pc.list_flatten(said))
    is_unsaid = pc.invert(pc.is_in(pair, value_set=would_say))
    every_row = pa.array(range(messages.num_rows), pa.int64())
    has_off_sale = pc.is_in(every_row, value_set=pc.filter(rows, off_sale).cast(pa.int64()))
    has_unsaid = pc.is_in(every_row, value_set=pc.filter(rows, is_unsaid).cast(pa.int64()))
    return pc.and_(has_off_sale, is_offer), has_unsaid


def _skus_shown(properties: str) -> list[str]:
    return [item["sku"] for item in json.loads(properties).get("items") or ()]


def _pairs(keys: pa.Array, *, rows: pa.Array, skus: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise(pc.take(keys, rows), skus.cast(pa.string()), _JOINT)


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


def _checks(decisions: pa.Table) -> pa.Array:
    """Return the first check that holds each decision's whole program, null where none does.

    ``readiness:<check>`` without a scope: data that are bad for all look like a problem of each person's order too.
    """
    reasons = _one_chunk(decisions["reasons"])
    words, rows = pc.list_flatten(reasons), pc.list_parent_indices(reasons)
    is_check = pc.match_substring_regex(words, "^readiness:[^:]+$")
    every_row = pa.array(range(decisions.num_rows), pa.int64())
    place = pc.index_in(every_row, value_set=rows.filter(is_check).cast(pa.int64()))
    return pc.take(words.filter(is_check), place)


def _text(values: Any) -> pa.Array:
    return _one_chunk(values.cast(pa.string()))


def _one_chunk(values: Any) -> pa.Array:
    if not isinstance(values, pa.ChunkedArray):
        return values
    return pa.concat_arrays(values.chunks or [pa.array([], values.type)])
