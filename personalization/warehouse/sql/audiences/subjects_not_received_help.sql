-- An open claim that a parcel never came. The carrier says that it did where no parcel of the order is still to come. Days are those of the shop's own clock.
-- columns: customer_id VARCHAR, subject VARCHAR, order_id VARCHAR, sku VARCHAR, since_on DATE, delivered_on DATE, score DOUBLE, worth_cents DOUBLE, days_since_claim BIGINT, is_marked_delivered BOOLEAN, order_age_days BIGINT
-- key: subject
WITH claimed AS (
    SELECT
        e.subject_id,
        e.order_id,
        DATE '1970-01-01' + CAST(floor((floor(epoch(e.since_at)) + c.offset_seconds) / 86400) AS INTEGER) AS claimed_on
    FROM open_exceptions AS e
    INNER JOIN clock_offsets AS c ON e.since_at >= c.utc_from AND e.since_at < c.utc_to
    INNER JOIN claims AS k ON k.claim_id = e.subject_id
    WHERE e.exception = 'not_received' AND k.type = 'not_received'
),

arrivals_of_order AS (
    SELECT
        p.order_id,
        max(CASE WHEN p.delivered_at IS NULL AND p.status <> 'cancelled' THEN 1 ELSE 0 END) AS undelivered,
        max(
            DATE '1970-01-01' + CAST(floor((floor(epoch(p.delivered_at)) + c.offset_seconds) / 86400) AS INTEGER)
        ) AS delivered_on
    FROM parcel_state AS p
    LEFT JOIN clock_offsets AS c ON p.delivered_at >= c.utc_from AND p.delivered_at < c.utc_to
    GROUP BY p.order_id
)

SELECT
    o.customer_id,
    k.subject_id AS subject,
    k.order_id,
    CAST(NULL AS VARCHAR) AS sku,
    k.claimed_on AS since_on,
    CASE WHEN a.undelivered = 0 THEN a.delivered_on END AS delivered_on,
    0 AS score,
    0 AS worth_cents,
    date_diff('day', k.claimed_on, CAST($run_date AS DATE)) AS days_since_claim,
    coalesce(a.undelivered = 0 AND a.delivered_on IS NOT NULL, FALSE) AS is_marked_delivered,
    date_diff('day', o.placed_on, CAST($run_date AS DATE)) AS order_age_days
FROM claimed AS k
INNER JOIN order_state AS o ON o.order_id = k.order_id
LEFT JOIN arrivals_of_order AS a ON a.order_id = k.order_id
