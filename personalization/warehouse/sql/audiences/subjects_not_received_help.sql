-- An open claim that a parcel was lost or never came, though the carrier may say that it did.
-- columns: customer_id VARCHAR, subject VARCHAR, order_id VARCHAR, sku VARCHAR, since_on DATE, delivered_on DATE, score DOUBLE, worth_cents DOUBLE, days_since_claim BIGINT, is_marked_delivered BOOLEAN, order_age_days BIGINT
-- key: subject
WITH marked AS (
    SELECT order_id, max(CAST(delivered_at AS DATE)) AS delivered_on
    FROM parcel_state
    WHERE delivered_at IS NOT NULL
    GROUP BY order_id
)

SELECT
    o.customer_id,
    e.subject_id AS subject,
    e.order_id,
    CAST(NULL AS VARCHAR) AS sku,
    CAST(e.since_at AS DATE) AS since_on,
    m.delivered_on,
    0 AS score,
    0 AS worth_cents,
    date_diff('day', CAST(e.since_at AS DATE), CAST($run_date AS DATE)) AS days_since_claim,
    m.delivered_on IS NOT NULL AS is_marked_delivered,
    date_diff('day', o.placed_on, CAST($run_date AS DATE)) AS order_age_days
FROM open_exceptions AS e
INNER JOIN order_state AS o ON o.order_id = e.order_id
LEFT JOIN marked AS m ON m.order_id = e.order_id
WHERE e.exception = 'not_received'
