-- Everyone who ever ordered under an id or has a score, with what a segment may ask about a person. A column is null where nothing is known.
-- columns: customer_id VARCHAR, mailbox VARCHAR, is_known BOOLEAN, is_merged_away BOOLEAN, is_b2b BOOLEAN, has_address BOOLEAN, do_not_contact_reason VARCHAR, country VARCHAR, locale VARCHAR, timezone VARCHAR, order_count BIGINT, days_since_order BIGINT, repeat_probability_90d DOUBLE, expected_orders_365d DOUBLE, expected_value_365d_cents BIGINT
-- key: customer_id
WITH buyers AS (
    SELECT customer_id FROM order_state WHERE customer_id IS NOT NULL
    UNION
    SELECT customer_id FROM replenishment WHERE customer_id IS NOT NULL
),

-- "do not contact" said under an older account, or another one with the same address, holds
silenced AS (
    SELECT v.mailbox, min(c.do_not_contact_reason) AS do_not_contact_reason
    FROM customers AS c
    INNER JOIN audience_voices AS v ON v.customer_id = c.customer_id
    WHERE c.do_not_contact_reason IS NOT NULL
    GROUP BY v.mailbox
)

SELECT
    b.customer_id,
    coalesce(a.mailbox, b.customer_id) AS mailbox,
    c.customer_id IS NOT NULL AS is_known,
    coalesce(a.person_id <> b.customer_id, FALSE) AS is_merged_away,
    coalesce(c.is_b2b, FALSE) AS is_b2b,
    coalesce(strpos(c.email, '@') > 1, FALSE) AS has_address,
    s.do_not_contact_reason,
    c.country,
    c.locale,
    c.timezone,
    r.order_count,
    r.days_since_order,
    r.repeat_probability_90d,
    r.expected_orders_365d,
    r.expected_value_365d_cents
FROM buyers AS b
LEFT JOIN customers AS c ON c.customer_id = b.customer_id
LEFT JOIN audience_alias AS a ON a.customer_id = b.customer_id
LEFT JOIN silenced AS s ON s.mailbox = coalesce(a.mailbox, b.customer_id)
LEFT JOIN customers_scores AS r ON r.customer_id = b.customer_id
