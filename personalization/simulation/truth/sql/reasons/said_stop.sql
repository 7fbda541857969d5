-- A click on unsubscribe or a complaint is a no from that moment, before any list has heard of it (T7); only a later yes undoes
-- the click, and nothing the complaint.
WITH stops AS (
    SELECT
        messages.customer_id,
        engagement.type,
        min(engagement.occurred_at) AS from_at,
        min(coalesce(engagement.received_at, engagement.occurred_at)) AS known_from_at
    FROM engagement
    JOIN messages ON messages.message_id = engagement.message_id
    WHERE engagement.type IN ('unsubscribe', 'complaint')
    GROUP BY messages.customer_id, engagement.type, engagement.message_id
)
SELECT
    stops.customer_id,
    stops.from_at,
    min(consent_spans.from_at) AS until_at,
    stops.known_from_at,
    min(consent_spans.known_from_at) AS known_until_at
FROM stops
LEFT JOIN consent_spans
    ON consent_spans.customer_id = stops.customer_id
    AND consent_spans.is_yes
    AND consent_spans.from_at > stops.from_at
    AND stops.type = 'unsubscribe'
GROUP BY stops.customer_id, stops.type, stops.from_at, stops.known_from_at
