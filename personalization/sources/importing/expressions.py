"""The SQL that adapters share: words, money, times and texts of other systems as the contract writes them.

Each takes SQL and returns SQL. What does not fit is left as it is, so that the contract refuses or counts it.
"""

from collections.abc import Mapping, Sequence

from babel.numbers import get_currency_precision, list_currencies

SHOP_CURRENCY = "getvariable('shop_currency')"  # for prices that stand without a currency; the importer sets it
_ZERO_DECIMALS = tuple(sorted(code for code in list_currencies() if get_currency_precision(code) == 0))
_THREE_DECIMALS = tuple(sorted(code for code in list_currencies() if get_currency_precision(code) == 3))
_GROUPED = "[+-]?[0-9]{1,3}(,[0-9]{3})+([.][0-9]*)?"


def quoted(text: str) -> str:
    """Return *text* as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def word(expression: str, vocabulary: Mapping[str, str]) -> str:
    """Return the canonical word for a system's own; an unknown one stays as it is, so that it is counted.

    The keys of *vocabulary* are in lower case.
    """
    cases = " ".join(f"WHEN {quoted(own)} THEN {quoted(canonical)}" for own, canonical in vocabulary.items())
    return f"CASE lower(trim({expression})) {cases} ELSE {expression} END"


def cents(expression: str, currency: str) -> str:
    """Return an amount such as '12.30' as integer minor units of *currency* (ISO 4217, both are SQL).

    Thousands may be parted by commas, in threes: "12,30" is no amount here. Yen have no minor unit, dinars three
    digits. Text that is no amount stays text.
    """
    grouped = f"NOT contains({expression}, ',') OR regexp_full_match(trim({expression}), '{_GROUPED}')"
    plain = f"CASE WHEN {grouped} THEN replace(trim({expression}), ',', '') END"
    amount = f"TRY_CAST({plain} AS DECIMAL(18, 4)) * {minor_units(currency)}"
    return f"CASE WHEN {amount} = floor({amount}) THEN CAST(CAST({amount} AS BIGINT) AS VARCHAR) ELSE {expression} END"


def minor_units(currency: str) -> str:
    """Return how many minor units (cents, pence) one unit of *currency* has: 1, 100 or 1000."""
    zero = ", ".join(map(quoted, _ZERO_DECIMALS))
    three = ", ".join(map(quoted, _THREE_DECIMALS))
    return f"CASE WHEN upper({currency}) IN ({zero}) THEN 1 WHEN upper({currency}) IN ({three}) THEN 1000 ELSE 100 END"


def without_apostrophe(expression: str) -> str:
    """Return a text without the apostrophe by which spreadsheets keep ids and phone numbers as text."""
    return f"ltrim(trim({expression}), '''')"


def from_gid(expression: str) -> str:
    """Return the last part of an id such as ``gid://shopify/Order/123?x=1``; a plain id stays as it is."""
    return f"split_part(split_part({expression}, '?', 1), '/', -1)"


def yes_no(expression: str, *, yes: str, no: str) -> str:
    """Return one word for yes (true, 1), another for no (false, 0); anything else stays as it is."""
    return (
        f"CASE WHEN lower(trim({expression})) IN ('yes', 'true', '1') THEN {quoted(yes)}"
        f" WHEN lower(trim({expression})) IN ('no', 'false', '0') THEN {quoted(no)} ELSE {expression} END"
    )


def json_fields(paths: Sequence[str], *, of: str, document: str = "item", keep: Sequence[str] = ()) -> str:
    """Return the SELECT of JSON fields as text columns, each called by its path ("a.b"), beside the columns *keep*.

    *document* is taken apart once for all of them; a ``->>`` of its own for each field reads it anew every time, which
    for a thousand trackings of some kilobytes costs gigabytes.
    """
    columns = "".join(f', fields[{place}] AS "{path}"' for place, path in enumerate(paths, start=1))
    kept = "".join(f", {name}" for name in keep)
    listed = ", ".join(quoted(f"$.{path}") for path in paths)
    return (
        f"SELECT file_row{kept}{columns} FROM (SELECT file_row{kept},"
        f" json_extract_string({document}, [{listed}]) AS fields FROM {of})"
    )
