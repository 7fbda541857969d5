-- Every credited line: a cancellation in the invoiced shape, a negative line in the other. turn is its place among the
-- credits of the same customer and sku, the order in which they are matched.
SELECT
    line_no,
    customer_id,
    sku,
    CAST(-quantity AS BIGINT) AS qty,
    price_cents,
    sold_at,
    CASE WHEN has_invoice THEN invoice ELSE 'C' || coalesce(customer_id, 'G') || '-' || minute END AS credit_note,
    row_number() OVER (
        PARTITION BY customer_id, sku ORDER BY sold_at, quantity, price_cents, invoice, description, line_no
    ) AS turn
FROM lines
WHERE class = 'credit'
