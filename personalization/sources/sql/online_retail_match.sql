-- The credits of one turn, each with the latest earlier purchase that has enough left.
SELECT
    credits.line_no,
    credits.credit_note || '-' || stock.order_id AS return_id,
    stock.order_id,
    stock.order_line_id,
    credits.sku,
    credits.qty,
    credits.qty * credits.price_cents AS value_cents,
    credits.sold_at
FROM credits
JOIN stock ON stock.customer_id = credits.customer_id AND stock.sku = credits.sku
WHERE credits.turn = $turn AND stock.sold_at < credits.sold_at AND stock.qty_left >= credits.qty
QUALIFY row_number() OVER (PARTITION BY credits.line_no ORDER BY stock.sold_at DESC, stock.order_line_id) = 1
