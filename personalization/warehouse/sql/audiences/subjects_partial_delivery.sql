-- An order of which lines have arrived and others have not; rest says whether a parcel with them is on its way. None where that parcel is stuck, which the delay notice tells, nor where the rest was not to come yet.
-- columns: customer_id VARCHAR, subject VARCHAR, order_id VARCHAR, sku VARCHAR, since_on DATE, delivered_on DATE, score DOUBLE, worth_cents DOUBLE, rest VARCHAR, days_since_part BIGINT, arrived_lines BIGINT, missing_lines BIGINT, order_age_days BIGINT
-- key: subject
WITH missing AS (
    SELECT m.order_id, count(*) AS missing_lines
    FROM missing_lines AS m
    INNER JOIN open_exceptions AS e ON e.order_id = m.order_id AND e.exception = 'partial_delivery'
    GROUP BY m.order_id
),

arrived AS (
    SELECT l.order_id, max(l.delivered_on) AS delivered_on, count(*) AS arrived_lines
    FROM line_state AS l
    INNER JOIN missing AS m ON m.order_id = l.order_id
    WHERE l.is_delivered AND l.parcels > 0
    GROUP BY l.order_id
),

waiting AS (
    SELECT order_id, max(CASE WHEN is_stuck THEN 1 ELSE 0 END) AS stuck
    FROM waited_for
    GROUP BY order_id
)

SELECT
    o.customer_id,
    a.order_id AS subject,
    a.order_id,
    CAST(NULL AS VARCHAR) AS sku,
    a.delivered_on + 1 AS since_on,
    a.delivered_on,
    0 AS score,
    0 AS worth_cents,
    CASE WHEN w.order_id IS NOT NULL THEN 'on_its_way' ELSE 'not_shipped' END AS rest,
    date_diff('day', a.delivered_on, CAST($run_date AS DATE)) AS days_since_part,
    a.arrived_lines,
    m.missing_lines,
    date_diff('day', o.placed_on, CAST($run_date AS DATE)) AS order_age_days
FROM arrived AS a
INNER JOIN missing AS m ON m.order_id = a.order_id
INNER JOIN order_state AS o ON o.order_id = a.order_id
INNER JOIN orders AS s ON s.order_id = a.order_id
LEFT JOIN waiting AS w ON w.order_id = a.order_id
WHERE
    coalesce(w.stuck, 0) = 0
    AND (
        w.order_id IS NOT NULL
        OR (
            NOT coalesce(s.is_preorder, FALSE)
            AND coalesce(s.promised_by_on < CAST($run_date AS DATE), TRUE)
            AND NOT EXISTS (SELECT 1 FROM parcel_state AS p WHERE p.order_id = a.order_id AND p.is_open)
        )
    )
