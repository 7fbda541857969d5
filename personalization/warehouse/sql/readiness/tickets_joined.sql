-- One row for each night: tickets of the window that customers wrote, and how many of them belong to an order or a
-- customer that is known. Spam and what agents opened is left out.
-- columns: night INTEGER, numerator BIGINT, denominator BIGINT, first_id VARCHAR, last_id VARCHAR
-- key: night
WITH counted AS (
    SELECT
        nights.night,
        tickets.ticket_id AS id,
        CASE WHEN orders.order_id IS NULL AND customers.customer_id IS NULL THEN 0 ELSE 1 END AS is_joined
    FROM tickets
    CROSS JOIN nights
    LEFT JOIN orders ON orders.order_id = tickets.order_id
    LEFT JOIN customers ON customers.customer_id = tickets.customer_id
    WHERE coalesce(tickets.received_at, tickets.created_at) < nights.cutoff
        AND floor(epoch(tickets.created_at)) >= nights.cutoff_epoch - $window_days * 86400
        AND tickets.created_at < nights.cutoff
        AND NOT coalesce(tickets.is_spam, FALSE)
        AND NOT coalesce(tickets.is_from_agent, FALSE)
)
SELECT
    night,
    sum(is_joined) AS numerator,
    count(*) AS denominator,
    min(id) FILTER (WHERE is_joined = 0) AS first_id,
    max(id) FILTER (WHERE is_joined = 0) AS last_id
FROM counted
GROUP BY night
