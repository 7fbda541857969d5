-- One row for each night: returns that were closed in the window with an outcome, and how many of them were exchanged.
-- columns: night INTEGER, numerator BIGINT, denominator BIGINT
-- key: night
SELECT
    nights.night,
    count(*) FILTER (WHERE returns.outcome = 'exchange') AS numerator,
    count(*) AS denominator
FROM returns
CROSS JOIN nights
WHERE returns.closed_at < nights.cutoff
    AND floor(epoch(returns.closed_at)) >= nights.cutoff_epoch - $window_days * 86400
    AND returns.outcome IN ('refund', 'exchange', 'store_credit', 'gift_card')
GROUP BY nights.night
