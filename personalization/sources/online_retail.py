"""UCI Online Retail II → canonical tables: two years of real purchases at a UK gift shop (Chen, 2019, CC BY 4.0).

The data comes in two shapes, told apart by their columns: with invoice and stock code (2009-12 to 2010-12), and a
copy of the following year with neither. Every line read ends in exactly one of the report's classes:

- **sales**: order lines. Lines of a customer are one order an invoice, or one a minute in the copy. Customers without
  id are guests: ``customer_id`` null, channel ``guest``, and each line an order of its own, because an "invoice" of
  guests may be a day of web sales to hundreds of people.
- **returns**: negative lines matched to the latest earlier purchase of the same customer and sku that has enough
  quantity left. What cannot be matched (always so for guests) is counted as unmatched.
- **no products**: postage, fees, vouchers and the like, listed in NON_PRODUCTS and counted by kind.
- **write-offs**: stock corrections: lines at no price that are negative or have no customer, and negative prices.
- **overlap**: the copy repeats the last days of the first year; the side with invoices is kept.
- **incomplete**: no quantity, date, price, invoice, code or description.

Repeated lines are kept: a till may list an article twice. Prices are pounds and become integer pence; invoice times are
UK local time and become UTC. received_at is the event's own time, and marked as assumed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb

from personalization.errors import BadInput
from personalization.sources.online_retail_files import load_lists, read_raw
from personalization.store.files import write_json, write_parquet

ATTRIBUTION = (
    "Chen, D. (2019). Online Retail II. UCI Machine Learning Repository. CC BY 4.0. https://doi.org/10.24432/C5CG6D"
)
STILL_SOLD_DAYS = 180  # our choice: a product not sold for half a year before the last sale is discontinued

_SQL = Path(__file__).parent / "sql"
_OUT = ("customers", "products", "orders", "order_lines", "returns", "return_lines", "refunds")
_CLASSES = (
    "sales",
    "returns",
    "returns merged",
    "returns unmatched",
    "no products",
    "write-offs",
    "overlap",
    "incomplete",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """Where every line of the files went.

    lines maps each class to its lines and sums to lines_in; "returns merged" are credits of a purchase line that the
    same credit note names twice, written as one row. non_products and tables count by kind and by canonical table.
    unmatched_customers are credits of known customers without a fitting earlier purchase; slug_lines are sold lines
    whose sku is a slug; copy_negatives the negative lines of the files without invoices, the overlap left out.
    """

    lines_in: int
    lines: dict[str, int]
    non_products: dict[str, int]
    tables: dict[str, int]
    guest_lines: int
    slug_lines: int
    copy_sales: int
    copy_negatives: int
    unmatched_customers: int
    repeated_lines: int

    def as_text(self) -> str:
        """Return the report as a table in plain text."""
        rows: list[tuple[str, int | None]] = [
            ("lines read", self.lines_in),
            *((f"  {name}", count) for name, count in self.lines.items()),
        ]
        rows += [(f"    {kind}", count) for kind, count in self.non_products.items()]
        rows += [
            ("of these", None),
            ("  sold to guests", self.guest_lines),
            ("  sold under a slug", self.slug_lines),
            ("  sold, file without invoices", self.copy_sales),
            ("  negative, file without invoices", self.copy_negatives),
            ("  unmatched credits of customers", self.unmatched_customers),
            ("  repeated lines, kept", self.repeated_lines),
            ("rows written", None),
            *((f"  {name}", count) for name, count in self.tables.items()),
        ]
        return "\n".join(f"{name:<36}{'' if count is None else f'{count:>12,}'}".rstrip() for name, count in rows)


def import_online_retail(files: Sequence[Path], out: Path, *, product_types: Path | None) -> ImportReport:
    """Write the purchases in *files* (either shape, Parquet or CSV, any order) as canonical Parquet files into *out*.

    product_types is a CSV of keyword, product_type, category and days_of_supply; the first keyword in a title decides.
    Without it every product's type is unknown. Raises BadInput, naming the file, when one cannot be read or has other
    columns, and when nothing in them is a sale.
    """
    if not files:
        raise BadInput("no file given: name at least one file of Online Retail II")
    with duckdb.connect(":memory:") as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET threads = 2")
        connection.execute("SET memory_limit = '1200MB'")
        connection.execute("SET preserve_insertion_order = false")
        read_raw(connection, files)
        load_lists(connection, product_types)
        for step in ("lines", "sales", "credits", "stock"):
            _build(connection, step)
        last_sale = _value(connection, "SELECT max(sold_at) FROM sales")
        if last_sale is None:
            raise BadInput(
                f"{', '.join(path.name for path in files)}: no line in it is a sale; are these the right files?"
            )
        _match_credits(connection)
        tables = {}
        for name in _OUT:
            parameters = (
                {"still_sold_after": last_sale - timedelta(days=STILL_SOLD_DAYS)} if name == "products" else None
            )
            rows = connection.sql(_sql(name), params=parameters).to_arrow_table()
            write_parquet(out / f"{name}.parquet", rows)
            tables[name] = rows.num_rows
        report = _count(connection, tables)
    write_json(out / "imported.json", {"source": ATTRIBUTION, "lines_in": report.lines_in, "lines": report.lines})
    return report


def _sql(name: str) -> str:
    return (_SQL / f"online_retail_{name}.sql").read_text(encoding="utf-8")


def _build(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    connection.execute(f"CREATE TABLE {name} AS {_sql(name)}")


def _value(connection: duckdb.DuckDBPyConnection, query: str) -> Any:
    [(value,)] = connection.execute(query).fetchall()
    return value


def _match_credits(connection: duckdb.DuckDBPyConnection) -> None:
    """Build matched: each credit with the purchase it takes from, oldest credits first.

    One round serves the n-th credit of every customer and sku at once, then takes the quantity off the stock.
    """
    connection.execute(
        "CREATE TABLE matched (line_no BIGINT, return_id VARCHAR, order_id VARCHAR, order_line_id VARCHAR, "
        "sku VARCHAR, qty BIGINT, value_cents BIGINT, sold_at TIMESTAMP)"
    )
    turns = _value(connection, "SELECT coalesce(max(turn), 0) FROM credits WHERE customer_id IS NOT NULL")
    for turn in range(1, turns + 1):
        connection.execute(f"CREATE OR REPLACE TEMP TABLE round AS {_sql('match')}", {"turn": turn})
        connection.execute("INSERT INTO matched SELECT * FROM round")
        connection.execute(
            "UPDATE stock SET qty_left = qty_left - round.qty FROM round "
            "WHERE stock.order_line_id = round.order_line_id"
        )


def _count(connection: duckdb.DuckDBPyConnection, tables: dict[str, int]) -> ImportReport:
    classes = dict(connection.execute("SELECT class, count(*) FROM lines GROUP BY ALL").fetchall())
    matched = _value(connection, "SELECT count(*) FROM matched")
    counts = (
        tables["order_lines"],
        tables["return_lines"],
        matched - tables["return_lines"],
        classes.get("credit", 0) - matched,
        *(classes.get(name, 0) for name in ("non_product", "write_off", "overlap", "incomplete")),
    )
    lines_in = sum(classes.values())
    assert sum(counts) == lines_in, "every line must be in exactly one class"
    return ImportReport(
        lines_in=lines_in,
        lines=dict(zip(_CLASSES, counts, strict=True)),
        non_products=dict(
            connection.execute(
                "SELECT non_product, count(*) FROM lines WHERE class = 'non_product' GROUP BY ALL ORDER BY 2 DESC, 1"
            ).fetchall()
        ),
        tables=tables,
        guest_lines=_value(connection, "SELECT count(*) FROM sales WHERE customer_id IS NULL"),
        slug_lines=_value(connection, "SELECT count(*) FROM sales WHERE is_slug"),
        copy_sales=_value(connection, "SELECT count(*) FROM lines WHERE class = 'sale' AND NOT has_invoice"),
        copy_negatives=_value(
            connection, "SELECT count(*) FROM lines WHERE quantity < 0 AND NOT has_invoice AND class <> 'overlap'"
        ),
        unmatched_customers=_value(connection, "SELECT count(*) FROM credits WHERE customer_id IS NOT NULL") - matched,
        repeated_lines=tables["order_lines"]
        - _value(
            connection,
            "SELECT count(*) FROM (SELECT DISTINCT coalesce(invoice, minute), customer_id, sku, description, quantity, "
            "price_cents, sold_at, country FROM lines WHERE class = 'sale')",
        ),
    )
