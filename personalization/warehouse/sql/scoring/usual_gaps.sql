-- What was really observed between two purchases: the median and the quarters of the whole days from one purchase to the
-- next, for each customer and product (personal), each product and each category over all customers. The gaps are those of
-- pair_history, but from order to order and as they were: nothing shrunk, nothing scaled by units, so that they may be told.
-- The quarters are gaps that occurred, counted from both ends alike: at least half of all gaps lie from low to high. Gaps of
-- equal length are the same to a median, so their order among themselves does not matter.
-- columns: basis VARCHAR, customer_id VARCHAR, subject VARCHAR, gaps BIGINT, usual_gap_days BIGINT, gap_low_days BIGINT, gap_high_days BIGINT
-- key: basis, customer_id, subject
WITH known AS (
    SELECT
        customer_id,
        sku,
        bought_day,
        is_subscription,
        lead(bought_day) OVER (PARTITION BY customer_id, sku ORDER BY bought_day) AS next_day,
        lead(is_subscription) OVER (PARTITION BY customer_id, sku ORDER BY bought_day) AS is_next_subscription,
        max(bought_day) OVER (PARTITION BY customer_id, sku) AS last_day
    FROM purchase_days
    WHERE bought_day <= $day
),
spans AS (
    SELECT known.customer_id, known.sku, products.category, known.next_day - known.bought_day AS gap_days
    FROM known
    LEFT JOIN products ON products.sku = known.sku
    WHERE known.next_day IS NOT NULL
        AND NOT known.is_subscription
        AND NOT known.is_next_subscription
        AND known.last_day > $day - 365
),
told AS (
    SELECT 'personal' AS basis, customer_id, sku AS subject, gap_days FROM spans
    UNION ALL
    SELECT 'product' AS basis, '' AS customer_id, sku AS subject, gap_days FROM spans
    UNION ALL
    SELECT 'category' AS basis, '' AS customer_id, category AS subject, gap_days FROM spans WHERE category IS NOT NULL
),
placed AS (
    SELECT
        basis,
        customer_id,
        subject,
        gap_days,
        row_number() OVER (PARTITION BY basis, customer_id, subject ORDER BY gap_days) AS place,
        count(*) OVER (PARTITION BY basis, customer_id, subject) AS gaps
    FROM told
)
SELECT
    basis,
    customer_id,
    subject,
    gaps,
    floor(avg(CASE WHEN 2 * place IN (gaps, gaps + 1, gaps + 2) THEN CAST(gap_days AS DOUBLE) END) + 0.5) AS usual_gap_days,
    max(CASE WHEN 4 * place < gaps + 4 THEN gap_days END) AS gap_low_days,
    min(CASE WHEN 4 * (gaps + 1 - place) < gaps + 4 THEN gap_days END) AS gap_high_days
FROM placed
GROUP BY basis, customer_id, subject, gaps
