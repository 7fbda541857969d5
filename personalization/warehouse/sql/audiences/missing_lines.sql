-- Each line of an order that has not arrived and was not paid back.
-- columns: order_line_id VARCHAR, order_id VARCHAR
-- key: order_line_id
SELECT l.order_line_id, l.order_id
FROM line_state AS l
INNER JOIN order_lines AS o ON o.order_line_id = l.order_line_id
WHERE NOT l.is_delivered AND coalesce(o.qty_refunded, 0) < l.qty
