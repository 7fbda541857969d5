"""Cut the demo shop's sample from the full files of Online Retail II: whole customers and some of the guests' lines.

    python tools/make_demo_sample.py FIRST_YEAR.parquet SECOND_YEAR.parquet --out demo

Customers are drawn by a hash of their id, so the sample is the same on every machine: most of those who bought in the
weeks before the demo's date, fewer of the other repeat buyers and of those who bought once. Wholesalers with more
lines than MOST_LINES are left out, since a few of them would fill the sample. A guest's line is an order of its own in
the import, so guests are drawn line by line. The two files keep the shape of the originals.
"""

import argparse
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from personalization.store.files import whole_file

RECENT_FROM, RECENT_UNTIL = "2011-10-03", "2011-11-21"
MOST_LINES = 900  # of one customer over both years
RECENT_SHARE, REPEAT_SHARE, ONCE_SHARE, GUEST_LINE_SHARE = 0.55, 0.16, 0.22, 0.03

_CUSTOMERS = """
CREATE TABLE chosen AS
WITH bought AS (
    SELECT "Customer ID" AS customer, InvoiceDate AS sold_at, Quantity AS quantity FROM first_year
    UNION ALL
    SELECT CustomerID, InvoiceDate, Quantity
    FROM second_year
    WHERE InvoiceDate > (SELECT max(InvoiceDate) FROM first_year)
),
summed AS (
    SELECT
        CAST(customer AS BIGINT) AS customer,
        count(*) AS lines,
        count(DISTINCT CAST(sold_at AS DATE)) FILTER (WHERE quantity > 0) AS days,
        bool_or(sold_at >= $recent_from::DATE AND sold_at < $recent_until::DATE AND quantity > 0) AS is_recent
    FROM bought
    WHERE NOT isnan(customer)
    GROUP BY ALL
)
SELECT customer, is_recent, days
FROM summed
WHERE
    lines <= $most_lines
    AND days > 0
    AND md5_number_lower('demo:' || customer) / 18446744073709551616.0
        < CASE WHEN is_recent THEN $recent WHEN days > 1 THEN $repeated ELSE $once END
"""
_YEAR = """
SELECT *
FROM {year}
WHERE
    TRY_CAST(nullif("{customer}", 'nan') AS BIGINT) IN (SELECT customer FROM chosen)
    OR (
        nullif("{customer}", 'nan') IS NULL
        AND md5_number_lower(strftime(InvoiceDate, '%Y%m%d%H%M') || coalesce(Description, '') || Quantity)
            / 18446744073709551616.0 < $guests
    )
ORDER BY ALL
"""


def main() -> None:
    """Read the arguments, draw the customers, write both files and print what they hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("first_year", type=Path)
    parser.add_argument("second_year", type=Path)
    parser.add_argument("--out", type=Path, default=Path("demo"))
    arguments = parser.parse_args()
    connection = duckdb.connect()
    for name in ("first_year", "second_year"):
        connection.read_parquet(str(getattr(arguments, name))).create_view(name)
    connection.execute(
        _CUSTOMERS,
        {
            "recent_from": RECENT_FROM,
            "recent_until": RECENT_UNTIL,
            "most_lines": MOST_LINES,
            "recent": RECENT_SHARE,
            "repeated": REPEAT_SHARE,
            "once": ONCE_SHARE,
        },
    )
    print(
        connection.sql(
            "SELECT is_recent, days > 1 AS is_repeat, count(*) AS customers FROM chosen GROUP BY ALL ORDER BY ALL"
        )
    )
    for name, customer, file in (("first_year", "Customer ID", "2010"), ("second_year", "CustomerID", "2011")):
        rows = connection.sql(
            _YEAR.format(year=name, customer=customer), params={"guests": GUEST_LINE_SHARE}
        ).to_arrow_table()
        path = arguments.out / f"online_retail_{file}_sample.parquet"
        with whole_file(path) as partial:
            pq.write_table(rows, partial, compression="zstd", compression_level=19)
        print(f"{path}: {rows.num_rows:,} lines, {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
