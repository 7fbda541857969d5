-- An order whose every line was credited before it left was cancelled.
WITH credited AS (
    SELECT
        order_lines.order_id,
        max(credited_lines.credited_at) AS cancelled_at,
        bool_and(coalesce(order_lines.qty_cancelled, credited_lines.qty, 0) >= order_lines.qty) AS is_whole
    FROM order_lines
    LEFT JOIN credited_lines ON credited_lines.order_line_id = order_lines.order_line_id
    GROUP BY order_lines.order_id
)
SELECT orders.* REPLACE (
    coalesce(orders.cancelled_at, CASE WHEN credited.is_whole AND credited.cancelled_at < $until THEN credited.cancelled_at END)
        AS cancelled_at
)
FROM orders
LEFT JOIN credited ON credited.order_id = orders.order_id
WHERE orders.placed_at < $until
ORDER BY orders.order_id
