"""Any CSV, Parquet, JSON or query of a shop's own, as a mapping file explains it: a system made from the mapping.

The system is called ``generic-<name of the mapping>``, and a shape after the tables that come from the same files, so
two mappings do not clash and the same mapping always continues what it began.
"""

from collections.abc import Sequence

from personalization.contracts import TABLES
from personalization.sources.importing.adapter import Landing, Shape, System
from personalization.sources.importing.expressions import SHOP_CURRENCY, quoted
from personalization.sources.importing.mapped_cells import cells_of, text_of, value_of
from personalization.sources.importing.mapping import (
    REFERENCES,
    UNDATED,
    UPDATED_AT,
    SourceMapping,
    TableMapping,
)

GENERIC = "generic"  # what a user calls it; the systems themselves are called after their mappings
_PARENTS = {
    "order_lines": ("order_id", "orders"),
    "return_lines": ("return_id", "returns"),
    "shipment_lines": ("shipment_id", "shipments"),
}


def system_of_mapping(mapping: SourceMapping) -> System:
    """Return the system that a mapping describes."""
    groups: dict[tuple[str | None, str | None, str | None], list[str]] = {}
    for name, section in mapping.tables.items():
        groups.setdefault((section.file, section.query, section.connection), []).append(name)
    return System(
        name=f"{GENERIC}-{mapping.name}",
        role=mapping.role,
        workflow=mapping.workflow,
        lag_hours=mapping.lag_hours,
        shapes=tuple(_shape(mapping, names) for names in groups.values()),
        carries={name: tuple(section.columns) for name, section in mapping.tables.items()},
        is_mapped=True,
    )


def shape_name(tables: Sequence[str]) -> str:
    """Return the name of the shape that gives *tables*."""
    return "+".join(name for name in TABLES if name in tables)


def result_file(shape: str) -> str:
    """Return the name of the file that the rows of a shape's query are kept in while they are imported."""
    return f"{shape}.query.parquet"


def _shape(mapping: SourceMapping, names: list[str]) -> Shape:
    sections = {name: mapping.tables[name] for name in names}
    first = sections[names[0]]
    form = first.file_format or "csv"
    read = dict.fromkeys(column for section in sections.values() for column in section.source_columns)
    required = [column.removeprefix("$.").split(".")[0].split("[")[0].strip('"') for column in read]
    return Shape(
        name=shape_name(names),
        format=form,
        files=first.file if first.file is not None else result_file(shape_name(names)),
        delimiter=first.delimiter,
        lists=(first.items,) if first.items is not None else (),
        required=tuple(dict.fromkeys(required if form == "json" else read)),
        columns=tuple(read),
        landings=tuple(_landing(mapping, name, sections) for name in names),
    )


def _landing(mapping: SourceMapping, name: str, sections: dict[str, TableMapping]) -> Landing:
    section, undated = sections[name], UNDATED.get(name)
    parent = _PARENTS.get(name)
    is_told = undated is None or undated in section.columns
    key = tuple(column for column in TABLES[name].key if column != undated)
    return Landing(
        table=name,
        select=_select(mapping, name, sections),
        key=None if is_told else key,
        undated=None if is_told and undated in TABLES[name].key else undated,
        parent=parent if parent is not None and parent[1] in sections else None,
        origins={column: ", ".join(cell.names) for column, cell in section.columns.items() if cell.names},
    )


def _select(mapping: SourceMapping, name: str, sections: dict[str, TableMapping]) -> str:
    section, table = sections[name], TABLES[name]
    currency = SHOP_CURRENCY
    if "currency" in section.columns:
        currency = text_of(section.columns["currency"])
    elif name == "order_lines" and "orders" in sections and "currency" in sections["orders"].columns:
        currency = text_of(sections["orders"].columns["currency"])
    given = {
        column.name: value_of(
            column,
            section.columns[column.name],
            words=section.words.get(column.name, {}),
            currency=currency,
            timezone=mapping.timezone,
        )
        for column in table.columns
        if column.name in section.columns
    }
    references = dict(section.references)
    parent = _PARENTS.get(name)
    if parent is not None and parent[1] in sections:  # or a line could look older than its own order, and vanish
        references.pop("updated_at", None)
        references |= {key: cell for key, cell in sections[parent[1]].references.items() if key == "updated_at"}
    given |= {REFERENCES[key]: text_of(cell) for key, cell in references.items() if key != "updated_at"}
    if "updated_at" in references:
        given["_updated_at"] = value_of(
            UPDATED_AT, references["updated_at"], words={}, currency=currency, timezone=mapping.timezone
        )
    if mapping.role not in ("platform", "any") and "customer_id" in given:  # the shop's own id, as this system has it
        given.setdefault("_person_id", given["customer_id"])
    given |= _filled(mapping, name, given)
    values = ", ".join(f'{expression} AS "{column}"' for column, expression in given.items())
    read = dict.fromkeys(column for one in sections.values() for column in one.source_columns)
    return f"SELECT file_row, {values} FROM {cells_of(tuple(read), section.file_format or 'csv')} AS cells"


def _filled(mapping: SourceMapping, name: str, given: dict[str, str]) -> dict[str, str]:
    """Return required columns that are not mapped, out of what the row refers to (mapping.is_filled)."""
    required = {column.name for column in TABLES[name].columns if not column.nullable} - set(given)
    fillings = {
        "customer_id": [
            given[key] if key == "_person_id" else f"substr(sha256(lower({given[key]})), 1, 16)"
            for key in ("_person_id", "_email", "_phone")
            if key in given
        ],
        "order_id": [given["_order"]] if "_order" in given else [],
        "order_line_id": [given["_sku"]] if "_sku" in given else [],
        "source": [quoted(mapping.name)],
    }
    filled = {key: f"coalesce({', '.join(parts)})" for key, parts in fillings.items() if key in required and parts}
    if UNDATED.get(name) in required:
        filled[UNDATED[name]] = "CAST(NULL AS VARCHAR)"
    return filled
