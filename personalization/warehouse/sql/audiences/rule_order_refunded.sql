-- Subjects whose goods were paid back in full, and those whose order was paid back in part or whole, whether the shop's data says so by a refund, by the order's state or by the units on a line.
-- columns: program VARCHAR, customer_id VARCHAR, subject VARCHAR, code VARCHAR
-- key: program, customer_id, subject
WITH paid_back AS (
    SELECT order_id FROM refunds WHERE order_id IS NOT NULL
    UNION
    SELECT order_id FROM orders WHERE financial_status IN ('refunded', 'partially_refunded')
    UNION
    SELECT order_id FROM order_lines WHERE qty_refunded > 0
)

SELECT
    c.program,
    c.customer_id,
    c.subject,
    CASE
        WHEN EXISTS (
            SELECT 1
            FROM order_lines AS l
            WHERE
                l.order_id = c.order_id
                AND l.qty_refunded >= l.qty - coalesce(l.qty_cancelled, 0)
                AND l.qty_refunded > 0
                AND CASE c.program WHEN 'onboarding' THEN l.order_line_id = c.subject WHEN 'replenishment' THEN l.sku = c.sku ELSE FALSE END
        ) THEN 'line_refunded'
        ELSE 'order_refunded'
    END AS code
FROM considered AS c
INNER JOIN paid_back AS b ON b.order_id = c.order_id
