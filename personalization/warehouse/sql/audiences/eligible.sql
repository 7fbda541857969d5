-- What is left when nothing speaks against it, ranked for arbitration: place_in_program within the customer's program, by what each is expected to bring. Of the lines of one order the considered ones come first, for they need the help (R18). Of service messages the one about what has lasted longest comes first.
-- columns: program VARCHAR, customer_id VARCHAR, subject VARCHAR, mailbox VARCHAR, order_id VARCHAR, sku VARCHAR, priority DOUBLE, is_service BOOLEAN, weight BIGINT, place_in_program BIGINT
-- key: program, customer_id, subject
WITH free AS (
    SELECT
        c.program,
        c.customer_id,
        c.subject,
        a.mailbox,
        c.order_id,
        c.sku,
        c.priority,
        c.is_service,
        c.weight,
        c.since_on,
        CASE WHEN c.program = 'onboarding' THEN c.order_id ELSE c.subject END AS occasion,
        CASE WHEN c.program = 'onboarding' AND p.product_type = 'considered' THEN 0 ELSE 1 END AS turn
    FROM considered AS c
    LEFT JOIN audience_people AS a ON a.customer_id = c.customer_id
    LEFT JOIN products AS p ON p.sku = c.sku
    WHERE
        NOT EXISTS (
            SELECT 1
            FROM objections AS x
            WHERE x.program = c.program AND x.customer_id = c.customer_id AND x.subject = c.subject
        )
),

weighed AS (
    SELECT *, max(weight) OVER (PARTITION BY customer_id, program, occasion) AS occasion_weight
    FROM free
)

SELECT
    program,
    customer_id,
    subject,
    coalesce(mailbox, customer_id) AS mailbox,
    order_id,
    sku,
    priority,
    is_service,
    weight,
    row_number() OVER (
        PARTITION BY customer_id, program ORDER BY occasion_weight DESC, CASE WHEN is_service THEN since_on END, occasion, turn, weight DESC, subject
    ) AS place_in_program
FROM weighed
