-- What people and their mail programs do with what was really sent. Who clicks has opened; a machine opens everything.
WITH delivered AS (
    SELECT * FROM drawn WHERE NOT is_withheld AND bounce_draw >= $bounce_share
),
happened AS (
    SELECT
        message_id,
        CASE WHEN bounce_draw < $bounce_share * $hard_bounce_share THEN 'bounce_hard' ELSE 'bounce_soft' END AS type,
        sent_at + INTERVAL 1 MINUTE AS occurred_at
    FROM drawn
    WHERE NOT is_withheld AND bounce_draw < $bounce_share
    UNION ALL
    SELECT message_id, 'delivered', sent_at + INTERVAL 1 MINUTE FROM delivered
    UNION ALL
    SELECT message_id, 'machine_open', sent_at + INTERVAL 2 MINUTE FROM delivered WHERE machine_open_share > 0.5
    UNION ALL
    SELECT message_id, 'open', sent_at + to_seconds(delay_seconds) FROM delivered WHERE look_draw < greatest(open_share, click_share)
    UNION ALL
    SELECT message_id, 'click', sent_at + to_seconds(delay_seconds + 40) FROM delivered WHERE look_draw < click_share
    UNION ALL
    SELECT message_id, 'unsubscribe', sent_at + to_seconds(delay_seconds + 60) FROM delivered WHERE leave_draw < unsubscribe_share
    UNION ALL
    SELECT message_id, 'complaint', sent_at + to_seconds(delay_seconds + 90) FROM delivered WHERE complain_draw < complaint_share
)
SELECT message_id, type, occurred_at, occurred_at + INTERVAL 10 MINUTE AS received_at, FALSE AS is_received_assumed
FROM happened
ORDER BY message_id, type, occurred_at
