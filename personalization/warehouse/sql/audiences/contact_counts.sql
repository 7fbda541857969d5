-- What was sent to each person's address, under whichever account, in the windows that end at their own sending time.
-- columns: customer_id VARCHAR, marketing_in_day BIGINT, marketing_in_7_days BIGINT, marketing_in_30_days BIGINT, all_in_7_days BIGINT
-- key: customer_id
WITH mail AS (
    SELECT coalesce(a.mailbox, m.customer_id) AS mailbox, m.is_marketing, m.sent_at, m.counted
    FROM audience_messages AS m
    LEFT JOIN audience_alias AS a ON a.customer_id = m.customer_id
),

clocks AS (
    SELECT DISTINCT mailbox, coalesce(timezone, '') AS timezone
    FROM audience_people
),

counts AS (
    SELECT
        c.mailbox,
        c.timezone,
        coalesce(sum(CASE WHEN m.is_marketing AND m.sent_at > t.day_before_at THEN m.counted END), 0) AS marketing_in_day,
        coalesce(sum(CASE WHEN m.is_marketing AND m.sent_at > t.week_before_at THEN m.counted END), 0) AS marketing_in_7_days,
        coalesce(sum(CASE WHEN m.is_marketing AND m.sent_at > t.month_before_at THEN m.counted END), 0) AS marketing_in_30_days,
        coalesce(sum(CASE WHEN m.sent_at > t.week_before_at THEN m.counted END), 0) AS all_in_7_days
    FROM clocks AS c
    INNER JOIN send_times AS t ON t.timezone = c.timezone
    INNER JOIN mail AS m ON m.mailbox = c.mailbox
    GROUP BY c.mailbox, c.timezone
)

SELECT
    p.customer_id,
    c.marketing_in_day,
    c.marketing_in_7_days,
    c.marketing_in_30_days,
    c.all_in_7_days
FROM audience_people AS p
INNER JOIN counts AS c ON c.mailbox = p.mailbox AND c.timezone = coalesce(p.timezone, '')
