-- An order of which a parcel has arrived and something is still missing; rest says whether that is on its way.
-- columns: customer_id VARCHAR, subject VARCHAR, order_id VARCHAR, sku VARCHAR, since_on DATE, delivered_on DATE, score DOUBLE, worth_cents DOUBLE, rest VARCHAR, days_since_part BIGINT, arrived_lines BIGINT, missing_lines BIGINT, order_age_days BIGINT
-- key: subject
WITH goods AS (
    SELECT
        l.order_id,
        max(CASE WHEN l.is_delivered THEN l.delivered_on END) AS delivered_on,
        sum(CASE WHEN l.is_delivered THEN 1 ELSE 0 END) AS arrived_lines,
        sum(CASE WHEN l.is_delivered THEN 0 ELSE 1 END) AS missing_lines
    FROM line_state AS l
    INNER JOIN open_exceptions AS e ON e.order_id = l.order_id AND e.exception = 'partial_delivery'
    WHERE l.parcels > 0 OR NOT l.is_delivered
    GROUP BY l.order_id
)

SELECT
    o.customer_id,
    g.order_id AS subject,
    g.order_id,
    CAST(NULL AS VARCHAR) AS sku,
    g.delivered_on AS since_on,
    g.delivered_on,
    0 AS score,
    0 AS worth_cents,
    CASE
        WHEN EXISTS (SELECT 1 FROM parcel_state AS p WHERE p.order_id = g.order_id AND p.is_open) THEN 'on_its_way'
        ELSE 'not_shipped'
    END AS rest,
    date_diff('day', g.delivered_on, CAST($run_date AS DATE)) AS days_since_part,
    g.arrived_lines,
    g.missing_lines,
    date_diff('day', o.placed_on, CAST($run_date AS DATE)) AS order_age_days
FROM goods AS g
INNER JOIN order_state AS o ON o.order_id = g.order_id
WHERE g.arrived_lines > 0 AND g.missing_lines > 0
