-- An occasion of a customer's loyalty: points that expire within 60 days, or a round number of orders reached with one that arrived in the last 60 days. score is the chance that the customer orders within 14 days, worth the margin of what they order on average.
-- columns: customer_id VARCHAR, subject VARCHAR, order_id VARCHAR, sku VARCHAR, since_on DATE, delivered_on DATE, score DOUBLE, worth_cents DOUBLE, occasion VARCHAR, points BIGINT, points_expire_on DATE, days_until_expiry BIGINT, tier VARCHAR, orders_reached BIGINT, days_since_delivery BIGINT
-- key: customer_id, subject
WITH counted AS (
    SELECT
        customer_id,
        order_id,
        placed_on,
        delivered_on,
        row_number() OVER (PARTITION BY customer_id ORDER BY placed_at, order_id) AS number,
        row_number() OVER (PARTITION BY customer_id ORDER BY placed_at DESC, order_id DESC) AS newest
    FROM order_state
    WHERE customer_id IS NOT NULL AND NOT is_cancelled AND NOT is_test AND lines > 0
),

-- of several accounts of one person the points that expire first
memberships AS (
    SELECT
        coalesce(m.root_id, y.customer_id) AS customer_id,
        y.tier,
        y.points,
        y.points_expire_on AS expire_on,
        row_number() OVER (
            PARTITION BY coalesce(m.root_id, y.customer_id) ORDER BY y.points_expire_on, y.customer_id
        ) AS place
    FROM loyalty AS y
    LEFT JOIN merged_customers AS m ON m.customer_id = y.customer_id
    WHERE y.points > 0 AND y.points_expire_on > CAST($run_date AS DATE)
),

schemes AS (
    SELECT customer_id, tier, points, expire_on FROM memberships WHERE place = 1
),

occasions AS (
    SELECT
        s.customer_id,
        'points@' || CAST(s.expire_on AS VARCHAR) AS subject,
        c.order_id,
        c.placed_on,
        c.delivered_on,
        'points_expire' AS occasion,
        s.expire_on,
        CAST(NULL AS BIGINT) AS orders_reached
    FROM schemes AS s
    INNER JOIN counted AS c ON c.customer_id = s.customer_id AND c.newest = 1
    WHERE s.expire_on <= CAST($run_date AS DATE) + 60
    UNION ALL
    SELECT
        customer_id,
        'orders@' || CAST(number AS VARCHAR) AS subject,
        order_id,
        placed_on,
        delivered_on,
        'milestone' AS occasion,
        CAST(NULL AS DATE) AS expire_on,
        number AS orders_reached
    FROM counted
    WHERE
        newest = 1
        AND number IN (5, 10, 25, 50, 100)
        AND delivered_on BETWEEN CAST($run_date AS DATE) - 60 AND CAST($run_date AS DATE)
)

SELECT
    o.customer_id,
    o.subject,
    o.order_id,
    CAST(NULL AS VARCHAR) AS sku,
    o.placed_on AS since_on,
    o.delivered_on,
    coalesce(v.score, 0) AS score,
    coalesce(v.order_cents, 0) * $margin_share AS worth_cents,
    o.occasion,
    s.points,
    o.expire_on AS points_expire_on,
    date_diff('day', CAST($run_date AS DATE), o.expire_on) AS days_until_expiry,
    s.tier,
    o.orders_reached,
    date_diff('day', o.delivered_on, CAST($run_date AS DATE)) AS days_since_delivery
FROM occasions AS o
LEFT JOIN schemes AS s ON s.customer_id = o.customer_id
LEFT JOIN order_values AS v ON v.customer_id = o.customer_id
