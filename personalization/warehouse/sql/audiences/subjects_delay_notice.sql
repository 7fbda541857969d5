-- An order that somebody waits for longer than they were told: on its way and late, stuck, or not even shipped. One notice for each of the three.
-- columns: customer_id VARCHAR, subject VARCHAR, order_id VARCHAR, sku VARCHAR, since_on DATE, delivered_on DATE, score DOUBLE, worth_cents DOUBLE, delay VARCHAR, days_late BIGINT, days_without_news BIGINT, order_age_days BIGINT, promised_on DATE, last_news_on DATE
-- key: subject
WITH on_the_way AS (
    SELECT
        p.order_id,
        min(coalesce(p.promised_by_on, o.promised_by_on)) AS promised_on,
        min(CAST(coalesce(p.last_event_at, p.shipped_at) AS DATE)) AS last_news_on
    FROM parcel_state AS p
    LEFT JOIN orders AS o ON o.order_id = p.order_id
    WHERE p.is_open
    GROUP BY p.order_id
),

stuck AS (
    SELECT order_id, min(CAST(since_at AS DATE)) AS since_on
    FROM open_exceptions
    WHERE exception IN ('parcel_in_trouble', 'parcel_stalled')
    GROUP BY order_id
),

delayed AS (
    SELECT
        w.order_id,
        CASE WHEN s.order_id IS NOT NULL THEN 'stuck' ELSE 'late' END AS delay,
        w.promised_on,
        w.last_news_on,
        coalesce(s.since_on, w.promised_on) AS since_on
    FROM on_the_way AS w
    LEFT JOIN stuck AS s ON s.order_id = w.order_id
    WHERE s.order_id IS NOT NULL OR w.promised_on <= CAST($run_date AS DATE)
    UNION ALL
    SELECT
        e.order_id,
        e.exception AS delay,
        o.promised_by_on AS promised_on,
        CAST(NULL AS DATE) AS last_news_on,
        CAST(e.since_at AS DATE) AS since_on
    FROM open_exceptions AS e
    INNER JOIN orders AS o ON o.order_id = e.order_id
    WHERE e.exception = 'not_shipped'
)

SELECT
    o.customer_id,
    d.order_id || '@' || d.delay AS subject,
    d.order_id,
    CAST(NULL AS VARCHAR) AS sku,
    d.since_on,
    CAST(NULL AS DATE) AS delivered_on,
    0 AS score,
    0 AS worth_cents,
    d.delay,
    date_diff('day', d.promised_on, CAST($run_date AS DATE)) AS days_late,
    date_diff('day', d.last_news_on, CAST($run_date AS DATE)) AS days_without_news,
    date_diff('day', o.placed_on, CAST($run_date AS DATE)) AS order_age_days,
    d.promised_on,
    d.last_news_on
FROM delayed AS d
INNER JOIN order_state AS o ON o.order_id = d.order_id
WHERE o.placed_on >= CAST($run_date AS DATE) - CAST($settled_days AS INTEGER)
