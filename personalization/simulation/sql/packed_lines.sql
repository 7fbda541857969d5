-- What was to go into which parcel of its order, and what of it was cancelled when.
SELECT
    order_lines.order_line_id,
    order_lines.order_id,
    order_plan.order_no,
    CASE
        WHEN order_plan.is_split AND md5_number_lower($seed || ':second:' || order_lines.order_line_id) < $second_parcel THEN 2
        ELSE 1
    END AS number,
    order_lines.qty,
    coalesce(order_lines.qty_cancelled, credited_lines.qty, 0) AS qty_cancelled,
    credited_lines.credited_at
FROM order_lines
JOIN order_plan ON order_plan.order_id = order_lines.order_id
LEFT JOIN credited_lines ON credited_lines.order_line_id = order_lines.order_line_id
