-- For each mention the account it leads to, by the first rule that finds one.
WITH by_id AS (
    SELECT m.mention, a.customer_id, 1 AS rule, 'source_id' AS reason, 1 AS place
    FROM mentions AS m
    INNER JOIN accounts AS a ON a.customer_id = m.person_id
),
-- A merged account's mail is its root's.
mailboxes AS (
    SELECT a.email, a.name, a.created_at, coalesce(g.merged_into, a.customer_id) AS customer_id
    FROM accounts AS a
    LEFT JOIN merges AS g ON g.customer_id = a.customer_id
    WHERE a.email IS NOT NULL
),
people_of AS (SELECT email, count(DISTINCT customer_id) AS people FROM mailboxes GROUP BY email),
by_email AS (
    SELECT
        m.mention,
        b.customer_id,
        2 AS rule,
        CASE WHEN p.people = 1 THEN 'email' WHEN b.name = m.name THEN 'email_and_name' ELSE 'shared_mailbox' END AS reason,
        row_number() OVER (
            PARTITION BY m.mention
            ORDER BY
                CASE WHEN b.name = m.name THEN 0 ELSE 1 END,
                b.created_at DESC NULLS LAST,
                length(b.customer_id) DESC,
                b.customer_id DESC
        ) AS place
    FROM mentions AS m
    INNER JOIN mailboxes AS b ON b.email = m.email
    INNER JOIN people_of AS p ON p.email = m.email
),
numbers AS (
    SELECT
        a.phone,
        min(coalesce(g.merged_into, a.customer_id)) AS customer_id,
        min(a.name) AS name,
        count(DISTINCT coalesce(g.merged_into, a.customer_id)) AS people
    FROM accounts AS a
    LEFT JOIN merges AS g ON g.customer_id = a.customer_id
    WHERE a.phone IS NOT NULL
    GROUP BY a.phone
),
by_phone AS (
    SELECT m.mention, n.customer_id, 3 AS rule, 'phone' AS reason, 1 AS place
    FROM mentions AS m
    INNER JOIN numbers AS n ON n.phone = m.phone AND n.people = 1
    WHERE m.name IS NULL OR n.name IS NULL OR m.name = n.name
),
found AS (
    SELECT * FROM by_id
    UNION ALL BY NAME
    SELECT * FROM by_email WHERE place = 1
    UNION ALL BY NAME
    SELECT * FROM by_phone
)
SELECT f.mention, f.customer_id, f.reason
FROM found AS f
INNER JOIN mentions AS m ON m.mention = f.mention
WHERE NOT EXISTS (
    SELECT 1 FROM apart AS a WHERE (a.one = m.own_id AND a.other = f.customer_id) OR (a.other = m.own_id AND a.one = f.customer_id)
)
QUALIFY row_number() OVER (PARTITION BY f.mention ORDER BY f.rule) = 1
