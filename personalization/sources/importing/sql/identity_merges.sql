-- Accounts that are one person: the same address, and names that do not contradict. The oldest account stands.
WITH known AS (
    SELECT
        customer_id,
        email,
        name,
        created_at,
        -- An address with two names belongs to two people; an account without a name is then anybody's, so nobody's.
        count(DISTINCT name) OVER (PARTITION BY email) AS names
    FROM accounts
    WHERE email IS NOT NULL
),
placed AS (
    SELECT
        *,
        first_value(customer_id) OVER (
            PARTITION BY email, CASE WHEN names > 1 THEN coalesce(name, customer_id) END
            ORDER BY created_at NULLS LAST, length(customer_id), customer_id
        ) AS root,
        row_number() OVER (
            PARTITION BY email, CASE WHEN names > 1 THEN coalesce(name, customer_id) END
            ORDER BY created_at NULLS LAST, length(customer_id), customer_id
        ) AS place
    FROM known
)
SELECT customer_id, root AS merged_into, 'same_email_and_name' AS reason
FROM placed AS p
WHERE
    customer_id <> root
    -- Of two that must be kept apart the younger is merged into nobody.
    AND NOT EXISTS (
        SELECT 1
        FROM apart AS a
        INNER JOIN placed AS o ON o.root = p.root AND o.place < p.place
        WHERE (a.one = p.customer_id AND a.other = o.customer_id) OR (a.other = p.customer_id AND a.one = o.customer_id)
    )
