"""How WooCommerce writes what is not there: as an empty text, or as 0 where it is an id."""


def text_at(path: str, item: str = "item") -> str:
    """Return the SQL of the text at a JSON path; WooCommerce writes an empty text where there is nothing."""
    return f"nullif({item} ->> '$.{path}', '')"


def id_at(path: str, item: str = "item") -> str:
    """Return the SQL of an id; 0 is nobody and nothing."""
    return f"nullif({text_at(path, item)}, '0')"


def field(path: str, row: str = "o") -> str:
    """Return the SQL of a text in an item that was parsed once (orders.py); path is like ``billing.email``."""
    quoted = ".".join(f'"{part}"' for part in path.split("."))
    return f"nullif({row}.{quoted}, '')"


def number_field(path: str, row: str = "o") -> str:
    """Return the SQL of a number in a parsed item, 0 where there is none."""
    return f'coalesce(TRY_CAST({row}."{path}" AS DECIMAL(18, 6)), 0)'


def id_field(path: str, row: str = "o") -> str:
    """Return the SQL of an id in a parsed item; 0 is nobody and nothing."""
    return f"nullif({field(path, row)}, '0')"
