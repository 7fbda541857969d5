-- People who ordered without an account: one for each address, else for each telephone number.
SELECT
    m.mention,
    'guest-' || substr(sha256(coalesce(m.email, m.phone)), 1, 16) AS customer_id,
    m.email,
    m.phone,
    m.name
FROM mentions AS m
WHERE
    m.kind = 'order'
    AND coalesce(m.email, m.phone) IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM candidates AS c WHERE c.mention = m.mention)
