-- One row for each night: emails that were delivered or bounced, and how many of them bounced for good.
-- columns: night INTEGER, numerator BIGINT, denominator BIGINT, first_id VARCHAR, last_id VARCHAR
-- key: night
SELECT
    night,
    count(*) FILTER (WHERE is_hard_bounced) AS numerator,
    count(*) AS denominator,
    min(message_id) FILTER (WHERE is_hard_bounced) AS first_id,
    max(message_id) FILTER (WHERE is_hard_bounced) AS last_id
FROM message_outcomes
WHERE is_email AND (is_delivered OR is_bounced)
GROUP BY night
