-- Subjects whose goods were paid back, and those whose whole order was, whether the shop's data says so by refunds, by the order's state or by the units on its lines. Money paid back for goods that the customer keeps leaves them theirs. Where nothing tells for which goods it was, it may have been for any of them; a claim that was decided tells enough but for help with the very goods. To ask after a claim is right either way, and what is late stays late until it is paid back.
-- columns: program VARCHAR, customer_id VARCHAR, subject VARCHAR, code VARCHAR
-- key: program, customer_id, subject
WITH money AS (
    SELECT order_id, sum(amount_cents) AS cents
    FROM refunds
    WHERE order_id IS NOT NULL
    GROUP BY order_id
),

refunded_lines AS (
    SELECT
        l.order_id,
        l.order_line_id,
        l.sku,
        l.qty_refunded > 0 AND NOT coalesce(k.is_kept, FALSE) AS is_refunded,
        l.qty_refunded > 0 AND k.order_line_id IS NULL AS is_without_return,
        l.qty_refunded > 0 AND NOT coalesce(k.is_kept, FALSE) AND l.qty_refunded >= l.qty - coalesce(l.qty_cancelled, 0) AS is_whole
    FROM order_lines AS l
    LEFT JOIN (SELECT DISTINCT order_line_id, is_kept FROM sent_back) AS k ON k.order_line_id = l.order_line_id
),

goods AS (
    SELECT
        order_id,
        max(CASE WHEN is_refunded THEN 1 ELSE 0 END) AS some_line,
        max(CASE WHEN is_without_return THEN 1 ELSE 0 END) AS some_line_without_return,
        min(CASE WHEN is_whole THEN 1 ELSE 0 END) AS every_line
    FROM refunded_lines
    GROUP BY order_id
),

-- what returns explain: the value of what came back for money, as far as it is known, and the postage
explained AS (
    SELECT
        r.order_id,
        min(r.requested_at) AS requested_at,
        sum(b.value_cents) AS cents,
        min(CASE WHEN b.value_cents IS NULL THEN 0 ELSE 1 END) AS is_valued
    FROM returns AS r
    INNER JOIN return_lines AS b ON b.return_id = r.return_id
    WHERE coalesce(b.outcome, r.outcome, 'refund') NOT IN ('exchange', 'rejected', 'store_credit', 'gift_card')
    GROUP BY r.order_id
),

unexplained AS (
    SELECT m.order_id
    FROM refunds AS m
    INNER JOIN orders AS o ON o.order_id = m.order_id
    LEFT JOIN explained AS e ON e.order_id = m.order_id
    GROUP BY m.order_id, e.order_id, e.requested_at, e.cents, e.is_valued, o.shipping_cents
    HAVING
        e.order_id IS NULL
        OR min(m.refunded_at) < e.requested_at
        OR (e.is_valued = 1 AND sum(m.amount_cents) > e.cents + coalesce(o.shipping_cents, 0))
),

paid_back AS (
    SELECT
        o.order_id,
        o.financial_status = 'refunded'
        OR coalesce(m.cents > 0 AND m.cents >= o.total_cents, FALSE)
        OR coalesce(g.every_line = 1, FALSE) AS is_whole,
        coalesce(g.some_line_without_return = 0, TRUE)
        AND (
            u.order_id IS NOT NULL
            OR (m.order_id IS NULL AND e.order_id IS NULL AND o.financial_status = 'partially_refunded')
        ) AS is_for_anything,
        EXISTS (SELECT 1 FROM claims AS k WHERE k.order_id = o.order_id AND k.resolved_at IS NOT NULL) AS has_claim
    FROM orders AS o
    LEFT JOIN money AS m ON m.order_id = o.order_id
    LEFT JOIN goods AS g ON g.order_id = o.order_id
    LEFT JOIN explained AS e ON e.order_id = o.order_id
    LEFT JOIN unexplained AS u ON u.order_id = o.order_id
    WHERE m.order_id IS NOT NULL OR o.financial_status IN ('refunded', 'partially_refunded') OR g.some_line = 1
),

of_lines AS (
    SELECT DISTINCT c.program, c.customer_id, c.subject
    FROM considered AS c
    INNER JOIN refunded_lines AS l ON l.order_id = c.order_id
    WHERE
        l.is_refunded
        AND CASE c.program WHEN 'onboarding' THEN l.order_line_id = c.subject WHEN 'replenishment' THEN l.sku = c.sku ELSE FALSE END
)

SELECT
    c.program,
    c.customer_id,
    c.subject,
    CASE WHEN l.subject IS NOT NULL THEN 'line_refunded' ELSE 'order_refunded' END AS code
FROM considered AS c
INNER JOIN paid_back AS b ON b.order_id = c.order_id
LEFT JOIN of_lines AS l ON l.program = c.program AND l.customer_id = c.customer_id AND l.subject = c.subject
WHERE
    c.program <> 'claim_follow_up'
    AND (
        b.is_whole
        OR l.subject IS NOT NULL
        OR (b.is_for_anything AND NOT c.is_service AND (c.program = 'onboarding' OR NOT b.has_claim))
    )
