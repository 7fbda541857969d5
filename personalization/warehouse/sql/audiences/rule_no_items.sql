-- Cross-sell without a single item to suggest, and win-back without one that they came back for before.
-- columns: program VARCHAR, customer_id VARCHAR, subject VARCHAR
-- key: program, customer_id, subject
SELECT c.program, c.customer_id, c.subject
FROM considered AS c
WHERE
    (
        c.program = 'cross_sell'
        AND NOT EXISTS (SELECT 1 FROM cross_sell_items AS i WHERE i.customer_id = c.customer_id)
    )
    OR (
        c.program = 'win_back'
        AND NOT EXISTS (SELECT 1 FROM win_back_items AS i WHERE i.customer_id = c.customer_id)
    )
