-- An address that does not exist gets no more mail: every further try hurts the shop's name with the mailbox providers.
SELECT
    messages.customer_id,
    min(engagement.occurred_at) AS from_at,
    min(coalesce(engagement.received_at, engagement.occurred_at)) AS known_from_at
FROM engagement
JOIN messages ON messages.message_id = engagement.message_id
WHERE engagement.type = 'bounce_hard'
GROUP BY messages.customer_id
