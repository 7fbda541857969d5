-- One row for each night and set of carriers ('' where none is known): orders placed in the window, and tickets of the
-- window that ask where an order is. Spam and tickets that an agent opened are left out.
-- columns: night INTEGER, carriers VARCHAR, numerator BIGINT, denominator BIGINT, first_id VARCHAR, last_id VARCHAR
-- key: night, carriers
WITH placed AS (
    SELECT nights.night, orders.order_id, NULL AS ticket_id, 0 AS tickets, 1 AS orders
    FROM orders
    CROSS JOIN nights
    WHERE coalesce(orders.received_at, orders.placed_at) < nights.cutoff
        AND floor(epoch(orders.placed_at)) < nights.cutoff_epoch
        AND floor(epoch(orders.placed_at)) >= nights.cutoff_epoch - $window_days * 86400
        AND NOT coalesce(orders.is_test, FALSE)
        AND NOT coalesce(orders.cancelled_at < nights.cutoff, FALSE)
        AND orders.financial_status NOT IN ('voided', 'expired')
),
asked AS (
    SELECT nights.night, tickets.order_id, tickets.ticket_id, 1 AS tickets, 0 AS orders
    FROM tickets
    CROSS JOIN nights
    WHERE tickets.reason = 'wismo'
        AND coalesce(tickets.received_at, tickets.created_at) < nights.cutoff
        AND floor(epoch(tickets.created_at)) < nights.cutoff_epoch
        AND floor(epoch(tickets.created_at)) >= nights.cutoff_epoch - $window_days * 86400
        AND NOT coalesce(tickets.is_spam, FALSE)
        AND NOT coalesce(tickets.is_from_agent, FALSE)
),
counted AS (
    SELECT night, order_id, ticket_id, tickets, orders FROM placed
    UNION ALL
    SELECT night, order_id, ticket_id, tickets, orders FROM asked
)
SELECT
    counted.night,
    coalesce(order_scopes.carriers, '') AS carriers,
    sum(counted.tickets) AS numerator,
    sum(counted.orders) AS denominator,
    min(counted.ticket_id) AS first_id,
    max(counted.ticket_id) AS last_id
FROM counted
LEFT JOIN order_scopes ON order_scopes.night = counted.night AND order_scopes.order_id = counted.order_id
GROUP BY counted.night, coalesce(order_scopes.carriers, '')
