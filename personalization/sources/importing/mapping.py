"""A mapping file: which canonical table's columns stand in which columns of a shop's own files or queries.

It is checked whole before anything is read, at the edge and with the contract beside it: what is wrong is named with
file, key and the nearest word that would do.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from zoneinfo import ZoneInfo

import duckdb
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from personalization.contracts import TABLES, Column, Kind, Table
from personalization.errors import ConfigurationInvalid
from personalization.settings import suggest

# What a row may refer to in other systems (adapter.REFERENCES), as a mapping file writes it.
REFERENCES = {
    "person": "_person_id",
    "email": "_email",
    "phone": "_phone",
    "name": "_name",
    "order": "_order",
    "sku": "_sku",
    "updated_at": "_updated_at",
}
# Instants that a shop's own lists often do not have: the moment a list is from stands in.
UNDATED = {
    "consents": "captured_at",
    "suppressions": "suppressed_at",
    "preferences": "captured_at",
    "refunds": "refunded_at",
}
_FORMATS: dict[str, Literal["csv", "parquet", "json"]] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
}
_UNITS = {
    "_cents": ("major", "minor"),
    "_minutes": ("minutes", "seconds", "hours"),
    "_days": ("days", "weeks"),
    "_share": ("share", "percent"),
    "_at": ("seconds", "milliseconds"),
}


def _zone(name: object) -> object:
    try:
        ZoneInfo(str(name))
    except (KeyError, ValueError) as error:
        raise ValueError(f"'{name}' is not a time zone such as 'Europe/Berlin'") from error
    return name


def _cell(given: object) -> object:
    return {"column": given} if isinstance(given, str) else given


Section = TypeVar("Section", bound=BaseModel)
Zone = Annotated[str, BeforeValidator(_zone)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Cell(_Section):
    """Where the value of a canonical column comes from, and how it is written there."""

    column: str | None = None
    columns: tuple[str, ...] = ()
    separator: str = " "
    value: str | int | float | bool | None = None
    format: str | None = None
    timezone: Zone | None = None
    unit: str | None = None
    decimal: Literal[".", ","] = "."
    numbered: bool = False

    @model_validator(mode="after")
    def _has_one_origin(self) -> "Cell":
        if sum((self.column is not None, bool(self.columns), self.value is not None)) != 1:
            raise ValueError("needs exactly one of 'column', 'columns' and 'value'")
        if any('"' in name for name in self.names):
            raise ValueError("the name of a column must not hold a quotation mark; rename it in the export")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Return the source's columns that the value is made of."""
        return self.columns or ((self.column,) if self.column is not None else ())


