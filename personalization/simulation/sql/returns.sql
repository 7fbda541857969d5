SELECT return_courses.* REPLACE (
    CASE
        WHEN closed_at < $until OR (closed_at IS NULL AND received_at IS NULL AND approved_at IS NULL) THEN state
        WHEN received_at < $until THEN 'received'
        WHEN approved_at < $until THEN 'approved'
        ELSE 'open'
    END AS state,
    CASE WHEN approved_at < $until THEN approved_at END AS approved_at,
    CASE WHEN received_at < $until THEN received_at END AS received_at,
    CASE WHEN closed_at < $until THEN closed_at END AS closed_at,
    CASE WHEN closed_at < $until THEN outcome END AS outcome
)
FROM return_courses
WHERE requested_at < $until
ORDER BY return_id
