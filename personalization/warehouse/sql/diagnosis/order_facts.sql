-- One row for each order that is no test: what it was worth, what it holds most of, when it left and arrived.
-- margin_share is that of its lines by value; a product without margin and cost counts with the assumed share.
-- columns: order_id VARCHAR, customer_id VARCHAR, placed_at TIMESTAMP, is_cancelled BOOLEAN, value_cents BIGINT, margin_share DOUBLE, is_margin_known BOOLEAN, product_type VARCHAR, shipped_at TIMESTAMP, delivered_at TIMESTAMP, last_parcel_at TIMESTAMP, is_troubled BOOLEAN
-- key: order_id
WITH priced AS (
    SELECT
        order_lines.order_id,
        coalesce(products.product_type, 'unknown') AS product_type,
        order_lines.qty * order_lines.unit_price_cents - coalesce(order_lines.discount_cents, 0) AS line_cents,
        coalesce(
            products.margin_share,
            CAST(products.price_cents - products.cost_cents AS DOUBLE) / nullif(products.price_cents, 0)
        ) AS margin_share
    FROM order_lines
    LEFT JOIN products ON products.sku = order_lines.sku
),
weighed AS (
    SELECT
        order_id,
        sum(line_cents) AS line_cents,
        sum(line_cents * coalesce(margin_share, CAST($margin_share AS DOUBLE))) AS margin_cents,
        min(CASE WHEN margin_share IS NULL THEN 0 ELSE 1 END) AS known
    FROM priced
    GROUP BY order_id
),
typed AS (
    SELECT order_id, product_type, sum(line_cents) AS type_cents
    FROM priced
    GROUP BY order_id, product_type
),
ranked AS (
    SELECT
        order_id,
        product_type,
        row_number() OVER (PARTITION BY order_id ORDER BY type_cents DESC, product_type) AS place
    FROM typed
),
parcels AS (
    SELECT
        order_id,
        min(shipped_at) AS shipped_at,
        max(delivered_at) AS last_parcel_at,
        max(
            CASE WHEN delivered_at IS NULL AND status IN ('exception', 'return_to_sender', 'expired') THEN 1 ELSE 0 END
        ) AS troubled
    FROM parcel_state
    WHERE status <> 'cancelled'
    GROUP BY order_id
)
SELECT
    order_state.order_id,
    order_state.customer_id,
    order_state.placed_at,
    order_state.is_cancelled,
    CASE WHEN orders.total_cents > 0 THEN orders.total_cents ELSE coalesce(weighed.line_cents, 0) END AS value_cents,
    CASE
        WHEN weighed.line_cents > 0 THEN weighed.margin_cents / weighed.line_cents
        ELSE CAST($margin_share AS DOUBLE)
    END AS margin_share,
    coalesce(weighed.known, 0) = 1 AS is_margin_known,
    coalesce(ranked.product_type, 'unknown') AS product_type,
    parcels.shipped_at,
    order_state.delivered_at,
    parcels.last_parcel_at,
    coalesce(parcels.troubled, 0) = 1 AS is_troubled
FROM order_state
INNER JOIN orders ON orders.order_id = order_state.order_id
LEFT JOIN weighed ON weighed.order_id = order_state.order_id
LEFT JOIN ranked ON ranked.order_id = order_state.order_id AND ranked.place = 1
LEFT JOIN parcels ON parcels.order_id = order_state.order_id
WHERE NOT order_state.is_test
