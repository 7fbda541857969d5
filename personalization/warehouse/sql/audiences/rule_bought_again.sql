-- Subjects overtaken by a purchase since: of the item or another size of it; for cross-sell and win-back, of anything.
-- columns: program VARCHAR, customer_id VARCHAR, subject VARCHAR
-- key: program, customer_id, subject
WITH wanted AS (
    SELECT c.program, c.customer_id, c.subject, c.order_id, c.sku, p.variant_group, o.placed_at
    FROM considered AS c
    INNER JOIN order_state AS o ON o.order_id = c.order_id
    LEFT JOIN products AS p ON p.sku = c.sku
)

SELECT w.program, w.customer_id, w.subject
FROM wanted AS w
WHERE
    (
        w.program IN ('onboarding', 'replenishment')
        AND EXISTS (
            SELECT 1
            FROM line_state AS l
            WHERE l.customer_id = w.customer_id AND l.sku = w.sku AND l.order_id <> w.order_id AND l.placed_at > w.placed_at
        )
    )
    OR (
        w.program = 'replenishment'
        AND w.variant_group IS NOT NULL
        AND EXISTS (
            SELECT 1
            FROM line_state AS l
            INNER JOIN products AS q ON q.sku = l.sku
            WHERE
                l.customer_id = w.customer_id
                AND q.variant_group = w.variant_group
                AND l.order_id <> w.order_id
                AND l.placed_at > w.placed_at
        )
    )
    OR (
        w.program IN ('cross_sell', 'win_back')
        AND EXISTS (
            SELECT 1
            FROM order_state AS n
            WHERE n.customer_id = w.customer_id AND n.placed_at > w.placed_at AND NOT n.is_cancelled AND NOT n.is_test
        )
    )
