-- What each customer bought and may still send back, for the products that they sent anything of back.
SELECT customer_id, sku, order_id, order_line_id, sold_at, qty AS qty_left
FROM sales
WHERE EXISTS (SELECT 1 FROM credits WHERE credits.customer_id = sales.customer_id AND credits.sku = sales.sku)
