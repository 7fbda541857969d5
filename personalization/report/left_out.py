"""Who was left out, and why: whom each reason decided about, whom it speaks against as well, and what releases it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A reason: the verdict it leads to, in words what it says and until when.

    subjects and people it decided about; also counts the subjects that it speaks against as well, after another reason.
    """

    verdict: str
    says: str
    until: str
    subjects: int
    people: int
    also: int


def left_out(decisions: pa.Table, reasons: Mapping[str, tuple[str, str]]) -> list[LeftOut]:
    """Return a row for each deciding reason, the one that decided about most people first.

    decisions has customer_id, verdict and reasons, the deciding one first; reasons maps a code to what it says and
    what releases it.
    """
    kept = decisions.filter(pc.greater(pc.list_value_length(decisions["reasons"]), 0)).combine_chunks()
    if kept.num_rows == 0:
        return []
    flat = pa.table(
        {
            "row": pc.list_parent_indices(kept["reasons"]),
            "code": pc.list_flatten(kept["reasons"]),
        }
    )
    named = flat.group_by("code").aggregate([([], "count_all")]).to_pylist()
    first = pa.table(
        {
            "code": pc.list_element(kept["reasons"], 0),
            "verdict": kept["verdict"],
            "customer_id": kept["customer_id"],
        }
    )
    counted = first.group_by(["code", "verdict"]).aggregate([([], "count_all"), ("customer_id", "count_distinct")])
    total = {row["code"]: row["count_all"] for row in named}
    rows = sorted(
        counted.to_pylist(), key=lambda row: (-row["customer_id_count_distinct"], -row["count_all"], row["code"])
    )
    deciding: dict[str, int] = {}
    for row in rows:
        deciding[row["code"]] = deciding.get(row["code"], 0) + row["count_all"]
    return [_row(row, reasons, also=total[row["code"]] - deciding[row["code"]]) for row in rows]


def _row(row: Mapping[str, Any], reasons: Mapping[str, tuple[str, str]], *, also: int) -> LeftOut:
    return LeftOut(
        verdict=row["verdict"],
        says=in_words(row["code"], reasons),
        until=reasons.get(row["code"].partition(":")[0], ("", ""))[1],
        subjects=row["count_all"],
        people=row["customer_id_count_distinct"],
        also=also,
    )


def in_words(code: str, reasons: Mapping[str, tuple[str, str]]) -> str:
    """Return a reason code in words; what stands behind its colon, such as the check and carrier, in brackets."""
    head, _, detail = code.partition(":")
    said = reasons[head][0] if head in reasons else head
    return f"{said} ({detail.replace('_', ' ').replace(':', ', ', 1)})" if detail else said
