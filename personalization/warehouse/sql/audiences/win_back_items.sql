-- What a customer who bought nothing in 45 days came back for before: bought on two days or more, or once where it is used up; kept, still on sale and in stock, of no category that readiness holds. position is the order of the scores.
-- columns: customer_id VARCHAR, sku VARCHAR, position BIGINT, title VARCHAR, purchases BIGINT, last_bought_on DATE
-- key: customer_id, sku
WITH silent AS (
    SELECT customer_id
    FROM order_state
    WHERE customer_id IS NOT NULL AND NOT is_cancelled AND NOT is_test
    GROUP BY customer_id
    HAVING max(placed_on) <= CAST($run_date AS DATE) - 45
),

bought AS (
    SELECT
        l.customer_id,
        l.sku,
        count(DISTINCT l.placed_on) AS purchases,
        max(l.placed_on) AS last_bought_on
    FROM line_state AS l
    INNER JOIN silent AS s ON s.customer_id = l.customer_id
    WHERE l.is_delivered AND NOT l.is_returned
    GROUP BY l.customer_id, l.sku
)

SELECT
    b.customer_id,
    b.sku,
    row_number() OVER (PARTITION BY b.customer_id ORDER BY c.rank, b.sku) AS position,
    p.title,
    b.purchases,
    b.last_bought_on
FROM bought AS b
INNER JOIN candidates AS c ON c.customer_id = b.customer_id AND c.sku = b.sku AND c.is_repeat
INNER JOIN products AS p ON p.sku = b.sku
WHERE
    (b.purchases >= 2 OR p.product_type = 'consumable')
    AND p.status = 'active'
    AND coalesce(p.is_in_stock, TRUE)
    AND NOT EXISTS (SELECT 1 FROM sent_back AS k WHERE k.customer_id = b.customer_id AND k.sku = b.sku)
    AND NOT EXISTS (
        SELECT 1
        FROM held_checks AS h
        WHERE h.program = 'win_back' AND h.scope = 'category:' || replace(p.category, ',', '-')
    )
