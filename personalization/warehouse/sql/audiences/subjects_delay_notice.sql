-- An order that somebody waits for longer than they were told: on its way and late, stuck, or not even shipped. One notice for each of the three, about the parcel that is worst.
-- columns: customer_id VARCHAR, subject VARCHAR, order_id VARCHAR, sku VARCHAR, since_on DATE, delivered_on DATE, score DOUBLE, worth_cents DOUBLE, delay VARCHAR, days_late BIGINT, days_without_news BIGINT, order_age_days BIGINT, promised_on DATE, last_news_on DATE
-- key: subject
WITH worst AS (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY order_id
            ORDER BY CASE WHEN is_stuck THEN 0 ELSE 1 END, coalesce(stuck_since_on, promised_on), shipment_id
        ) AS place
    FROM waited_for
    WHERE is_stuck OR promised_on <= CAST($run_date AS DATE)
),

delayed AS (
    SELECT
        order_id,
        CASE WHEN is_stuck THEN 'stuck' ELSE 'late' END AS delay,
        promised_on,
        last_news_on,
        CASE WHEN is_stuck THEN stuck_since_on ELSE promised_on + 1 END AS since_on
    FROM worst
    WHERE place = 1
    UNION ALL
    SELECT
        e.order_id,
        e.exception AS delay,
        o.promised_by_on AS promised_on,
        CAST(NULL AS DATE) AS last_news_on,
        CAST(e.since_at AS DATE) + 1 AS since_on
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
WHERE
    o.placed_on >= CAST($run_date AS DATE) - CAST($settled_days AS INTEGER)
    -- an order that was cancelled under way has no lines left
    AND (o.is_cancelled OR EXISTS (SELECT 1 FROM missing_lines AS m WHERE m.order_id = d.order_id))
