-- Cross-sell after a considered purchase whose buyer was not yet helped to settle in with a considered line of that very order (R18), nor withheld from that help to measure it. Another tool's message names no line; its order must do.
-- columns: program VARCHAR, customer_id VARCHAR, subject VARCHAR
-- key: program, customer_id, subject
WITH considered_lines AS (
    SELECT l.order_id, l.order_line_id
    FROM line_state AS l
    INNER JOIN products AS p ON p.sku = l.sku
    WHERE p.product_type = 'considered'
),

helped AS (
    SELECT l.order_id
    FROM considered_lines AS l
    INNER JOIN sent_earlier AS s ON s.decision_subject = l.order_line_id
    WHERE s.program = 'onboarding'
    UNION
    SELECT m.order_id
    FROM messages AS m
    WHERE
        -- of our own messages the ledger knows the line
        NOT EXISTS (SELECT 1 FROM sent_earlier AS s WHERE s.message_id = m.message_id)
        AND m.program = 'onboarding'
        AND m.order_id IS NOT NULL
        AND m.status NOT IN ('failed', 'rejected', 'cancelled', 'draft')
)

SELECT c.program, c.customer_id, c.subject
FROM considered AS c
WHERE
    c.program = 'cross_sell'
    AND EXISTS (SELECT 1 FROM considered_lines AS l WHERE l.order_id = c.order_id)
    AND NOT EXISTS (SELECT 1 FROM helped AS d WHERE d.order_id = c.order_id)
    AND NOT EXISTS (
        SELECT 1
        FROM holdouts_before AS h
        WHERE h.customer_id = c.customer_id AND h.program IN ('onboarding', $everyone) AND h.is_withheld
    )
