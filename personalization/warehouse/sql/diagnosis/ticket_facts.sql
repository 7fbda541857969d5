-- One row for each ticket that a customer opened and that was known at the cutoff, beside its order. Spam and what an
-- agent opened are left out. earlier counts the tickets about the same order in the 14 days before it.
-- columns: ticket_id VARCHAR, who VARCHAR, order_id VARCHAR, reason VARCHAR, created_at TIMESTAMP, handle_minutes DOUBLE, reopens BIGINT, reply_hours DOUBLE, is_answered BOOLEAN, is_known_order BOOLEAN, is_shipped BOOLEAN, is_arrived BOOLEAN, is_in_window BOOLEAN, earlier BIGINT
-- key: ticket_id
WITH asked AS (
    SELECT
        tickets.ticket_id,
        coalesce(tickets.customer_id, tickets.order_id, tickets.ticket_id) AS who,
        tickets.order_id,
        tickets.reason,
        tickets.created_at,
        tickets.handle_minutes,
        coalesce(tickets.reopens, 0) AS reopens,
        CASE WHEN tickets.first_reply_at < $cutoff THEN tickets.first_reply_at END AS first_reply_at,
        floor(epoch(tickets.created_at)) AS created_epoch
    FROM tickets
    WHERE tickets.created_at < $cutoff
        AND coalesce(tickets.received_at, tickets.created_at) < $cutoff
        AND NOT coalesce(tickets.is_spam, FALSE)
        AND NOT coalesce(tickets.is_from_agent, FALSE)
),
repeated AS (
    SELECT later.ticket_id, count(*) AS earlier
    FROM asked AS later
    INNER JOIN asked AS before
        ON before.order_id = later.order_id
        AND before.ticket_id <> later.ticket_id
        AND (
            before.created_epoch < later.created_epoch
            OR (before.created_epoch = later.created_epoch AND before.ticket_id < later.ticket_id)
        )
        AND before.created_epoch >= later.created_epoch - 14 * 86400
    GROUP BY later.ticket_id
)
SELECT
    asked.ticket_id,
    asked.who,
    asked.order_id,
    asked.reason,
    asked.created_at,
    asked.handle_minutes,
    asked.reopens,
    (floor(epoch(asked.first_reply_at)) - asked.created_epoch) / 3600 AS reply_hours,
    asked.first_reply_at IS NOT NULL AS is_answered,
    order_facts.order_id IS NOT NULL AS is_known_order,
    coalesce(order_facts.shipped_at <= asked.created_at, FALSE) AS is_shipped,
    coalesce(order_facts.delivered_at <= asked.created_at, FALSE) AS is_arrived,
    asked.created_epoch >= $cutoff_epoch - $window_days * 86400 AS is_in_window,
    coalesce(repeated.earlier, 0) AS earlier
FROM asked
LEFT JOIN order_facts ON order_facts.order_id = asked.order_id
LEFT JOIN repeated ON repeated.ticket_id = asked.ticket_id
