"""``review/summary.parquet``: a night's decisions counted, so that the page need not read them all to show a night."""

from pathlib import Path

import pyarrow as pa

from personalization.warehouse import Warehouse

SUMMARY = "review/summary.parquet"
_COUNTED = """
WITH decided AS (
    SELECT program, segments, verdict, coalesce(reasons[1], '') AS reason, customer_id
    FROM decisions
),
placed AS (
    SELECT program, '' AS segment, verdict, reason, customer_id FROM decided
    UNION ALL
    SELECT program, unnest(segments) AS segment, verdict, reason, customer_id FROM decided
),
totals AS (
    SELECT program, segment, '' AS verdict, '' AS reason, count(*) AS subjects, count(DISTINCT customer_id) AS people
    FROM placed
    GROUP BY program, segment
)
SELECT program, segment, verdict, reason, count(*) AS subjects, count(DISTINCT customer_id) AS people
FROM placed
GROUP BY program, segment, verdict, reason
UNION ALL
SELECT * FROM totals
ORDER BY program, segment, verdict, reason
"""


def summarise(decisions: Path) -> pa.Table:
    """Return how many subjects and people each verdict and deciding reason has, of a program and of each segment.

    Columns program, segment (empty for the whole program), verdict and reason (both empty for all of them), subjects,
    people. A subject in two segments counts in both of them, and once in the program.
    """
    with Warehouse() as warehouse:
        warehouse.load_parquet("decisions", decisions)
        return warehouse.connection.sql(_COUNTED).to_arrow_table()
