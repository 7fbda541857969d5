"""How a system's export is described: shapes of files, and what of each shape lands in which canonical table.

An adapter, a file in ``systems/``, is data: vocabularies, SELECTs over the raw rows, and one System that names them.
The machinery beside this file reads, checks, keeps and joins; nothing of that is repeated in an adapter.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import duckdb

# What a landed row may say beside the contract's columns, always as text, so that it can be joined with other systems.
REFERENCES = (
    "_person_id",  # the person's id in the shop's platform, as this system knows it
    "_email",
    "_phone",
    "_name",  # first and last name, to tell two people with one mailbox apart
    "_order",  # the order's id or name ("#1001"), as this system knows it
    "_sku",  # the product of a line whose own id this system does not know
    "_classified_by",  # how a word was found: tag, field, subject or none; reported
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Landing:
    """What of a shape's raw rows becomes rows of one canonical table.

    select is a SELECT from ``raw``, which has file_row and, in a CSV shape, the shape's columns as text, in a JSON
    shape ``item``. It gives file_row, columns of the contract in any type, references (REFERENCES) and, where the
    source says when a row was last changed, ``_updated_at``; children give that of their parent. Times are text or
    instants, amounts integer cents, words canonical or the source's own, which are then counted as unknown.

    A column of the contract that may not be null and is only known after joining is filled with the best reference:
    an order_id with the order's name or 'unknown', a customer_id with the system's own id of the person.

    key names the columns that identify a row in this system (default: the contract's key). undated is the column of an
    instant that the system does not always tell: where it is null the moment the file is from stands in, and the key
    must not hold it. parent is (column, table): a row that its parent's newest version no longer has is gone.
    has_made_up_key says that the system's files of this shape give such rows no id: where another shape has rows of the
    same order, with ids, those stand instead. names_by_reference says that a platform's rows know their person by
    address or number alone; customer_id then only tells one from another.
    may_be_left_out says that a file may bring parents without any such row because nobody asked for them: then their
    absence says nothing, and a row is gone only where its parent came with others of its kind.
    is_only_yes says that a row can only allow something, so that a lost one leaves somebody alone and may be lost.
    carried_at says that received_at comes from the source. origins maps a column to the source's own name for it.
    """

    table: str
    select: str
    key: tuple[str, ...] | None = None
    undated: str | None = None
    parent: tuple[str, str] | None = None
    has_made_up_key: bool = False
    names_by_reference: bool = False
    may_be_left_out: bool = False
    is_only_yes: bool = False
    carried_at: bool = False
    origins: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One kind of file that a system exports.

    CSV: columns are the names that the SELECTs use, required those without which the file is another one; where
    several shapes fit, the one with most required columns counts. JSON (a list, an object a line, or a page of an
    API's answer): lists are the JSON paths under which a page keeps its items ("$.data.trackings"), required the keys
    that an item has. beside names further lists of a page, to which its items refer, and where they stand; each is the
    table ``beside_<name>`` with ``item``, empty where no page has it. Parquet: as CSV, each cell as text.
    files is the pattern that the names of such files fit, delimiter what parts the cells of a CSV file.
    prepare builds temporary tables out of ``raw`` that several SELECTs use; it is given the connection.
    """

    name: str
    format: Literal["csv", "json", "parquet"]
    required: tuple[str, ...]
    landings: tuple[Landing, ...]
    columns: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    files: str = "*"
    delimiter: str = ","
    beside: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[duckdb.DuckDBPyConnection], None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """One system that shops have.

    role orders what several systems say of the same thing: a platform knows orders and customers best, a tracker
    parcels, a returns tool returns. workflow says which work after the checkout it feeds (R5). lag_hours is how long
    after an event the system usually has it; a first import assumes that. carries names, for each canonical table,
    the columns that an export of this system really holds, in whatever shape. is_mapped: a user's mapping file made it,
    so the data folder keeps what later imports must know of it.
    """

    name: str
    role: Literal["platform", "tracker", "helpdesk", "returns", "esp", "any"]
    workflow: str
    shapes: tuple[Shape, ...]
    carries: Mapping[str, tuple[str, ...]]
    lag_hours: float = 0.0
    is_mapped: bool = False
