-- One message per address and night, and beside it one service message: among the programs of all accounts with that address the one whose message is expected to bring most wins, and in it the best subject. Replenishment speaks of several items in one message, onboarding of one line for its whole order. code says the outcome's reason.
-- columns: program VARCHAR, customer_id VARCHAR, subject VARCHAR, outcome VARCHAR, code VARCHAR, rival VARCHAR, is_service BOOLEAN, place_in_program BIGINT
-- key: program, customer_id, subject
WITH offers AS (
    SELECT
        mailbox,
        customer_id,
        program,
        priority,
        is_service,
        CAST(sum(CASE WHEN program = 'replenishment' AND place_in_program <= $most_items OR place_in_program = 1 THEN weight ELSE 0 END) AS BIGINT) AS weight,
        max(CASE WHEN place_in_program = 1 THEN subject END) AS subject,
        max(CASE WHEN place_in_program = 1 THEN order_id END) AS order_id
    FROM eligible
    GROUP BY mailbox, customer_id, program, priority, is_service
),

ranked AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY mailbox, is_service ORDER BY weight DESC, priority DESC, program, customer_id) AS place
    FROM offers
),

settled AS (
    SELECT
        e.program,
        e.customer_id,
        e.subject,
        w.program || ':' || w.subject AS winner,
        CASE
            WHEN e.is_service AND (e.customer_id <> w.customer_id OR e.program <> w.program OR e.subject <> w.subject) THEN 'one_notice'
            WHEN e.customer_id <> w.customer_id THEN 'lost_to_same_address'
            WHEN e.program = w.program AND e.subject = w.subject THEN 'send'
            WHEN e.program = w.program AND e.program = 'replenishment' AND e.place_in_program <= $most_items THEN 'merged'
            WHEN e.program = w.program AND e.program = 'onboarding' AND e.order_id = w.order_id THEN 'merged_in_order'
            ELSE 'lost_arbitration'
        END AS code,
        e.is_service,
        e.place_in_program
    FROM eligible AS e
    INNER JOIN ranked AS w ON w.mailbox = e.mailbox AND w.is_service = e.is_service AND w.place = 1
)

SELECT
    program,
    customer_id,
    subject,
    CASE code WHEN 'merged_in_order' THEN 'merged' WHEN 'lost_to_same_address' THEN 'lost_arbitration' WHEN 'one_notice' THEN 'lost_arbitration' ELSE code END AS outcome,
    code,
    CASE WHEN code <> 'send' THEN winner END AS rival,
    is_service,
    place_in_program
FROM settled
