"""What a segment holds on a night: how many, who came and went, whom it shares with others, and why each is in.

Looks at the segment as its file stands now, so that a change can be seen on tonight's data before it is kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from personalization.audiences.conditions import Condition
from personalization.audiences.fields import FIELDS, SUBJECTS
from personalization.audiences.segments import Segment
from personalization.warehouse import Warehouse

_SEPARATOR = chr(31)
_COMPARED = {
    "is": "is {0}",
    "is_not": "is not {0}",
    "at_least": "{0} or more",
    "at_most": "{0} or less",
    "more_than": "more than {0}",
    "less_than": "less than {0}",
    "between": "from {0} to {1}",
    "in": "one of {all}",
    "not_in": "none of {all}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """People of a segment now against those of a published night: how many it had then, who came, who is gone."""

    night: str
    people: int
    entered: int
    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A segment on a night.

    subjects counts lines, orders or items, people the customers they belong to. changes compares with published
    nights, the night itself first: other than zero there where the file was changed since. overlap is, for each other
    segment, how many of the people it holds as well. examples are at most as many as were asked for, each with
    customer_id, subject and why, a list of words.
    """

    segment: Segment
    subjects: int
    people: int
    changes: tuple[Change, ...]
    overlap: Mapping[str, int]
    examples: tuple[Mapping[str, Any], ...]


def preview_segment(
    warehouse: Warehouse,
    segment: Segment,
    *,
    published: Sequence[tuple[str, pa.Table]],
    examples: int = 10,
) -> Preview:
    """Return what *segment* holds in the table ``members``, which ``build_members`` built.

    published are nights with their decision tables: a name, and customer_id and segments.
    """
    name = segment.name
    warehouse.connection.execute(
        "CREATE OR REPLACE TEMP TABLE inside AS SELECT * FROM members WHERE customer_id IS NOT NULL "
        "AND list_contains(string_split(segments, $separator), $name)",
        {"name": name, "separator": _SEPARATOR},
    )
    counted = warehouse.connection.sql("SELECT count(*), count(DISTINCT customer_id) FROM inside").fetchall()[0]
    return Preview(
        segment=segment,
        subjects=counted[0],
        people=counted[1],
        changes=tuple(_change(warehouse, name, night, decisions) for night, decisions in published),
        overlap=_overlap(warehouse, name),
        examples=_examples(warehouse, segment, examples),
    )


def _change(warehouse: Warehouse, name: str, night: str, decisions: pa.Table) -> Change:
    warehouse.load_arrow("decided_then", decisions.select(["customer_id", "segments"]))
    row = warehouse.connection.execute(
        """
        WITH then_in AS (SELECT DISTINCT customer_id FROM decided_then WHERE list_contains(segments, $name)),
        now_in AS (SELECT DISTINCT customer_id FROM inside)
        SELECT
            (SELECT count(*) FROM then_in),
            (SELECT count(*) FROM now_in ANTI JOIN then_in USING (customer_id)),
            (SELECT count(*) FROM then_in ANTI JOIN now_in USING (customer_id))
        """,
        {"name": name},
    ).fetchall()[0]
    return Change(night=night, people=row[0], entered=row[1], left=row[2])


def _overlap(warehouse: Warehouse, name: str) -> dict[str, int]:
    rows = warehouse.connection.execute(
        """
        SELECT other, count(DISTINCT customer_id)
        FROM (SELECT customer_id, unnest(string_split(segments, $separator)) AS other FROM members)
        SEMI JOIN inside USING (customer_id)
        WHERE other <> $name
        GROUP BY other
        ORDER BY 2 DESC, 1
        """,
        {"name": name, "separator": _SEPARATOR},
    ).fetchall()
    return dict(rows)


def _examples(warehouse: Warehouse, segment: Segment, count: int) -> tuple[Mapping[str, Any], ...]:
    """Return some of those inside, spread by a hash of who they are, with what of the conditions each meets."""
    asked = {condition.field: None for condition in segment.conditions}
    subject_fields = [name for name in asked if len(FIELDS[name].programs) < len(SUBJECTS)]
    columns = ", ".join(f'{"s" if name in subject_fields else "p"}."{name}"' for name in asked)
    rows = warehouse.connection.execute(
        f"SELECT i.customer_id, i.subject, {columns} FROM inside AS i "
        f"INNER JOIN subjects_{segment.program} AS s ON s.customer_id = i.customer_id AND s.subject = i.subject "
        "LEFT JOIN audience_people AS p ON p.customer_id = i.customer_id "
        "ORDER BY sha256(i.customer_id || ':' || i.subject), i.customer_id, i.subject LIMIT $count",
        {"count": count},
    ).fetchall()
    found = []
    for row in rows:
        values = dict(zip(asked, row[2:], strict=True))
        why = [_in_words(condition, values[condition.field]) for condition in segment.conditions]
        found.append({"customer_id": row[0], "subject": row[1], "why": why})
    return tuple(found)


def _in_words(condition: Condition, value: Any) -> str:
    shown = "missing" if value is None else _shown(value)
    values = [_shown(given) for given in condition.values]
    wanted = _COMPARED[condition.comparison].format(*values, all=", ".join(values))
    asked = {"all": "wanted", "any": "one of these is wanted", "none": "not wanted"}[condition.group]
    return f"{condition.field} {shown} ({asked}: {wanted})"


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def preview_text(preview: Preview) -> str:
    """Return the preview as lines to read."""
    segment = preview.segment
    lines = [
        f"{segment.friendly_name} ({segment.name}, {segment.program}; owner {segment.owner})",
        segment.description,
        "",
        f"Holds {preview.people:,} people with {preview.subjects:,} subjects: {SUBJECTS[segment.program]}.",
    ]
    lines += [
        f"Against the night of {change.night}, {change.people:,} people: {change.entered:,} came, {change.left:,} left."
        for change in preview.changes
    ]
    if preview.overlap:
        lines += ["", "The same people are in"]
        lines += [f"  {name:32} {count:>9,}" for name, count in preview.overlap.items()]
    lines += ["", "For example" if preview.examples else "Nobody is in it."]
    for example in preview.examples:
        lines.append(f"  {example['customer_id']}, {example['subject']}: {'; '.join(example['why'])}")
    lines += [
        "",
        "Who of them is written to, and why not: postlude explain CUSTOMER --run DIR",
    ]
    return "\n".join(lines)
