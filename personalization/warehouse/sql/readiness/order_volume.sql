-- One row for each night: orders of its day, and how many the same weekday brought on average over the eight weeks before.
-- Days are the shop's own.
-- columns: night INTEGER, numerator BIGINT, denominator BIGINT
-- key: night
WITH dated AS (
    SELECT
        nights.night,
        date_diff('day', DATE '1970-01-01', nights.night_on)
        - floor((floor(epoch(orders.placed_at)) + nights.utc_offset_seconds) / 86400) AS days_ago
    FROM orders
    CROSS JOIN nights
    WHERE CAST(orders.placed_at AS DATE) >= CAST($since_on AS DATE)
        AND coalesce(orders.received_at, orders.placed_at) < nights.cutoff
        AND NOT coalesce(orders.is_test, FALSE)
)
SELECT
    nights.night,
    count(*) FILTER (WHERE dated.days_ago = 0) AS numerator,
    floor(
        CAST(
            count(*) FILTER (
                WHERE dated.days_ago BETWEEN 7 AND 56 AND dated.days_ago = 7 * floor(dated.days_ago / 7)
            ) AS DOUBLE
        ) / 8 + 0.5
    ) AS denominator
FROM nights
LEFT JOIN dated ON dated.night = nights.night
GROUP BY nights.night
