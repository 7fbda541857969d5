-- A customer and an item expected to run out near the night; the cycle in the subject is the count of purchases so far, so the next purchase makes a new one.
-- columns: customer_id VARCHAR, subject VARCHAR, order_id VARCHAR, sku VARCHAR, since_on DATE, delivered_on DATE, score DOUBLE, worth_cents DOUBLE, days_until_due BIGINT, product_type VARCHAR, category VARCHAR, price_cents BIGINT, buy_probability DOUBLE, basis VARCHAR, purchases BIGINT, interval_days DOUBLE, is_in_stock BOOLEAN, product_status VARCHAR
-- key: customer_id, subject
WITH due AS (
    SELECT *
    FROM replenishment
    WHERE due_on BETWEEN CAST($run_date AS DATE) - 30 AND CAST($run_date AS DATE) + 30
),

bought AS (
    SELECT
        l.customer_id,
        l.sku,
        l.order_id,
        l.delivered_on,
        row_number() OVER (
            PARTITION BY l.customer_id, l.sku ORDER BY l.placed_at DESC, l.order_id DESC, l.order_line_id DESC
        ) AS newest
    FROM line_state AS l
    -- a day of grace, for the date of the last purchase may have been read on another clock
    INNER JOIN due AS d
        ON d.customer_id = l.customer_id AND d.sku = l.sku AND l.placed_on >= d.last_bought_on - 1
)

SELECT
    d.customer_id,
    d.sku || '@' || CAST(d.purchases AS VARCHAR) AS subject,
    b.order_id,
    d.sku,
    d.last_bought_on AS since_on,
    b.delivered_on,
    d.buy_probability AS score,
    p.price_cents
    * coalesce(p.margin_share, CAST(p.price_cents - p.cost_cents AS DOUBLE) / nullif(p.price_cents, 0), $margin_share) AS worth_cents,
    date_diff('day', CAST($run_date AS DATE), d.due_on) AS days_until_due,
    coalesce(p.product_type, 'unknown') AS product_type,
    p.category,
    p.price_cents,
    d.buy_probability,
    d.basis,
    d.purchases,
    d.interval_days,
    p.is_in_stock,
    p.status AS product_status
FROM due AS d
LEFT JOIN bought AS b ON b.customer_id = d.customer_id AND b.sku = d.sku AND b.newest = 1
LEFT JOIN products AS p ON p.sku = d.sku
