-- Cross-sell to people who gave their address in a sale and said no more, where no item is of a category they bought (T10: own similar products only).
-- columns: program VARCHAR, customer_id VARCHAR, subject VARCHAR
-- key: program, customer_id, subject
SELECT c.program, c.customer_id, c.subject
FROM considered AS c
INNER JOIN audience_consent AS w ON w.customer_id = c.customer_id
WHERE
    c.program = 'cross_sell'
    AND w.status = 'soft_opt_in'
    AND NOT EXISTS (SELECT 1 FROM cross_sell_items AS i WHERE i.customer_id = c.customer_id AND i.is_similar)
