-- One row for each night: marketing and education messages that were delivered, and how many of them were answered by leaving.
-- columns: night INTEGER, numerator BIGINT, denominator BIGINT, first_id VARCHAR, last_id VARCHAR
-- key: night
SELECT
    night,
    count(*) FILTER (WHERE is_left) AS numerator,
    count(*) AS denominator,
    min(message_id) FILTER (WHERE is_left) AS first_id,
    max(message_id) FILTER (WHERE is_left) AS last_id
FROM message_outcomes
WHERE is_marketing AND (is_delivered OR is_left)
GROUP BY night
