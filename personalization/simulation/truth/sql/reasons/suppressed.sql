-- An address on the suppression list gets nothing, ever again (R57); only its hash is known.
SELECT
    people.customer_id,
    suppressions.suppressed_at AS from_at,
    coalesce(suppressions.received_at, suppressions.suppressed_at) AS known_from_at
FROM suppressions
JOIN people ON sha256(people.address) = suppressions.address_hash
WHERE suppressions.channel = 'email'
