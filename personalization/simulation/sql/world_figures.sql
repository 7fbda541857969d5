-- How the simulated shop does, one figure a row. On time is by a day after the promise, of parcels whose promise is older;
-- the repeat rate is of those who bought first more than a year before the end, and again within a year.
WITH buyers AS (
    SELECT customer_id, min(placed_at) AS first_at FROM orders WHERE customer_id IS NOT NULL GROUP BY customer_id
),
cohort AS (
    SELECT
        buyers.customer_id,
        bool_or(orders.placed_at > buyers.first_at AND orders.placed_at < buyers.first_at + INTERVAL 365 DAY) AS is_back
    FROM buyers
    JOIN orders ON orders.customer_id = buyers.customer_id
    WHERE buyers.first_at < $until - INTERVAL 365 DAY
    GROUP BY buyers.customer_id
),
carriers AS (
    SELECT
        carrier,
        100.0 * avg(CASE WHEN CAST(delivered_at AS DATE) <= promised_by_on + 1 THEN 1 ELSE 0 END) AS on_time
    FROM shipments
    WHERE promised_by_on + 1 < CAST($until AS DATE) AND status <> 'cancelled' AND carrier IS NOT NULL
    GROUP BY carrier
),
placed AS (
    SELECT count(*) AS orders, avg(total_cents) / 100.0 AS worth FROM orders
),
asked AS (
    SELECT
        count(*) AS tickets,
        count(*) FILTER (WHERE reason = 'wismo' AND NOT coalesce(is_spam OR is_from_agent, FALSE)) AS wismo
    FROM tickets
),
figures AS (
    SELECT 1 AS place, 'an order is worth, on average' AS figure, worth AS amount FROM placed
    UNION ALL
    SELECT 2, 'bought again within a year, per cent', (SELECT 100.0 * avg(CASE WHEN is_back THEN 1 ELSE 0 END) FROM cohort)
    UNION ALL
    SELECT 3, 'on time, per cent: ' || carrier, on_time FROM carriers
    UNION ALL
    SELECT 4, 'WISMO tickets per 100 orders', 100.0 * asked.wismo / nullif(placed.orders, 0) FROM asked, placed
    UNION ALL
    SELECT 5, 'tickets per 100 orders', 100.0 * asked.tickets / nullif(placed.orders, 0) FROM asked, placed
    UNION ALL
    SELECT 6, 'returns per 100 orders', 100.0 * (SELECT count(*) FROM returns) / nullif(orders, 0) FROM placed
)
SELECT figure, amount FROM figures ORDER BY place, figure
