-- What is left when nothing speaks against it, ranked for arbitration: place_in_program within the customer's program, by what each is expected to bring.
-- columns: program VARCHAR, customer_id VARCHAR, subject VARCHAR, order_id VARCHAR, sku VARCHAR, priority DOUBLE, weight BIGINT, place_in_program BIGINT
-- key: program, customer_id, subject
SELECT
    c.program,
    c.customer_id,
    c.subject,
    c.order_id,
    c.sku,
    c.priority,
    c.weight,
    row_number() OVER (PARTITION BY c.customer_id, c.program ORDER BY c.weight DESC, c.subject) AS place_in_program
FROM considered AS c
WHERE
    NOT EXISTS (
        SELECT 1
        FROM objections AS x
        WHERE x.program = c.program AND x.customer_id = c.customer_id AND x.subject = c.subject
    )
