"""Small exports of a shop's systems, written by hand: only what a test is about, the rest filled in."""

import csv
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

import duckdb

from personalization.sources.importing.importer import Asked, ImportReport, import_files
from personalization.sources.systems import SYSTEMS

NOW = datetime(2026, 3, 1, 9)
_ORDER = {
    "Name": "#1001",
    "Email": "ann@shop.example",
    "Financial Status": "paid",
    "Currency": "GBP",
    "Total": "10.00",
    "Created at": "2026-02-01 10:00:00 +0000",
    "Lineitem quantity": "1",
    "Lineitem name": "Soap",
    "Lineitem price": "10.00",
    "Lineitem sku": "SOAP",
    "Id": "5001",
}
_CUSTOMER = {
    "Customer ID": "'7001",
    "First Name": "Ann",
    "Last Name": "Lee",
    "Email": "ann@shop.example",
    "Accepts Email Marketing": "yes",
    "Phone": "",
}


def shopify_orders(path: Path, *orders: Mapping[str, str]) -> Path:
    """Write an orders CSV; what a row does not name is as in an order of one line."""
    return _write(path, [{**_ORDER, **order} for order in orders])


def shopify_customers(path: Path, *customers: Mapping[str, str]) -> Path:
    """Write a customers CSV."""
    return _write(path, [{**_CUSTOMER, **customer} for customer in customers])


def _write(path: Path, rows: list[dict[str, str]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as text:
        writer = csv.DictWriter(text, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def bring_in(
    out: Path, system: str, *files: Path, now: datetime = NOW, exported_at: datetime | None = None
) -> ImportReport:
    """Import files into *out*, as a British shop."""
    asked = Asked(
        system=SYSTEMS[system], files=files, out=out, now=now, exported_at=exported_at, region="GB", max_bad_share=1.0
    )
    return import_files(asked, SYSTEMS)


def rows_of(out: Path, table: str, columns: str) -> list[tuple[object, ...]]:
    """Return *columns* of a canonical table in the order of its rows."""
    return duckdb.sql(f"SELECT {columns} FROM read_parquet('{out / table}.parquet')").fetchall()


def bytes_of(out: Path) -> dict[str, bytes]:
    """Return the content of every file that an import wrote, but for the landed rows, which have no order."""
    written: Iterable[Path] = (
        path for path in sorted(out.rglob("*.*")) if path.is_file() and "landed" not in path.parts
    )
    return {str(path.relative_to(out)): path.read_bytes() for path in written}
