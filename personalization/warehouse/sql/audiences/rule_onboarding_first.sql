-- Cross-sell after a considered purchase whose buyer was not yet helped to settle in (R18), nor withheld from that help to measure it.
-- columns: program VARCHAR, customer_id VARCHAR, subject VARCHAR
-- key: program, customer_id, subject
SELECT c.program, c.customer_id, c.subject
FROM considered AS c
WHERE
    c.program = 'cross_sell'
    AND EXISTS (
        SELECT 1
        FROM line_state AS l
        INNER JOIN products AS p ON p.sku = l.sku
        WHERE l.order_id = c.order_id AND p.product_type = 'considered'
    )
    AND NOT EXISTS (
        SELECT 1
        FROM audience_messages AS m
        WHERE m.customer_id = c.customer_id AND m.program = 'onboarding' AND CAST(m.sent_at AS DATE) >= c.delivered_on
    )
    AND NOT EXISTS (
        SELECT 1
        FROM holdouts_before AS h
        WHERE h.customer_id = c.customer_id AND h.program IN ('onboarding', $everyone) AND h.is_withheld
    )
