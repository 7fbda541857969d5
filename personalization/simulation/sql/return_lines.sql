SELECT return_lines.* REPLACE (
    CASE WHEN return_courses.closed_at < $until THEN return_lines.outcome END AS outcome,
    return_courses.requested_at AS received_at
)
FROM return_lines
JOIN return_courses ON return_courses.return_id = return_lines.return_id
WHERE return_courses.requested_at < $until
ORDER BY return_lines.return_id, return_lines.order_line_id
