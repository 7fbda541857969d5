-- Two people share an inbox and one of them said no: what goes to the other lands before the same eyes.
SELECT
    people.customer_id,
    consent_spans.from_at,
    consent_spans.until_at,
    consent_spans.known_from_at,
    consent_spans.known_until_at
FROM people
JOIN people AS others ON others.address = people.address AND others.customer_id <> people.customer_id
JOIN consent_spans ON consent_spans.customer_id = others.customer_id
-- What the same person said under a profile merged into this one is their own word.
LEFT JOIN merges ON merges.customer_id = others.customer_id AND merges.survivor_id = people.customer_id
WHERE consent_spans.status IN ('unsubscribed', 'suppressed') AND merges.customer_id IS NULL
