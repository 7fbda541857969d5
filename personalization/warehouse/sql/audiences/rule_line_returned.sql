-- Subjects whose goods came back: the line itself; the item, of whichever order, unless it was bought again since; for cross-sell and win-back every line of the order.
-- columns: program VARCHAR, customer_id VARCHAR, subject VARCHAR
-- key: program, customer_id, subject
SELECT c.program, c.customer_id, c.subject
FROM considered AS c
INNER JOIN line_state AS l ON l.order_line_id = c.subject
WHERE c.program = 'onboarding' AND l.is_returned
UNION
SELECT c.program, c.customer_id, c.subject
FROM considered AS c
INNER JOIN order_state AS o ON o.order_id = c.order_id
INNER JOIN sent_back AS b ON b.customer_id = c.customer_id AND b.sku = c.sku AND b.requested_at >= o.placed_at
WHERE c.program = 'replenishment' AND NOT b.is_kept
UNION
SELECT c.program, c.customer_id, c.subject
FROM considered AS c
WHERE
    c.program IN ('cross_sell', 'win_back')
    AND EXISTS (SELECT 1 FROM line_state AS l WHERE l.order_id = c.order_id AND l.is_returned)
    AND NOT EXISTS (SELECT 1 FROM line_state AS l WHERE l.order_id = c.order_id AND NOT l.is_returned)
