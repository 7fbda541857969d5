-- One row for each sold line, with its order. A customer's order is an invoice, or customer and minute where there is no
-- invoice. A guest's line is an order of its own: one "invoice" of guests may be a whole day of web sales to hundreds of
-- people, and as one order it would say that they bought together.
WITH grouped AS (
    SELECT
        *,
        CASE
            WHEN customer_id IS NULL AND has_invoice THEN invoice
            WHEN customer_id IS NULL THEN 'G' || minute
            WHEN has_invoice THEN invoice
            ELSE customer_id || '-' || minute
        END AS basket
    FROM lines
    WHERE class = 'sale'
),
numbered AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY basket ORDER BY sku, price_cents, quantity, description, country, sold_at) AS position
    FROM grouped
)
SELECT
    CASE WHEN customer_id IS NULL THEN basket || '-' || position ELSE basket END AS order_id,
    CASE WHEN customer_id IS NULL THEN basket || '-' || position || '-1' ELSE basket || '-' || position END AS order_line_id,
    customer_id,
    sku,
    is_slug,
    description,
    CAST(quantity AS BIGINT) AS qty,
    price_cents AS unit_price_cents,
    sold_at,
    country
FROM numbered
