-- One row for each of the last three periods of 30 days, the newest is 0: orders, and tickets about parcels and returns.
-- columns: period BIGINT, orders BIGINT, wismo BIGINT, return_tickets BIGINT
-- key: period
WITH counted AS (
    SELECT floor(($cutoff_epoch - floor(epoch(placed_at))) / 2592000) AS period, 1 AS orders, 0 AS wismo, 0 AS backs
    FROM order_facts
    WHERE NOT is_cancelled AND placed_at < $cutoff
    UNION ALL
    SELECT
        floor(($cutoff_epoch - floor(epoch(created_at))) / 2592000) AS period,
        0 AS orders,
        CASE WHEN reason = 'wismo' THEN 1 ELSE 0 END AS wismo,
        CASE WHEN reason IN ('return', 'exchange', 'refund') THEN 1 ELSE 0 END AS backs
    FROM ticket_facts
)
SELECT period, sum(orders) AS orders, sum(wismo) AS wismo, sum(backs) AS return_tickets
FROM counted
WHERE period < 3
GROUP BY period
