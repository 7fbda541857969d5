"""A segment on a night: who is in it, who came and left, and what became of them."""

import json
from typing import Any

from personalization.audiences.why import titles_in, why
from personalization.errors import WrongUse
from personalization.records import DecisionVerdict
from personalization.review.desk import Example, SegmentPage
from personalization.reviewing import funnel
from personalization.reviewing.night import OpenNight, nights_kept, open_night, segment_files
from personalization.reviewing.words import VERDICT_WORDS, program_title, reason_words, segment_title
from personalization.warehouse import Warehouse

_EXAMPLES = 10
_UNTOLD = "(number left out)"
_EXAMPLES_OF = """
WITH inside AS (
    SELECT customer_id, subject, program
    FROM decisions
    WHERE list_contains(segments, $name)
    ORDER BY sha256(customer_id || ':' || subject), customer_id, subject
    LIMIT $count
)
SELECT program, verdict, reasons, facts
FROM decisions
SEMI JOIN inside USING (customer_id, subject, program)
ORDER BY verdict = 'send' DESC, sha256(customer_id || ':' || subject), customer_id, subject
"""


def segment_page(night: OpenNight, name: str) -> SegmentPage:
    """Return a segment on a night; raises WrongUse where the night held nobody in it and there is no such file."""
    files = segment_files(night)
    rows = [row for row in night.summary().to_pylist() if row["segment"] == name]
    if not rows and name not in files:
        raise WrongUse(f"There is no segment '{name}', tonight or in the shop's files.")
    file = files.get(name, {})
    before, entered, left = _compared(night, name)
    return SegmentPage(
        name=name,
        title=segment_title(name, files),
        program=program_title(rows[0]["program"] if rows else str(file.get("program", ""))),
        owner=str(file.get("owner", "")),
        description=" ".join(str(file.get("description", "")).split()),
        toml=file["text"] if file.get("is_current") else "",
        people=funnel.total(rows, "people"),
        to_send=funnel.decided(rows, DecisionVerdict.SEND),
        before=before,
        entered=entered,
        left=left,
        steps=funnel.steps(rows),
        examples=_examples(night, name),
    )


def _compared(night: OpenNight, name: str) -> tuple[str, int | None, int | None]:
    """Return the newest earlier night that is kept, and how many people entered and left since."""
    earlier = next((when for when in nights_kept(night.folder.parent) if when < night.run_date), None)
    if earlier is None:
        return "", None, None
    then = open_night(earlier.isoformat(), runs=night.folder.parent, shop=night.shop)
    with Warehouse() as warehouse:
        warehouse.load_parquet("decided_now", night.path("decisions.parquet"))
        warehouse.load_parquet("decided_then", then.path("decisions.parquet"))
        counts = warehouse.connection.execute(
            """
            WITH now_in AS (SELECT DISTINCT customer_id FROM decided_now WHERE list_contains(segments, $name)),
            then_in AS (SELECT DISTINCT customer_id FROM decided_then WHERE list_contains(segments, $name))
            SELECT
                (SELECT count(*) FROM now_in ANTI JOIN then_in USING (customer_id)),
                (SELECT count(*) FROM then_in ANTI JOIN now_in USING (customer_id))
            """,
            {"name": name},
        ).fetchall()[0]
    return then.name, counts[0], counts[1]


def _examples(night: OpenNight, name: str) -> tuple[Example, ...]:
    """Return some who are in the segment, spread by a hash, without anything that names them."""
    with Warehouse() as warehouse:
        warehouse.load_parquet("decisions", night.path("decisions.parquet"))
        found = warehouse.connection.sql(_EXAMPLES_OF, params={"name": name, "count": _EXAMPLES})
        rows = found.to_arrow_table().to_pylist()
    return tuple(_example(row) for row in rows)


def _example(row: dict[str, Any]) -> Example:
    facts = json.loads(row["facts"])
    hidden = {key: _UNTOLD for key in ("order_id", "anchor_order_id") if key in facts}
    sentence = why({**row, "facts": {**facts, **hidden}}, titles_in([facts]))
    because = f": {reason_words(row['reasons'][0])[0]}" if row["reasons"] else ""
    return Example(why=sentence[:1].upper() + sentence[1:], decided=f"{VERDICT_WORDS[row['verdict']]}{because}")
