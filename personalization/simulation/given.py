"""The purchases that a whole world's operations rest on, as columns in the order of their numbers."""

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from personalization.errors import BadInput
from personalization.simulation.chance import Flags, Keys, Whole
from personalization.simulation.parcels import EUROPE, EUROPEAN, NEVER, UK, WORLD

NOBODY = -1
PARCEL_FREE = ("digital", "gift_card", "service")


@dataclass(frozen=True, slots=True, kw_only=True)
class Customers:
    """The customers: number, since when they are known, country and region as given, hash-free addresses."""

    number: Whole
    created_at: Whole
    country: pa.Array
    region: pa.Array
    email: pa.Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Products:
    """The products: what decides about parcels, returns and warranty. variant is the place of the variant group."""

    sku: pa.Array
    kind: pa.Array
    category: pa.Array
    variant: Whole
    price_cents: Whole
    warranty_days: Whole
    is_returnable: Flags
    is_in_stock: Flags
    needs_parcel: Flags


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """The orders; customer is the place in Customers, NOBODY for a guest."""

    table: pa.Table
    number: Whole
    customer: Whole
    placed_at: Whole
    cancelled_at: Whole
    promised_on: Whole
    total_cents: Whole
    is_paid: Flags
    is_test: Flags
    is_preorder: Flags
    address_changed_at: Whole

    @property
    def keys(self) -> Keys:
        """Return the orders' numbers as keys of chance."""
        return self.number.astype(np.uint64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """The order lines; order and product are places, product NOBODY where the catalogue lacks it."""

    table: pa.Table
    number: Whole
    order: Whole
    product: Whole
    qty: Whole
    paid_cents: Whole

    @property
    def keys(self) -> Keys:
        """Return the lines' numbers as keys of chance."""
        return self.number.astype(np.uint64)


Rows = TypeVar("Rows", Orders, Lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """All purchases of a folder."""

    customers: Customers
    products: Products
    orders: Orders
    lines: Lines

    def needs_parcel(self) -> Flags:
        """Return which lines are goods that are sent; what the catalogue does not know is sent as well."""
        if not len(self.products.needs_parcel):
            return np.ones(len(self.lines.number), dtype=np.bool_)
        return np.asarray((self.lines.product == NOBODY) | self.products.needs_parcel[self.lines.product])


def load_purchases(data: Path, *, until: int) -> Given:
    """Read the purchases in *data*, without orders at or after *until*.

    Raises BadInput when orders or their lines are missing, an id is not a number, or a line has no order.
    """
    customers = _customers(_table(data, "customers"), file=data / "customers.parquet")
    products = _products(_table(data, "products"))
    orders = _orders(_table(data, "orders", is_required=True), customers, file=data / "orders.parquet")
    lines = _lines(_table(data, "order_lines", is_required=True), orders, products, file=data / "order_lines.parquet")
    is_early = orders.placed_at < until
    if not is_early.all():
        place = np.cumsum(is_early) - 1
        lines = _chosen(lines, is_early[lines.order])
        lines = replace(lines, order=place[lines.order])
        orders = _chosen(orders, is_early)
    return Given(customers=customers, products=products, orders=orders, lines=lines)


def _chosen(rows: Rows, keep: Flags) -> Rows:
    """Return those rows of orders or lines that are kept."""
    columns: dict[str, Any] = {
        field.name: getattr(rows, field.name)[keep] for field in fields(rows) if field.name != "table"
    }
    return replace(rows, table=rows.table.filter(pa.array(keep)), **columns)


def _table(data: Path, name: str, *, is_required: bool = False) -> pa.Table:
    path = data / f"{name}.parquet"
    if not path.exists():
        if is_required:
            raise BadInput(f"{path}: no such file; the simulation needs purchases as Parquet, so import some first")
        return pa.table({})
    try:
        return pq.read_table(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise BadInput(f"{path}: cannot be read; write the purchases again") from error


def _cells(table: pa.Table, name: str, kind: pa.DataType) -> pa.Array:
    if name not in table.column_names:
        return pa.nulls(table.num_rows, kind)
    cells = table[name].cast(kind).combine_chunks()
    return cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else cells


def _whole(table: pa.Table, name: str, *, absent: int) -> Whole:
    return np.asarray(_cells(table, name, pa.int64()).fill_null(absent).to_numpy(zero_copy_only=False), dtype=np.int64)


def _flags(table: pa.Table, name: str, *, absent: bool) -> Flags:
    return np.asarray(_cells(table, name, pa.bool_()).fill_null(absent).to_numpy(zero_copy_only=False), dtype=np.bool_)


def _moments(table: pa.Table, name: str) -> Whole:
    cells = _cells(table, name, pa.timestamp("us")).cast(pa.int64()).fill_null(NEVER)
    found = np.asarray(cells.to_numpy(zero_copy_only=False), dtype=np.int64)
    return np.where(found == NEVER, NEVER, found // 1_000_000)


def _days(table: pa.Table, name: str) -> Whole:
    cells = _cells(table, name, pa.date32()).cast(pa.int32()).fill_null(-1)
    return np.asarray(cells.to_numpy(zero_copy_only=False), dtype=np.int64)


def numbers_of(cells: pa.Array, *, file: Path, name: str) -> Whole:
    """Return ids as numbers, NOBODY where there is none; raise BadInput for an id that is no number."""
    try:
        found = cells.cast(pa.int64())
    except pa.ArrowInvalid as error:
        raise BadInput(f"{file}: column {name}: the ids of a simulated world are numbers; simulate it again") from error
    return np.asarray(found.fill_null(NOBODY).to_numpy(zero_copy_only=False), dtype=np.int64)


def places(numbers: Whole, known: Whole) -> Whole:
    """Return where each number stands among the sorted *known* ones; NOBODY where it does not."""
    if not len(known):
        return np.full(len(numbers), NOBODY, dtype=np.int64)
    place = np.minimum(np.searchsorted(known, numbers), len(known) - 1)
    return np.where(known[place] == numbers, place, NOBODY)


def _customers(table: pa.Table, *, file: Path) -> Customers:
    number = numbers_of(_cells(table, "customer_id", pa.string()), file=file, name="customer_id")
    order = np.argsort(number, kind="stable")
    table = table.take(pa.array(order)) if table.num_rows else table
    return Customers(
        number=number[order],
        created_at=_moments(table, "created_at"),
        country=_cells(table, "country", pa.string()),
        region=_cells(table, "postal_region", pa.string()),
        email=_cells(table, "email", pa.string()),
    )


def _products(table: pa.Table) -> Products:
    kind = _cells(table, "product_type", pa.string()).fill_null("unknown")
    group = _cells(table, "variant_group", pa.string()).dictionary_encode()
    active = pc.equal(_cells(table, "status", pa.string()).fill_null("active"), "active")
    in_stock = _flags(table, "is_in_stock", absent=True)
    return Products(
        sku=_cells(table, "sku", pa.string()),
        kind=kind,
        category=_cells(table, "category", pa.string()).fill_null(""),
        variant=np.asarray(group.indices.fill_null(NOBODY).to_numpy(zero_copy_only=False), dtype=np.int64),
        price_cents=_whole(table, "price_cents", absent=0),
        warranty_days=_whole(table, "warranty_days", absent=0),
        is_returnable=_flags(table, "is_returnable", absent=True),
        is_in_stock=in_stock & np.asarray(active.to_numpy(zero_copy_only=False), dtype=np.bool_),
        needs_parcel=~np.asarray(pc.is_in(kind, pa.array(PARCEL_FREE)).to_numpy(zero_copy_only=False), dtype=np.bool_),
    )


def _orders(table: pa.Table, customers: Customers, *, file: Path) -> Orders:
    number = numbers_of(_cells(table, "order_id", pa.string()), file=file, name="order_id")
    order = np.argsort(number, kind="stable")
    table = table.take(pa.array(order))
    customer = numbers_of(_cells(table, "customer_id", pa.string()), file=file, name="customer_id")
    status = _cells(table, "financial_status", pa.string())
    unpaid = pc.is_in(status, pa.array(["voided", "expired", "pending", "authorized"]))
    return Orders(
        table=table,
        number=number[order],
        customer=places(customer, customers.number),
        placed_at=_moments(table, "placed_at"),
        cancelled_at=_moments(table, "cancelled_at"),
        promised_on=_days(table, "promised_by_on"),
        total_cents=_whole(table, "total_cents", absent=0),
        is_paid=~np.asarray(unpaid.to_numpy(zero_copy_only=False), dtype=np.bool_),
        is_test=_flags(table, "is_test", absent=False),
        is_preorder=_flags(table, "is_preorder", absent=False),
        address_changed_at=_moments(table, "ship_to_changed_at"),
    )


def _lines(table: pa.Table, orders: Orders, products: Products, *, file: Path) -> Lines:
    number = numbers_of(_cells(table, "order_line_id", pa.string()), file=file, name="order_line_id")
    sort = np.argsort(number, kind="stable")
    table = table.take(pa.array(sort))
    order = places(numbers_of(_cells(table, "order_id", pa.string()), file=file, name="order_id"), orders.number)
    if (order == NOBODY).any():
        raise BadInput(f"{file}: column order_id: a line belongs to no order; simulate the purchases again")
    sku = pc.index_in(_cells(table, "sku", pa.string()), products.sku).fill_null(NOBODY)
    qty = _whole(table, "qty", absent=1) - _whole(table, "qty_cancelled", absent=0)
    price, discount = _whole(table, "unit_price_cents", absent=0), _whole(table, "discount_cents", absent=0)
    return Lines(
        table=table,
        number=number[sort],
        order=order,
        product=np.asarray(sku.to_numpy(zero_copy_only=False), dtype=np.int64),
        qty=np.maximum(qty, 0),
        paid_cents=np.maximum(price * np.maximum(qty, 0) - discount, 0),
    )


def zones(customers: Customers, orders: Orders) -> Whole:
    """Return the zone of each order; guests and unknown countries count as the United Kingdom."""
    countries = customers.country.dictionary_encode()
    names = countries.dictionary.to_pylist()
    zone = [UK if name in ("GB", None) else EUROPE if name in EUROPEAN else WORLD for name in names]
    zone_of = np.array([*zone, UK], dtype=np.int64)
    code = np.asarray(countries.indices.fill_null(len(names)).to_numpy(zero_copy_only=False), dtype=np.int64)
    return np.asarray(zone_of[np.append(code, len(names))[orders.customer]])
