WITH said AS (
    SELECT customer_id, consent_at AS captured_at, consent_status AS status, consent_method AS method
    FROM people
    WHERE consent_status IS NOT NULL
    UNION ALL
    SELECT customer_id, left_at, 'unsubscribed', 'link in a mail' FROM people WHERE has_left
)
SELECT
    customer_id,
    'email' AS channel,
    'marketing' AS purpose,
    captured_at,
    status,
    'simulation' AS source,
    method,
    captured_at AS received_at,
    TRUE AS is_received_assumed
FROM said
WHERE captured_at < $until
ORDER BY customer_id, captured_at