class TableMapping(_Section):
    """One canonical table: from which files or which query, and column by column."""

    file: str | None = None
    format: Literal["csv", "parquet", "json"] | None = None
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    encoding: Literal["utf-8", "cp1252", "latin-1", "utf-16"] = "utf-8"
    items: str | None = Field(default=None, pattern=r"^\$\.")
    query: str | None = Field(default=None, min_length=1)
    connection: str | None = Field(default=None, pattern=r"^[A-Za-z][A-Za-z0-9_]*$")
    columns: dict[str, Annotated[Cell, BeforeValidator(_cell)]]
    references: dict[str, Annotated[Cell, BeforeValidator(_cell)]] = Field(default_factory=dict)
    words: dict[str, dict[str, str | bool]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _has_one_source(self) -> "TableMapping":
        if (self.file is None) == (self.query is None):
            raise ValueError("needs either 'file' or 'query'")
        if (self.query is None) != (self.connection is None):
            raise ValueError("'query' and 'connection' go together")
        if self.file is not None and self.file_format is None:
            raise ValueError('the ending of \'file\' does not tell its format; add format = "csv", "parquet" or "json"')
        return self

    @property
    def file_format(self) -> Literal["csv", "parquet", "json"] | None:
        """Return how the files are written; the rows of a query arrive as Parquet."""
        if self.query is not None:
            return "parquet"
        return self.format or _FORMATS.get(Path(self.file or "").suffix.lower())

    @property
    def source_columns(self) -> dict[str, str]:
        """Return each column of the source that the table reads, and the key of the mapping that reads it first."""
        found: dict[str, str] = {}
        for part, cells in (("columns", self.columns), ("references", self.references)):
            for key, cell in cells.items():
                for name in cell.names:
                    found.setdefault(name, f"{part}.{key}")
        return found


class _Head(_Section):
    """What a mapping says of the source as a whole."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    role: Literal["platform", "tracker", "helpdesk", "returns", "esp", "any"] = "any"
    workflow: str = "what the shop's own files tell"
    lag_hours: float = Field(default=0, ge=0)
    timezone: Zone | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceMapping:
    """A mapping that was checked. tables are in the contract's order; timezone is that of times that tell none."""

    path: Path
    name: str
    role: Literal["platform", "tracker", "helpdesk", "returns", "esp", "any"]
    workflow: str
    lag_hours: float
    timezone: str | None
    tables: dict[str, TableMapping]


def read_mapping(path: Path) -> SourceMapping:
    """Return the checked mapping in *path*; raises ConfigurationInvalid that names every fault, key by key."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigurationInvalid(f"{path}: no such file; name the mapping with --mapping") from error
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationInvalid(f"{path}: cannot be read as TOML: {error}") from error
    tables = {key: section for key, section in raw.items() if isinstance(section, dict)}
    faults = [f"{path}: {key}: unknown table{suggest(key, list(TABLES))}" for key in tables if key not in TABLES]
    head = _validated(_Head, {key: raw[key] for key in raw if key not in tables}, path, "", faults)
    found = {
        name: section
        for name in TABLES
        if name in tables and (section := _validated(TableMapping, tables[name], path, f"{name}.", faults)) is not None
    }
    if not tables:
        faults.append(f"{path}: maps no table; add a section such as [orders]")
    if head is not None:
        for name, section in found.items():
            faults.extend(f"{path}: {name}.{fault}" for fault in _faults(TABLES[name], section, head))
    if faults or head is None:
        raise ConfigurationInvalid("\n".join(faults))
    return SourceMapping(path=path, tables=found, **head.model_dump())


def _validated(model: type[Section], raw: dict[str, Any], path: Path, prefix: str, faults: list[str]) -> Section | None:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        for issue in error.errors():
            key = ".".join(str(part) for part in issue["loc"])
            message = issue["msg"].removeprefix("Value error, ")
            if issue["type"] == "extra_forbidden":
                fields = Cell if len(issue["loc"]) == 3 else model
                message = f"unknown key{suggest(str(issue['loc'][-1]), list(fields.model_fields))}"
            elif issue["type"] == "missing":
                message = "is required"
            faults.append(f"{path}: {prefix}{key}".rstrip(".") + f": {message}")
        return None


def _faults(table: Table, section: TableMapping, head: _Head) -> Iterator[str]:
    """Yield what the contract has against a table's mapping."""
    columns = {column.name: column for column in table.columns}
    for name, cell in section.columns.items():
        if name not in columns:
            yield f"columns.{name}: unknown column{suggest(name, list(columns))}"
            continue
        yield from (f"columns.{name}: {fault}" for fault in _cell_faults(columns[name], cell, head))
    for name, cell in section.references.items():
        if name not in REFERENCES:
            yield f"references.{name}: unknown reference{suggest(name, list(REFERENCES))}"
        elif name == "updated_at":
            yield from (f"references.{name}: {fault}" for fault in _cell_faults(UPDATED_AT, cell, head))
    for name, words in section.words.items():
        if name not in columns:
            yield f"words.{name}: unknown column{suggest(name, list(columns))}"
            continue
        yield from (f"words.{name}: {fault}" for fault in _word_faults(columns[name], words))
    for column in table.columns:
        if not column.nullable and column.name not in section.columns and not is_filled(table, column, section, head):
            near = suggest(column.name, list(section.columns)).partition(" Allowed")[0] if section.columns else ""
            yield f"columns.{column.name}: is required and not mapped; name the column it stands in{near}"


UPDATED_AT = Column(name="updated_at", kind=Kind.INSTANT, nullable=True)


def is_filled(table: Table, column: Column, section: TableMapping, head: "_Head | SourceMapping") -> bool:
    """Return whether a required column that is not mapped is filled by what else is known of the row."""
    if column.name == "customer_id" and head.role not in ("platform", "any"):
        return bool({"person", "email", "phone"} & set(section.references))
    if column.name == "order_id" and table.name not in ("orders", "order_lines"):
        return "order" in section.references
    if column.name == "order_line_id":
        return table.name == "return_lines" and "sku" in section.references
    if column.name == "source":
        return not column.vocabulary
    return column.name == UNDATED.get(table.name) or (table.name, column.name) == ("tracking_events", "received_at")


def _cell_faults(column: Column, cell: Cell, head: _Head) -> Iterator[str]:
    ending = next((ending for ending in _UNITS if column.name.endswith(ending)), "")
    units = _UNITS.get(ending, ("email",) if column.is_digest else ())
    if cell.unit is not None and cell.unit not in units:
        yield f"unit '{cell.unit}' " + (
            f"is not known{suggest(cell.unit, list(units))}" if units else "says nothing here; remove it"
        )
    if ending == "_cents" and cell.unit is None and cell.names:
        yield 'say unit = "major" (12.30) or unit = "minor" (1230)'
    is_time = column.kind in (Kind.INSTANT, Kind.DATE)
    if (cell.format is not None or cell.timezone is not None) and not is_time:
        yield "format and timezone belong to times and dates; remove them"
    elif cell.format is not None:
        yield from _format_faults(column, cell, head)
    if column.vocabulary and isinstance(cell.value, str) and cell.value not in column.vocabulary:
        yield f"value '{cell.value}' is not known{suggest(cell.value, list(column.vocabulary))}"


def _format_faults(column: Column, cell: Cell, head: _Head) -> Iterator[str]:
    try:
        with duckdb.connect() as connection:
            connection.execute("SELECT try_strptime('', ?)", [cell.format]).fetchall()
    except duckdb.Error:
        yield f"format '{cell.format}' cannot be read; it is written like '%d/%m/%Y %H:%M'"
        return
    is_local = column.kind is Kind.INSTANT and "%z" not in str(cell.format)
    if is_local and cell.timezone is None and head.timezone is None:
        yield 'say where the time is from, such as timezone = "Europe/Berlin", here or at the top of the file'


def _word_faults(column: Column, words: dict[str, str | bool]) -> Iterator[str]:
    allowed: tuple[str, ...] = column.vocabulary
    if column.kind is Kind.BOOLEAN:
        allowed = ("true", "false")
    if not allowed:
        return
    for own, canonical in words.items():
        if str(canonical).lower() not in allowed:
            yield f"'{own}' = '{canonical}': unknown word{suggest(str(canonical), list(allowed))}"
