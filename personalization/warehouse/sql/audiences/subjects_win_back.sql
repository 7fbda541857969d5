-- A customer whose newest order arrived long ago for their own rhythm, or for the shop's where theirs is not known (T9: two gaps). score is the chance that they order within 14 days, worth the margin of what they order on average.
-- columns: customer_id VARCHAR, subject VARCHAR, order_id VARCHAR, sku VARCHAR, since_on DATE, delivered_on DATE, score DOUBLE, worth_cents DOUBLE, days_since_delivery BIGINT, usual_gap_days BIGINT, gap_basis VARCHAR, times_usual_gap DOUBLE, favourite_count BIGINT
-- key: customer_id
WITH days AS (
    SELECT DISTINCT customer_id, placed_on
    FROM order_state
    WHERE customer_id IS NOT NULL AND NOT is_cancelled AND NOT is_test
),

spans AS (
    SELECT
        customer_id,
        date_diff('day', placed_on, lead(placed_on) OVER (PARTITION BY customer_id ORDER BY placed_on)) AS gap
    FROM days
),

placed AS (
    SELECT
        customer_id,
        gap,
        row_number() OVER (PARTITION BY customer_id ORDER BY gap) AS own_place,
        count(*) OVER (PARTITION BY customer_id) AS own_gaps,
        row_number() OVER (ORDER BY gap) AS place,
        count(*) OVER () AS gaps
    FROM spans
    WHERE gap IS NOT NULL
),

own AS (
    SELECT
        customer_id,
        own_gaps AS gaps,
        floor(avg(CASE WHEN 2 * own_place IN (own_gaps, own_gaps + 1, own_gaps + 2) THEN CAST(gap AS DOUBLE) END) + 0.5) AS gap
    FROM placed
    GROUP BY customer_id, own_gaps
),

of_shop AS (
    SELECT floor(avg(CASE WHEN 2 * place IN (gaps, gaps + 1, gaps + 2) THEN CAST(gap AS DOUBLE) END) + 0.5) AS gap
    FROM placed
),

newest AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY customer_id ORDER BY placed_at DESC, order_id DESC) AS place
    FROM order_state
    WHERE customer_id IS NOT NULL AND NOT is_cancelled AND NOT is_test
),

silent AS (
    SELECT
        n.customer_id,
        n.order_id,
        n.placed_on,
        n.delivered_on,
        date_diff('day', n.delivered_on, CAST($run_date AS DATE)) AS silence,
        CASE WHEN o.gaps >= 2 THEN 'personal' ELSE 'shop' END AS gap_basis,
        CASE WHEN o.gaps >= 2 THEN o.gap ELSE s.gap END AS usual
    FROM newest AS n
    CROSS JOIN of_shop AS s
    LEFT JOIN own AS o ON o.customer_id = n.customer_id
    WHERE
        n.place = 1
        AND n.delivered_on BETWEEN CAST($run_date AS DATE) - 540 AND CAST($run_date AS DATE) - 45
),

lapsed AS (
    SELECT *
    FROM silent
    WHERE usual > 0 AND silence BETWEEN 1.5 * usual AND 4 * usual
),

favourites AS (
    SELECT customer_id, count(*) AS favourite_count
    FROM win_back_items
    GROUP BY customer_id
)

SELECT
    p.customer_id,
    p.order_id AS subject,
    p.order_id,
    CAST(NULL AS VARCHAR) AS sku,
    p.placed_on AS since_on,
    p.delivered_on,
    coalesce(v.score, 0) AS score,
    coalesce(v.order_cents, 0) * $margin_share AS worth_cents,
    p.silence AS days_since_delivery,
    p.usual AS usual_gap_days,
    p.gap_basis,
    floor(p.silence / CAST(p.usual AS DOUBLE) * 100 + 0.5) / 100 AS times_usual_gap,
    coalesce(f.favourite_count, 0) AS favourite_count
FROM lapsed AS p
LEFT JOIN order_values AS v ON v.customer_id = p.customer_id
LEFT JOIN favourites AS f ON f.customer_id = p.customer_id
