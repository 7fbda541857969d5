"""Purchases without returns, as a simulated shop has them: numeric ids, sizes, things without a parcel, guests."""

from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

BEGIN = datetime(2024, 1, 1)
UNTIL = BEGIN + timedelta(days=400)
SIZES = ("S", "M", "L")
_PRODUCTS = (  # sku, product type, category, variant group, price, warranty, returnable, in stock
    *((f"TEE-{size}", "fashion", "t-shirts", "TEE", 2_000, 0, True, size != "L") for size in SIZES),
    ("SER", "consumable", "serums", None, 3_000, 0, False, True),
    ("LAM", "considered", "lamps", None, 9_000, 700, True, True),
    ("BOX", "durable", "boxes", None, 1_500, 0, True, True),
    ("CRS", "digital", "courses", None, 4_000, 0, False, True),
    ("GFT", "gift_card", "gift cards", None, 2_500, 0, False, True),
)
SKUS = tuple(product[0] for product in _PRODUCTS)


def write_purchases(folder: Path, *, orders: int = 4000, customers: int = 900, skus: tuple[str, ...] = SKUS) -> Path:
    """Write orders of one to three lines, an hour or two apart up to UNTIL; every tenth is a guest's."""
    numbers = range(orders)
    step = timedelta(days=400) / orders
    placed = [BEGIN + step * number + timedelta(minutes=5) for number in numbers]
    lines = [(number, line) for number in numbers for line in range(1 + number % 3)]
    goods = [skus[(number + line * 3) % len(skus)] for number, line in lines]
    price = {product[0]: product[4] for product in _PRODUCTS}
    totals = [0] * orders
    for (number, _), sku in zip(lines, goods, strict=True):
        totals[number] += 2 * price[sku]
    write(folder, "customers", **_customers(customers))
    write(folder, "products", **_products())
    write(
        folder,
        "orders",
        order_id=[order_id(number) for number in numbers],
        customer_id=[None if number % 10 == 9 else customer_id(number * 7 % customers) for number in numbers],
        placed_at=placed,
        currency=["GBP"] * orders,
        total_cents=totals,
        financial_status=["voided" if number % 50 == 8 else "paid" for number in numbers],
        cancelled_at=[placed[number] + timedelta(minutes=20) if number % 50 == 8 else None for number in numbers],
        is_test=[number % 100 == 3 for number in numbers],
        is_preorder=[number % 100 == 5 for number in numbers],
        promised_by_on=[
            placed[number].date() + timedelta(days=30) if number % 100 == 5 else None for number in numbers
        ],
        received_at=placed,
        is_received_assumed=[False] * orders,
    )
    write(
        folder,
        "order_lines",
        order_line_id=[f"{13_000_000_000_000 + number * 10 + line}" for number, line in lines],
        order_id=[order_id(number) for number, _ in lines],
        sku=goods,
        qty=[2] * len(lines),
        unit_price_cents=[price[sku] for sku in goods],
        received_at=[placed[number] for number, _ in lines],
        is_received_assumed=[False] * len(lines),
    )
    return folder


def order_id(number: int) -> str:
    """Return the id of an order."""
    return f"{5_500_000_001 + number}"


def customer_id(number: int) -> str:
    """Return the id of a customer."""
    return f"{7_200_000_001 + number}"


def write(folder: Path, name: str, **columns: object) -> None:
    """Write a table of whole columns."""
    folder.mkdir(parents=True, exist_ok=True)
    table = pa.table(columns)
    kinds = {field.name: pa.string() if pa.types.is_null(field.type) else field.type for field in table.schema}
    pq.write_table(table.cast(pa.schema(list(kinds.items()))), folder / f"{name}.parquet")


def _customers(count: int) -> dict[str, object]:
    return {
        "customer_id": [customer_id(number) for number in range(count)],
        "email": [f"someone-{number}@mailbox.example" for number in range(count)],
        "country": ["FR" if number % 9 == 0 else "GB" for number in range(count)],
        "postal_region": ["scotland" if number % 9 == 1 else None for number in range(count)],
        "created_at": [BEGIN] * count,
        "received_at": [BEGIN] * count,
        "is_received_assumed": [False] * count,
    }


def _products() -> dict[str, object]:
    names = ("sku", "product_type", "category", "variant_group", "price_cents", "warranty_days", "is_returnable")
    columns: dict[str, object] = {
        name: [product[place] for product in _PRODUCTS] for place, name in enumerate((*names, "is_in_stock"))
    }
    count = len(_PRODUCTS)
    return {**columns, "title": ["A thing"] * count, "currency": ["GBP"] * count, "status": ["active"] * count}
