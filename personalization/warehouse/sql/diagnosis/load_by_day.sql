-- One row for each day of the year and a bit before the cutoff: orders placed, tickets that customers wrote, and returns
-- asked for. Days are UTC days, and the day on which the cutoff lies counts where it has ended.
-- columns: day DATE, orders BIGINT, tickets BIGINT, returns BIGINT
-- key: day
WITH happened AS (
    SELECT CAST(placed_at AS DATE) AS day, 1 AS is_order, 0 AS is_ticket, 0 AS is_return
    FROM orders
    WHERE placed_at < $cutoff
        AND floor(epoch(placed_at)) >= $cutoff_epoch - 460 * 86400
        AND coalesce(received_at, placed_at) < $cutoff
        AND NOT coalesce(is_test, FALSE)
    UNION ALL
    SELECT CAST(created_at AS DATE) AS day, 0 AS is_order, 1 AS is_ticket, 0 AS is_return
    FROM tickets
    WHERE created_at < $cutoff
        AND floor(epoch(created_at)) >= $cutoff_epoch - 460 * 86400
        AND coalesce(received_at, created_at) < $cutoff
        AND NOT coalesce(is_spam, FALSE)
        AND NOT coalesce(is_from_agent, FALSE)
    UNION ALL
    SELECT CAST(requested_at AS DATE) AS day, 0 AS is_order, 0 AS is_ticket, 1 AS is_return
    FROM returns
    WHERE requested_at < $cutoff
        AND floor(epoch(requested_at)) >= $cutoff_epoch - 460 * 86400
        AND state <> 'cancelled'
)
SELECT day, sum(is_order) AS orders, sum(is_ticket) AS tickets, sum(is_return) AS returns
FROM happened
GROUP BY day
