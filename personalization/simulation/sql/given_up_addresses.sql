-- The mailing tool's list: addresses that failed or complained, and one reader a day who never bought.
WITH listed AS (
    SELECT sha256(lower(trim(email))) AS address_hash, reason, suppressed_at FROM given_up WHERE email IS NOT NULL
    UNION ALL
    SELECT
        sha256('reader-' || strftime(day, '%Y%m%d') || '@mailbox.example'), 'hard_bounce', day + INTERVAL 20 HOUR
    FROM (SELECT unnest(generate_series(TIMESTAMP '2024-01-01', $until, INTERVAL 1 DAY)) AS day)
)
SELECT
    address_hash,
    'email' AS channel,
    arg_min(reason, suppressed_at) AS reason,
    'esp' AS source,
    min(suppressed_at) AS suppressed_at,
    min(suppressed_at) AS received_at,
    FALSE AS is_received_assumed
FROM listed
WHERE suppressed_at < $until
GROUP BY address_hash
ORDER BY address_hash
