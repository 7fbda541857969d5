"""Shopify: the CSV exports of the admin pages, and the JSON lines of bulk operations, which hold far more.

Both may be imported for one shop. Orders, customers and products have the same ids in both, so the newer word of each
cell counts; lines and refunds have ids of their own in the JSON lines alone, so those replace what the CSV made up.
Customers that Shopify merged are told by no export: the one that is left has the orders, and the other is gone.
"""

from personalization.sources.importing.adapter import System
from personalization.sources.systems.shopify import bulk, customers_csv, orders_csv, products_csv

_CARRIES = {
    "customers": (
        *("customer_id", "email", "phone", "first_name", "locale", "country", "created_at", "is_b2b"),
        "do_not_contact_reason",
    ),
    "consents": ("customer_id", "channel", "purpose", "captured_at", "status"),
    "products": (
        *("sku", "product_id", "title", "category", "brand", "product_type", "price_cents", "cost_cents", "currency"),
        *("is_in_stock", "status", "image_url", "url", "variant_group", "size"),
    ),
    "orders": (
        *("order_id", "customer_id", "name", "placed_at", "currency", "total_cents", "discount_cents"),
        *("shipping_cents", "tax_cents", "financial_status", "cancelled_at", "channel", "is_gift"),
        *("is_subscription", "is_preorder", "is_test"),
    ),
    "order_lines": (
        *("order_line_id", "order_id", "sku", "qty", "unit_price_cents", "discount_cents"),
        *("qty_cancelled", "qty_refunded"),
    ),
    "shipments": (
        *("shipment_id", "order_id", "tracking_no", "carrier", "shipped_at", "dest_region", "eta_latest_on"),
        *("status", "delivered_at"),
    ),
    "shipment_lines": ("shipment_id", "order_line_id", "qty"),
    "tracking_events": ("event_id", "shipment_id", "status", "raw_status", "occurred_at", "received_at", "location"),
    "returns": ("return_id", "order_id", "state", "requested_at", "approved_at", "closed_at", "outcome"),
    "return_lines": ("return_id", "order_line_id", "qty", "reason", "outcome", "value_cents"),
    "refunds": ("refund_id", "order_id", "amount_cents", "refunded_at"),
}

SYSTEM = System(
    name="shopify",
    role="platform",
    workflow="orders, customers and consent: every program starts from them",
    lag_hours=0,
    shapes=(orders_csv.SHAPE, customers_csv.SHAPE, *products_csv.SHAPES, bulk.SHAPE),
    carries=_CARRIES,
)
