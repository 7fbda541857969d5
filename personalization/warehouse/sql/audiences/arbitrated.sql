-- One message per customer: the program whose message is expected to bring most wins, and in it the best subject. Replenishment speaks of several items in one message, onboarding of one line for its whole order.
-- columns: program VARCHAR, customer_id VARCHAR, subject VARCHAR, outcome VARCHAR, rival VARCHAR, place_in_program BIGINT
-- key: program, customer_id, subject
WITH offers AS (
    SELECT
        customer_id,
        program,
        priority,
        CAST(sum(CASE WHEN program = 'replenishment' AND place_in_program <= $most_items OR place_in_program = 1 THEN weight ELSE 0 END) AS BIGINT) AS weight,
        max(CASE WHEN place_in_program = 1 THEN subject END) AS subject,
        max(CASE WHEN place_in_program = 1 THEN order_id END) AS order_id
    FROM eligible
    GROUP BY customer_id, program, priority
),

ranked AS (
    SELECT *, row_number() OVER (PARTITION BY customer_id ORDER BY weight DESC, priority DESC, program) AS place
    FROM offers
)

SELECT
    e.program,
    e.customer_id,
    e.subject,
    CASE
        WHEN e.program = w.program AND e.subject = w.subject THEN 'send'
        WHEN e.program = w.program AND e.program = 'replenishment' AND e.place_in_program <= $most_items THEN 'merged'
        WHEN e.program = w.program AND e.program = 'onboarding' AND e.order_id = w.order_id THEN 'merged'
        ELSE 'lost_arbitration'
    END AS outcome,
    CASE WHEN e.program = w.program AND e.subject = w.subject THEN NULL ELSE w.program || ':' || w.subject END AS rival,
    e.place_in_program
FROM eligible AS e
INNER JOIN ranked AS w ON w.customer_id = e.customer_id AND w.place = 1
