-- One row for each night: claims decided in the window, and how many of them were opened again.
-- columns: night INTEGER, numerator BIGINT, denominator BIGINT, first_id VARCHAR, last_id VARCHAR
-- key: night
SELECT
    nights.night,
    count(*) FILTER (WHERE claims.is_reopened) AS numerator,
    count(*) AS denominator,
    min(claims.claim_id) FILTER (WHERE claims.is_reopened) AS first_id,
    max(claims.claim_id) FILTER (WHERE claims.is_reopened) AS last_id
FROM claims
CROSS JOIN nights
WHERE coalesce(claims.received_at, claims.opened_at) < nights.cutoff
    AND claims.decided_at < nights.cutoff
    AND floor(epoch(claims.decided_at)) >= nights.cutoff_epoch - $window_days * 86400
GROUP BY nights.night
