-- The newest unsubscribe, complaint and hard bounce of each person, from the mail that any tool sent to any account with their address, and from the links of our own messages. Who subscribed again since, under the same account, took an unsubscribe back and has a mailbox that works; a complaint is never taken back.
-- columns: customer_id VARCHAR, unsubscribed_at TIMESTAMP, complained_at TIMESTAMP, bounced_at TIMESTAMP
-- key: customer_id
WITH told AS (
    SELECT
        coalesce(v.mailbox, m.customer_id) AS mailbox,
        coalesce(v.person_id, m.customer_id) AS person_id,
        e.type,
        max(e.occurred_at) AS occurred_at
    FROM engagement AS e
    INNER JOIN messages AS m ON m.message_id = e.message_id
    LEFT JOIN audience_voices AS v ON v.customer_id = m.customer_id
    WHERE m.channel = 'email' AND e.type IN ('unsubscribe', 'complaint', 'bounce_hard')
    GROUP BY coalesce(v.mailbox, m.customer_id), coalesce(v.person_id, m.customer_id), e.type
    UNION ALL
    SELECT
        coalesce(v.mailbox, u.customer_id) AS mailbox,
        coalesce(v.person_id, u.customer_id) AS person_id,
        'unsubscribe' AS type,
        max(u.unsubscribed_at) AS occurred_at
    FROM unsubscribes_arrived AS u
    LEFT JOIN audience_voices AS v ON v.customer_id = u.customer_id
    WHERE u.channel = 'email'
    GROUP BY coalesce(v.mailbox, u.customer_id), coalesce(v.person_id, u.customer_id)
),

standing AS (
    SELECT
        t.mailbox,
        max(CASE WHEN t.type = 'unsubscribe' THEN t.occurred_at END) AS unsubscribed_at,
        max(CASE WHEN t.type = 'complaint' THEN t.occurred_at END) AS complained_at,
        max(CASE WHEN t.type = 'bounce_hard' THEN t.occurred_at END) AS bounced_at
    FROM told AS t
    LEFT JOIN consent_words AS w ON w.mailbox = t.mailbox AND w.person_id = t.person_id
    WHERE t.type = 'complaint' OR NOT coalesce(w.status = 'subscribed' AND w.captured_at > t.occurred_at, FALSE)
    GROUP BY t.mailbox
)

SELECT p.customer_id, s.unsubscribed_at, s.complained_at, s.bounced_at
FROM audience_people AS p
INNER JOIN standing AS s ON s.mailbox = p.mailbox
