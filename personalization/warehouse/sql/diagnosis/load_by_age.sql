-- One row for each kind of work and number of days: tickets or returns of the twelve weeks before the cutoff that came so
-- many days after their order was placed.
-- columns: kind VARCHAR, age_days BIGINT, events BIGINT
-- key: kind, age_days
WITH happened AS (
    SELECT 'tickets' AS kind, order_id, created_at AS happened_at
    FROM tickets
    WHERE created_at < $cutoff
        AND floor(epoch(created_at)) >= $cutoff_epoch - 84 * 86400
        AND coalesce(received_at, created_at) < $cutoff
        AND NOT coalesce(is_spam, FALSE)
        AND NOT coalesce(is_from_agent, FALSE)
    UNION ALL
    SELECT 'returns' AS kind, order_id, requested_at AS happened_at
    FROM returns
    WHERE requested_at < $cutoff
        AND floor(epoch(requested_at)) >= $cutoff_epoch - 84 * 86400
        AND state <> 'cancelled'
)
SELECT
    happened.kind,
    date_diff('day', CAST(orders.placed_at AS DATE), CAST(happened.happened_at AS DATE)) AS age_days,
    count(*) AS events
FROM happened
INNER JOIN orders ON orders.order_id = happened.order_id
WHERE CAST(happened.happened_at AS DATE) >= CAST(orders.placed_at AS DATE)
GROUP BY happened.kind, date_diff('day', CAST(orders.placed_at AS DATE), CAST(happened.happened_at AS DATE))
