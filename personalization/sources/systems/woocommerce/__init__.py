"""WooCommerce: orders, products, variations, customers, refunds and coupons as its REST API (wc/v3) gives them.

``completed`` says that the shop is done with an order, not that a parcel came: WooCommerce itself knows no parcels,
only plugins write their tracking numbers into an order's meta data. A guest is customer 0. A product has no currency
of its own, and an order's refunds no time; the refunds' own list has it. Nothing here is a consent to marketing.
"""

from personalization.sources.importing.adapter import Landing, Shape, System
from personalization.sources.systems.woocommerce import catalogue, orders

_IN_ORDER = ("order_id", "orders")
# https://developer.wordpress.org/rest-api/using-the-rest-api/global-parameters/ (_envelope)
_ENVELOPE = ("$.body",)

SYSTEM = System(
    name="woocommerce",
    role="platform",
    workflow="orders, customers and products: every program starts from them",
    lag_hours=0,
    shapes=(
        Shape(
            name="orders",
            format="json",
            lists=_ENVELOPE,
            required=("id", "status", "currency", "date_created_gmt", "total", "customer_id", "billing", "line_items"),
            landings=(
                Landing(
                    table="orders",
                    select=orders.ORDERS,
                    origins={
                        "order_id": "id",
                        "placed_at": "date_created_gmt",
                        "total_cents": "total",
                        "discount_cents": "discount_total",
                        "shipping_cents": "shipping_total",
                        "tax_cents": "total_tax",
                        "financial_status": "status",
                        "cancelled_at": "date_modified_gmt",
                    },
                ),
                Landing(
                    table="order_lines",
                    select=orders.LINES,
                    parent=_IN_ORDER,
                    origins={
                        "order_line_id": "line_items.id",
                        "sku": "line_items.sku",
                        "qty": "line_items.quantity",
                        "unit_price_cents": "line_items.subtotal",
                    },
                ),
                Landing(
                    table="refunds",
                    select=orders.REFUNDS_IN_ORDERS,
                    parent=_IN_ORDER,
                    undated="refunded_at",
                    origins={"refund_id": "refunds.id", "amount_cents": "refunds.total"},
                ),
                Landing(
                    table="shipments", select=orders.SHIPMENTS, parent=_IN_ORDER, origins={"shipped_at": "date_shipped"}
                ),
                Landing(table="customers", select=orders.BUYERS, origins={"created_at": "date_created_gmt"}),
            ),
        ),
        Shape(
            name="refunds",
            format="json",
            required=("id", "amount", "refunded_by", "date_created_gmt"),
            landings=(
                Landing(
                    table="refunds",
                    select=orders.REFUNDS,
                    origins={"refund_id": "id", "amount_cents": "amount", "refunded_at": "date_created_gmt"},
                ),
            ),
        ),
        Shape(
            name="products",
            format="json",
            required=("id", "name", "type", "status", "price", "stock_status", "categories"),
            landings=(Landing(table="products", select=catalogue.PRODUCTS, origins={"price_cents": "price"}),),
        ),
        Shape(
            name="variations",
            format="json",
            required=("id", "status", "regular_price", "stock_status", "attributes", "image"),
            landings=(Landing(table="products", select=catalogue.VARIATIONS, origins={"price_cents": "price"}),),
        ),
        Shape(
            name="customers",
            format="json",
            required=("id", "email", "role", "username", "billing"),
            landings=(
                Landing(
                    table="customers",
                    select=catalogue.CUSTOMERS,
                    origins={"customer_id": "id", "created_at": "date_created_gmt"},
                ),
            ),
        ),
        Shape(
            name="coupons",
            format="json",
            required=("id", "code", "discount_type", "usage_limit"),
            landings=(
                Landing(
                    table="coupons",
                    select=catalogue.COUPONS,
                    origins={"coupon_id": "code", "budget": "usage_limit", "valid_until_on": "date_expires"},
                ),
            ),
        ),
    ),
    carries={
        "customers": ("customer_id", "email", "phone", "first_name", "country", "created_at"),
        "products": (
            *("sku", "product_id", "title", "category", "brand", "price_cents", "cost_cents", "currency"),
            *("is_in_stock", "status", "url", "size"),
        ),
        "orders": (
            *("order_id", "customer_id", "name", "placed_at", "currency", "total_cents", "discount_cents"),
            *("shipping_cents", "tax_cents", "financial_status", "cancelled_at", "channel", "is_subscription"),
        ),
        "order_lines": ("order_line_id", "order_id", "sku", "qty", "unit_price_cents", "discount_cents"),
        "shipments": ("order_id", "tracking_no", "carrier", "shipped_at"),
        "refunds": ("refund_id", "order_id", "amount_cents", "reason", "refunded_at"),
    },
)
