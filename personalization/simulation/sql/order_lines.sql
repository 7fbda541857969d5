SELECT order_lines.* REPLACE (
    coalesce(order_lines.qty_cancelled, CASE WHEN credited_lines.credited_at < $until THEN credited_lines.qty END) AS qty_cancelled
)
FROM order_lines
JOIN orders ON orders.order_id = order_lines.order_id
LEFT JOIN credited_lines ON credited_lines.order_line_id = order_lines.order_line_id
WHERE orders.placed_at < $until
ORDER BY order_lines.order_line_id
