-- The items to suggest to each customer with a recent delivery: never bought nor sent back, in no other size either, on sale, in stock, of no category that readiness holds or of which something did not agree with them, bought together by enough customers. is_similar says that the customer has bought of the category before; position counts within the items that may be named to them.
-- columns: customer_id VARCHAR, sku VARCHAR, position BIGINT, is_similar BOOLEAN, is_allowed BOOLEAN, title VARCHAR, because_sku VARCHAR, because_title VARCHAR, support BIGINT, score DOUBLE, worth_cents DOUBLE
-- key: customer_id, sku
WITH recent AS (
    SELECT DISTINCT customer_id
    FROM order_state
    WHERE customer_id IS NOT NULL AND delivered_on BETWEEN CAST($run_date AS DATE) - 60 AND CAST($run_date AS DATE)
),

owned AS (
    SELECT DISTINCT l.customer_id, l.sku, p.category, p.variant_group
    FROM line_state AS l
    INNER JOIN recent AS r ON r.customer_id = l.customer_id
    LEFT JOIN products AS p ON p.sku = l.sku
),

new_items AS (
    SELECT
        c.customer_id,
        c.sku,
        c.rank,
        c.score,
        c.support,
        c.because_sku,
        p.title,
        p.price_cents
        * coalesce(p.margin_share, CAST(p.price_cents - p.cost_cents AS DOUBLE) / nullif(p.price_cents, 0), $margin_share) AS worth_cents,
        EXISTS (
            SELECT 1 FROM owned AS o WHERE o.customer_id = c.customer_id AND o.category = p.category
        ) AS is_similar
    FROM candidates AS c
    INNER JOIN recent AS r ON r.customer_id = c.customer_id
    INNER JOIN products AS p ON p.sku = c.sku
    WHERE
        NOT c.is_repeat
        AND c.support >= $minimum_support
        AND p.status = 'active'
        AND coalesce(p.is_in_stock, TRUE)
        AND NOT EXISTS (
            SELECT 1
            FROM owned AS o
            WHERE o.customer_id = c.customer_id AND (o.sku = c.sku OR o.variant_group = p.variant_group)
        )
        AND NOT EXISTS (
            SELECT 1
            FROM sent_back AS b
            LEFT JOIN products AS q ON q.sku = b.sku
            WHERE b.customer_id = c.customer_id AND (b.sku = c.sku OR (b.reason = 'allergy' AND q.category = p.category))
        )
        AND NOT EXISTS (
            SELECT 1
            FROM held_checks AS h
            WHERE h.program = 'cross_sell' AND h.scope = 'category:' || replace(p.category, ',', '-')
        )
),

judged AS (
    SELECT
        n.*,
        coalesce(w.status <> 'soft_opt_in', TRUE) OR n.is_similar AS is_allowed
    FROM new_items AS n
    LEFT JOIN audience_consent AS w ON w.customer_id = n.customer_id
)

SELECT
    j.customer_id,
    j.sku,
    row_number() OVER (
        PARTITION BY j.customer_id ORDER BY CASE WHEN j.is_allowed THEN 0 ELSE 1 END, j.rank, j.sku
    ) AS position,
    j.is_similar,
    j.is_allowed,
    j.title,
    j.because_sku,
    b.title AS because_title,
    j.support,
    j.score,
    j.worth_cents
FROM judged AS j
LEFT JOIN products AS b ON b.sku = j.because_sku
