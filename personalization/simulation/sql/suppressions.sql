-- The list of the mailing tool: customers whose address failed or who complained, and one reader of the newsletter a day
-- who never bought, so that the list is as new as its last night.
WITH listed AS (
    SELECT
        sha256(lower(trim(customers.email))) AS address_hash,
        people.suppression_reason AS reason,
        people.suppressed_at
    FROM people
    JOIN customers_out AS customers ON customers.customer_id = people.customer_id
    WHERE people.suppression_reason IS NOT NULL
    UNION ALL
    SELECT
        sha256('reader-' || strftime(days.day, '%Y%m%d') || '@mailbox.example'),
        'hard_bounce',
        days.day + INTERVAL 20 HOUR
    FROM (
        SELECT unnest(generate_series(CAST(min(placed_at) AS DATE)::TIMESTAMP, $until, INTERVAL 1 DAY)) AS day FROM orders
    ) AS days
)
SELECT
    address_hash,
    'email' AS channel,
    min(reason) AS reason,
    'simulation' AS source,
    min(suppressed_at) AS suppressed_at,
    min(suppressed_at) AS received_at,
    TRUE AS is_received_assumed
FROM listed
WHERE suppressed_at < $until
GROUP BY address_hash
ORDER BY address_hash
