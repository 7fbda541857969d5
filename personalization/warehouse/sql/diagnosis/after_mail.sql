-- One row for each program other than service that wrote to buyers after delivery in the window: to how many people it
-- sent education, how many product types they had bought, and to how many people any program sent education.
-- columns: program VARCHAR, people BIGINT, product_types BIGINT, everyone BIGINT
-- key: program
WITH written AS (
    SELECT
        coalesce(messages.program, 'unnamed') AS program,
        CASE WHEN messages.class = 'education' THEN messages.customer_id END AS taught,
        CASE WHEN messages.class = 'education' THEN order_facts.product_type END AS product_type
    FROM messages
    INNER JOIN order_facts ON order_facts.customer_id = messages.customer_id
    WHERE messages.class IN ('education', 'marketing')
        AND messages.sent_at < $cutoff
        AND floor(epoch(messages.sent_at)) >= $cutoff_epoch - $window_days * 86400
        AND order_facts.delivered_at <= messages.sent_at
)
SELECT
    program,
    count(DISTINCT taught) AS people,
    count(DISTINCT product_type) AS product_types,
    (SELECT count(DISTINCT taught) FROM written) AS everyone
FROM written
GROUP BY program
