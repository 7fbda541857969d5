-- One row for each night: lines of returns asked for in the window, and how many of them say why.
-- columns: night INTEGER, numerator BIGINT, denominator BIGINT, first_id VARCHAR, last_id VARCHAR
-- key: night
WITH asked AS (
    SELECT
        nights.night,
        return_lines.return_id,
        CASE WHEN coalesce(return_lines.reason, 'unknown') <> 'unknown' THEN 1 ELSE 0 END AS is_counted
    FROM return_lines
    INNER JOIN returns ON returns.return_id = return_lines.return_id
    CROSS JOIN nights
    WHERE returns.requested_at < nights.cutoff
        AND floor(epoch(returns.requested_at)) >= nights.cutoff_epoch - $window_days * 86400
        AND returns.state NOT IN ('cancelled', 'expired')
)
SELECT
    night,
    sum(is_counted) AS numerator,
    count(*) AS denominator,
    min(return_id) FILTER (WHERE is_counted = 0) AS first_id,
    max(return_id) FILTER (WHERE is_counted = 0) AS last_id
FROM asked
GROUP BY night
