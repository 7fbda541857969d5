-- One row for each night: orders, tickets and scans learned in the window, and how many of them happened more than 24
-- hours before. What is only assumed to have been learned at some time proves nothing, and is left out.
-- columns: night INTEGER, numerator BIGINT, denominator BIGINT, first_id VARCHAR, last_id VARCHAR
-- key: night
WITH learned AS (
    SELECT order_id AS id, placed_at AS happened_at, received_at
    FROM orders
    WHERE received_at IS NOT NULL AND NOT coalesce(is_received_assumed, FALSE)
    UNION ALL
    SELECT ticket_id AS id, created_at AS happened_at, received_at
    FROM tickets
    WHERE received_at IS NOT NULL AND NOT coalesce(is_received_assumed, FALSE)
    UNION ALL
    SELECT event_id AS id, occurred_at AS happened_at, received_at
    FROM tracking_events
    WHERE NOT coalesce(is_received_assumed, FALSE)
),
judged AS (
    SELECT
        nights.night,
        learned.id,
        CASE
            WHEN floor(epoch(learned.received_at)) - floor(epoch(learned.happened_at)) > 86400 THEN 1
            ELSE 0
        END AS is_late
    FROM learned
    CROSS JOIN nights
    WHERE learned.received_at < nights.cutoff
        AND floor(epoch(learned.received_at)) >= nights.cutoff_epoch - $window_days * 86400
)
SELECT
    night,
    sum(is_late) AS numerator,
    count(*) AS denominator,
    min(id) FILTER (WHERE is_late = 1) AS first_id,
    max(id) FILTER (WHERE is_late = 1) AS last_id
FROM judged
GROUP BY night
