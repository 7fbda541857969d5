-- What each person was sent in the windows that end at their own sending time.
-- columns: customer_id VARCHAR, marketing_in_day BIGINT, marketing_in_7_days BIGINT, marketing_in_30_days BIGINT, all_in_7_days BIGINT
-- key: customer_id
SELECT
    m.customer_id,
    coalesce(sum(CASE WHEN m.is_marketing AND m.sent_at > t.day_before_at THEN m.counted END), 0) AS marketing_in_day,
    coalesce(sum(CASE WHEN m.is_marketing AND m.sent_at > t.week_before_at THEN m.counted END), 0) AS marketing_in_7_days,
    coalesce(sum(CASE WHEN m.is_marketing AND m.sent_at > t.month_before_at THEN m.counted END), 0) AS marketing_in_30_days,
    coalesce(sum(CASE WHEN m.sent_at > t.week_before_at THEN m.counted END), 0) AS all_in_7_days
FROM audience_messages AS m
LEFT JOIN audience_people AS p ON p.customer_id = m.customer_id
INNER JOIN send_times AS t ON t.timezone = coalesce(p.timezone, '')
GROUP BY m.customer_id
