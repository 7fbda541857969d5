"""Reads the files of Online Retail II, in either shape, and the lists that the import joins with."""

import csv
import re
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from personalization.contracts import PRODUCT_TYPES
from personalization.errors import BadInput
from personalization.sources.online_retail_lists import NON_PRODUCTS, PLACES

_SHARED = {"description": "Description", "quantity": "Quantity", "sold_local": "InvoiceDate", "country": "Country"}
_SHAPES: tuple[dict[str, str], ...] = (
    {"invoice": "Invoice", "code": "StockCode", "price": "Price", "customer": "Customer ID", **_SHARED},
    {"price": "UnitPrice", "customer": "CustomerID", **_SHARED},
)
_TIME_FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%m/%d/%Y %H:%M")


def read_raw(connection: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> None:
    """Build raw_lines from all *files*, each line with a number of its own that means nothing else.

    Raises BadInput, naming the file, when one cannot be read or has other columns.
    """
    selects = [_select_of(connection, path) for path in sorted(files)]
    try:
        connection.execute(
            f"CREATE TABLE raw_lines AS SELECT row_number() OVER () AS line_no, * FROM ({' UNION ALL '.join(selects)})"
        )
    except duckdb.Error as error:
        raise BadInput(
            f"{', '.join(path.name for path in files)}: cannot be read whole: {_first_line(error)}"
        ) from error


def _select_of(connection: duckdb.DuckDBPyConnection, path: Path) -> str:
    source = _source_of(path)
    try:
        described = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    except duckdb.Error as error:
        raise BadInput(f"{path}: cannot be read: {_first_line(error)}") from error
    kinds = {str(row[0]).strip("\ufeff"): str(row[1]) for row in described}
    for shape in _SHAPES:
        if set(shape.values()) <= kinds.keys():
            cells = {name: f'"{column}"' for name, column in shape.items()}
            return (
                f"SELECT {'true' if 'invoice' in shape else 'false'} AS has_invoice, "
                f"CAST({cells.get('invoice', 'NULL')} AS VARCHAR) AS invoice, "
                f"CAST({cells.get('code', 'NULL')} AS VARCHAR) AS code, "
                f"CAST({cells['description']} AS VARCHAR) AS description, "
                f"TRY_CAST({cells['quantity']} AS BIGINT) AS quantity, "
                f"{_instant(cells['sold_local'], kinds[shape['sold_local']])} AS sold_local, "
                f"TRY_CAST({cells['price']} AS DOUBLE) AS price, CAST({cells['customer']} AS VARCHAR) AS customer, "
                f"CAST({cells['country']} AS VARCHAR) AS country FROM {source}"
            )
    expected = " or ".join(", ".join(sorted(shape.values())) for shape in _SHAPES)
    raise BadInput(f"{path}: not a file of Online Retail II: it needs the columns {expected}")


def _source_of(path: Path) -> str:
    if not path.is_file():
        raise BadInput(f"{path}: no such file")
    quoted = str(path).replace("'", "''")
    if path.suffix.lower() == ".parquet":
        return f"read_parquet('{quoted}')"
    if path.suffix.lower() == ".csv":
        return (
            f"read_csv('{quoted}', all_varchar = true, header = true, delim = ',', encoding = '{_encoding_of(path)}')"
        )
    raise BadInput(f"{path}: must end in .parquet or .csv")


def _encoding_of(path: Path) -> str:
    """Return utf-8, or latin-1 where the file is not UTF-8: the published CSV has a pound sign in Latin-1."""
    try:
        with path.open(encoding="utf-8") as text:
            while text.read(1 << 20):
                pass
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def _instant(cell: str, kind: str) -> str:
    if kind.startswith("TIMESTAMP") or kind == "DATE":
        return f"CAST({cell} AS TIMESTAMP)"
    return f"coalesce({', '.join(f'try_strptime(trim({cell}), {shape!r})' for shape in _TIME_FORMATS)})"


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]


def load_lists(connection: duckdb.DuckDBPyConnection, product_types: Path | None) -> None:
    """Load the lists that the SQL joins with: what is no product, the places, the product types.

    Raises BadInput when the file *product_types* has other columns or an unknown type.
    """
    kinds, codes, descriptions = zip(*NON_PRODUCTS, strict=True)
    places = [(name, *place) for name, place in PLACES.items()]
    names, countries, locales, timezones = zip(*places, strict=True)
    _load(connection, "non_products", {"kind": kinds, "codes": codes, "descriptions": descriptions})
    _load(connection, "places", {"name": names, "country": countries, "locale": locales, "timezone": timezones})
    connection.execute(
        "CREATE TABLE product_types "
        "(position BIGINT, words VARCHAR, product_type VARCHAR, category VARCHAR, days_of_supply BIGINT)"
    )
    if product_types is not None:
        _load_product_types(connection, product_types)


def _load(connection: duckdb.DuckDBPyConnection, name: str, columns: dict[str, Sequence[str | None]]) -> None:
    arriving = pa.table({column: pa.array(list(values), type=pa.string()) for column, values in columns.items()})
    connection.register("arriving", arriving)
    connection.execute(f"CREATE TABLE {name} AS SELECT * FROM arriving")
    connection.unregister("arriving")


def _load_product_types(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    try:
        with path.open(encoding="utf-8", newline="") as text:
            lines = list(csv.DictReader(text))
        keywords = [line["keyword"].upper() for line in lines]
        kinds = [line["product_type"] for line in lines]
        categories = [line["category"] or None for line in lines]
        days = [int(line["days_of_supply"]) if line["days_of_supply"] else None for line in lines]
    except (OSError, UnicodeDecodeError, KeyError, ValueError, AttributeError) as error:
        columns = "keyword, product_type, category and days_of_supply (a whole number or nothing)"
        raise BadInput(f"{path}: must be a CSV with the columns {columns}: {_first_line(error)}") from error
    wrong = sorted(set(kinds) - set(PRODUCT_TYPES))
    if wrong:
        raise BadInput(f"{path}: unknown product_type {', '.join(wrong)}. Allowed: {', '.join(PRODUCT_TYPES)}")
    words = [" " + re.sub("[^A-Z0-9]+", " ", keyword).strip() for keyword in keywords]
    arriving = pa.table(
        {
            "position": pa.array(range(len(lines)), type=pa.int64()),
            "words": pa.array(words, type=pa.string()),
            "product_type": pa.array(kinds, type=pa.string()),
            "category": pa.array(categories, type=pa.string()),
            "days_of_supply": pa.array(days, type=pa.int64()),
        }
    )
    connection.register("arriving", arriving)
    connection.execute("INSERT INTO product_types SELECT * FROM arriving")
    connection.unregister("arriving")
