-- One row for each night and source table that had rows by then: when the newest row was learned, and how many were
-- learned in the 28 days up to it, which is the source's own rhythm.
-- columns: night INTEGER, source VARCHAR, newest_at TIMESTAMP, recent_rows BIGINT
-- key: night, source
WITH learned AS (
    SELECT 'orders' AS source, coalesce(received_at, placed_at) AS learned_at FROM orders
    UNION ALL
    SELECT 'shipments' AS source, coalesce(received_at, shipped_at) AS learned_at FROM shipments
    UNION ALL
    SELECT 'tracking_events' AS source, received_at AS learned_at FROM tracking_events
    UNION ALL
    SELECT 'tickets' AS source, coalesce(received_at, created_at) AS learned_at FROM tickets
    UNION ALL
    SELECT 'returns' AS source, coalesce(received_at, requested_at) AS learned_at FROM returns
    UNION ALL
    SELECT 'consents' AS source, coalesce(received_at, captured_at) AS learned_at FROM consents
),
daily AS (
    SELECT
        nights.night,
        learned.source,
        CAST(learned.learned_at AS DATE) AS learned_on,
        max(learned.learned_at) AS newest_at,
        count(*) AS row_count
    FROM learned
    CROSS JOIN nights
    WHERE learned.learned_at < nights.cutoff AND learned.learned_at >= nights.opened_at
    GROUP BY nights.night, learned.source, CAST(learned.learned_at AS DATE)
),
newest AS (
    SELECT nights.night, daily.source, max(daily.newest_at) AS newest_at
    FROM nights
    INNER JOIN daily ON daily.night >= nights.night
    GROUP BY nights.night, daily.source
)
SELECT newest.night, newest.source, newest.newest_at, sum(daily.row_count) AS recent_rows
FROM newest
INNER JOIN daily
    ON daily.source = newest.source
    AND daily.night >= newest.night
    AND daily.learned_on > CAST(newest.newest_at AS DATE) - 28
GROUP BY newest.night, newest.source, newest.newest_at
