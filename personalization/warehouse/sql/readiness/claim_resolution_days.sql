-- One row for each night and number of days (begun tenths count): claims opened two weeks ago or earlier, as many days back as the window has,
-- that were resolved so many days after they were opened. An open claim counts with its days so far.
-- columns: night INTEGER, amount DOUBLE, denominator BIGINT, first_id VARCHAR, last_id VARCHAR
-- key: night, amount
WITH timed AS (
    SELECT
        nights.night,
        claims.claim_id,
        ceil(
            (
                CASE
                    WHEN claims.resolved_at < nights.cutoff THEN floor(epoch(claims.resolved_at))
                    ELSE nights.cutoff_epoch
                END - floor(epoch(claims.opened_at))
            ) / 8640
        ) / 10 AS days
    FROM claims
    CROSS JOIN nights
    WHERE coalesce(claims.received_at, claims.opened_at) < nights.cutoff
        AND floor(epoch(claims.opened_at)) < nights.cutoff_epoch - 14 * 86400
        AND floor(epoch(claims.opened_at)) >= nights.cutoff_epoch - (14 + $window_days) * 86400
)
SELECT night, days AS amount, count(*) AS denominator, min(claim_id) AS first_id, max(claim_id) AS last_id
FROM timed
GROUP BY night, days
