-- What was credited before the order was due to leave: it is not sent, so it is a cancellation of the line.
SELECT
    order_lines.order_line_id,
    least(CAST(sum(return_lines.qty) AS BIGINT), order_lines.qty) AS qty,
    max(returns.closed_at) AS credited_at
FROM return_lines
JOIN returns ON returns.return_id = return_lines.return_id
JOIN order_lines ON order_lines.order_line_id = return_lines.order_line_id
JOIN order_plan ON order_plan.order_id = order_lines.order_id
WHERE epoch(returns.closed_at) < order_plan.handed_over_at
GROUP BY order_lines.order_line_id, order_lines.qty
