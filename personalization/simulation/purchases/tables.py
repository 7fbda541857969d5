"""The canonical tables of orders and their lines, as the shop knew them at the end of the world."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from personalization.simulation.chance import Flags, Whole
from personalization.simulation.frames import dates, instants, words
from personalization.simulation.moments import DAY
from personalization.simulation.purchase_parameters import PurchaseParameters
from personalization.simulation.purchases.accounts import LAG, NEVER, People, customer_ids
from personalization.simulation.purchases.catalogue import Catalogue
from personalization.simulation.purchases.orders import LINES_EACH, NOBODY, Lines, Orders

FIRST_ORDER_ID = 5_500_000_001
FIRST_LINE_ID = 13_000_000_000_001
FIRST_ORDER_NAME = 1001
_INVOICE_DAYS = 30  # a business pays by invoice
_PAID, _AUTHORIZED, _PENDING, _VOIDED = range(4)
_FINANCIAL = ("paid", "authorized", "pending", "voided")


def numbers_as_text(first: int, numbers: npt.NDArray[np.int64]) -> pa.Array:
    """Return numbers counted from *first* as text."""
    return pc.cast(pa.array(first + numbers), pa.string())


def order_ids(orders: Orders, chosen: Whole | Flags) -> pa.Array:
    """Return the ids of some of the orders."""
    return numbers_as_text(FIRST_ORDER_ID, orders.number[chosen])


def line_ids(orders: Orders, lines: Lines, chosen: Whole | Flags) -> pa.Array:
    """Return the ids of some of the lines."""
    number = orders.number[lines.order[chosen]] * LINES_EACH + lines.rank[chosen]
    return numbers_as_text(FIRST_LINE_ID, number)


def buyer_ids(orders: Orders, people: People, chosen: Whole | Flags) -> pa.Array:
    """Return the customer ids of some of the orders, null for guests."""
    account = orders.account[chosen]
    ids = customer_ids(people.number[orders.person[chosen]], np.maximum(account, 0))
    return pc.if_else(pa.array(account != NOBODY), ids, None)


def known_orders(orders: Orders, *, until: int) -> Flags:
    """Return which orders the shop had learned of."""
    return orders.placed_at + LAG < until


def moments(values: Whole, *, until: int) -> pa.Array:
    """Return moments as instants, null where they lie at or after the end."""
    return pc.if_else(pa.array(values < until), instants(np.minimum(values, NEVER)), None)


def orders_table(orders: Orders, people: People, *, until: int, parameters: PurchaseParameters) -> pa.Table:
    """Return the canonical table of the orders that were known at the end, in the order of their ids."""
    chosen = np.flatnonzero(known_orders(orders, until=until))
    placed_at, released = orders.placed_at[chosen], orders.released_day[chosen]
    recipient = orders.recipient_number[chosen]
    account = orders.account[chosen]
    paid_cents = (orders.goods_cents - orders.discount_cents + orders.shipping_cents + orders.tax_cents)[chosen]
    columns = {
        "order_id": order_ids(orders, chosen),
        "customer_id": buyer_ids(orders, people, chosen),
        "name": pc.binary_join_element_wise("#", numbers_as_text(FIRST_ORDER_NAME, orders.number[chosen]), ""),
        "placed_at": instants(placed_at),
        "currency": words([parameters.currency], np.zeros(len(chosen), dtype=np.int64)),
        "total_cents": pa.array(paid_cents),
        **{name: pa.array(getattr(orders, name)[chosen]) for name in ("discount_cents", "shipping_cents", "tax_cents")},
        "financial_status": words(_FINANCIAL, _financial(orders, until=until)[chosen]),
        "cancelled_at": moments(orders.cancelled_at[chosen], until=until),
        "promised_by_on": pc.if_else(pa.array(released > 0), dates(released + 3), None),
        "channel": words(("account", "guest"), (account == NOBODY).astype(np.int64)),
        "is_gift": pa.array(orders.is_gift[chosen]),
        "recipient_customer_id": pc.if_else(
            pa.array(recipient != NOBODY),
            customer_ids(np.maximum(recipient, 0).astype(np.uint64), np.zeros(len(chosen), dtype=np.int64)),
            None,
        ),
        "is_subscription": pa.array(orders.is_subscription[chosen]),
        "is_preorder": pa.array(released > 0),
        "is_test": pa.array(orders.is_test[chosen]),
        "ship_to_changed_at": moments(orders.ship_to_changed_at[chosen], until=until),
        "received_at": instants(placed_at + LAG),
        "is_received_assumed": pa.array(np.zeros(len(chosen), dtype=np.bool_)),
    }
    return pa.table(columns)


def _financial(orders: Orders, *, until: int) -> Whole:
    status = np.where(orders.is_b2b & (orders.placed_at + _INVOICE_DAYS * DAY >= until), _PENDING, _PAID)
    status = np.where(orders.released_day * DAY >= until, _AUTHORIZED, status)
    return np.where(orders.cancelled_at < until, _VOIDED, status)


def lines_table(orders: Orders, lines: Lines, catalogue: Catalogue, *, until: int) -> pa.Table:
    """Return the canonical table of the lines of the known orders, in the order of their ids."""
    chosen = np.flatnonzero(known_orders(orders, until=until)[lines.order])
    order = lines.order[chosen]
    qty = pa.array(lines.qty[chosen])
    columns = {
        "order_line_id": line_ids(orders, lines, chosen),
        "order_id": order_ids(orders, order),
        "sku": catalogue.names.take(pa.array(lines.sku[chosen])),
        "qty": qty,
        "unit_price_cents": pa.array(lines.unit_price_cents[chosen]),
        "discount_cents": pa.array(lines.discount_cents[chosen]),
        "qty_cancelled": pc.if_else(pa.array(orders.cancelled_at[order] < until), qty, None),
        "qty_refunded": pa.nulls(len(chosen), pa.int64()),
        "received_at": instants(orders.placed_at[order] + LAG),
        "is_received_assumed": pa.array(np.zeros(len(chosen), dtype=np.bool_)),
    }
    return pa.table(columns)
