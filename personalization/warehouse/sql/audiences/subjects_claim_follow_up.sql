-- A claim that was resolved in the last 60 days and not opened again. score is the chance that the customer orders within 14 days, worth the margin of what they order on average.
-- columns: customer_id VARCHAR, subject VARCHAR, order_id VARCHAR, sku VARCHAR, since_on DATE, delivered_on DATE, score DOUBLE, worth_cents DOUBLE, claim_type VARCHAR, days_since_resolved BIGINT, days_to_resolve BIGINT
-- key: subject
SELECT
    o.customer_id,
    c.claim_id AS subject,
    c.order_id,
    CAST(NULL AS VARCHAR) AS sku,
    CAST(c.resolved_at AS DATE) AS since_on,
    o.delivered_on,
    coalesce(v.score, 0) AS score,
    coalesce(v.order_cents, 0) * $margin_share AS worth_cents,
    c.type AS claim_type,
    date_diff('day', CAST(c.resolved_at AS DATE), CAST($run_date AS DATE)) AS days_since_resolved,
    date_diff('day', CAST(c.opened_at AS DATE), CAST(c.resolved_at AS DATE)) AS days_to_resolve
FROM claims AS c
INNER JOIN order_state AS o ON o.order_id = c.order_id
LEFT JOIN order_values AS v ON v.customer_id = o.customer_id
WHERE
    CAST(c.resolved_at AS DATE) BETWEEN CAST($run_date AS DATE) - 60 AND CAST($run_date AS DATE)
    AND NOT coalesce(c.is_reopened, FALSE)
