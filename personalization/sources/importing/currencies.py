"""Counts in which currencies a file's rows are, so that one that slipped in is named."""

from collections.abc import Mapping, Sequence

import duckdb

from personalization.sources.importing.landing import Staged
from personalization.sources.importing.raw import Raw

_COLUMN = "currency"


def count_currencies(connection: duckdb.DuckDBPyConnection, raw: Raw, staged: Sequence[Staged]) -> Mapping[str, int]:
    """Return the rows of a file in each currency, the most frequent first.

    In CSV the file's own cells count, before rows are put together into orders: an order whose currency changes from
    row to row shows too. Nothing is converted, and a row in another currency is kept as it is.
    """
    own = next((name for name in raw.shape.columns if name.lower() == _COLUMN), None)
    if own is not None:
        relations = [f'SELECT upper(trim("{own}")) AS currency FROM raw WHERE trim("{own}") <> \'\'']
    else:
        tables = {one.landing.table for one in staged}
        relations = [
            f'SELECT "{_COLUMN}" AS currency FROM staged_{name}'
            for (name,) in connection.execute(
                f"SELECT table_name[8:] FROM duckdb_columns() WHERE column_name = '{_COLUMN}'"
                " AND starts_with(table_name, 'staged_') ORDER BY ALL"
            ).fetchall()
            if name in tables
        ]
    if not relations:
        return {}
    rows = connection.execute(
        f"SELECT CASE WHEN regexp_full_match(currency, '[A-Z]{{3}}') THEN currency ELSE 'no code' END AS code, count(*)"
        f" FROM ({' UNION ALL '.join(relations)}) WHERE currency IS NOT NULL GROUP BY code ORDER BY count(*) DESC, code"
    ).fetchall()
    return {str(code): int(count) for code, count in rows}
