"""How WooCommerce writes what is not there: as an empty text, or as 0 where it is an id."""


def text_at(path: str, item: str = "item") -> str:
    """Return the SQL of the text at a JSON path; WooCommerce writes an empty text where there is nothing."""
    return f"nullif({item} ->> '$.{path}', '')"


def number_at(path: str, item: str) -> str:
    """Return the SQL of the number at a JSON path, 0 where there is none."""
    return f"coalesce(TRY_CAST({item} ->> '$.{path}' AS DECIMAL(18, 6)), 0)"


def id_at(path: str, item: str = "item") -> str:
    """Return the SQL of an id; 0 is nobody and nothing."""
    return f"nullif({text_at(path, item)}, '0')"
