-- Every mention with its customer and the rule that found it; customer_id is null where it leads to nobody.
WITH others AS (SELECT * FROM mentions WHERE kind <> 'order'),
guests_by_phone AS (
    SELECT phone, min(customer_id) AS customer_id, min(name) AS name
    FROM guests
    WHERE phone IS NOT NULL
    GROUP BY phone
    HAVING count(DISTINCT customer_id) = 1
),
guest_of AS (
    SELECT DISTINCT m.mention, g.customer_id, 'email' AS reason, 1 AS rule
    FROM others AS m
    INNER JOIN guests AS g ON g.email = m.email
    UNION ALL
    SELECT m.mention, g.customer_id, 'phone' AS reason, 2 AS rule
    FROM others AS m
    INNER JOIN guests_by_phone AS g ON g.phone = m.phone
    WHERE m.name IS NULL OR g.name IS NULL OR m.name = g.name
),
led AS (
    SELECT mention, customer_id, reason, 0 AS rule FROM candidates
    UNION ALL
    SELECT mention, customer_id, 'guest' AS reason, 0 AS rule FROM guests
    UNION ALL
    SELECT mention, customer_id, reason, rule FROM guest_of
)
SELECT
    m.mention,
    m.kind,
    m.system,
    m.own_id,
    coalesce(l.customer_id, CASE WHEN m.kind = 'profile' THEN m.system || '-' || m.own_id END) AS customer_id,
    coalesce(l.reason, CASE WHEN m.kind = 'profile' THEN 'own' ELSE 'nobody' END) AS reason
FROM mentions AS m
LEFT JOIN led AS l ON l.mention = m.mention
QUALIFY row_number() OVER (PARTITION BY m.mention ORDER BY l.rule, l.customer_id) = 1
