-- One row for each night: returns asked for in the window and accepted, whose order had arrived and fell under a policy on
-- returns, and how many of them were asked for after the days that the policy gives.
-- columns: night INTEGER, numerator BIGINT, denominator BIGINT, first_id VARCHAR, last_id VARCHAR
-- key: night
WITH arrived AS (
    SELECT nights.night, shipments.order_id, max(shipments.delivered_at) AS delivered_at
    FROM shipments
    CROSS JOIN nights
    WHERE shipments.delivered_at < nights.cutoff
        AND coalesce(shipments.received_at, shipments.delivered_at) < nights.cutoff
    GROUP BY nights.night, shipments.order_id
),
accepted AS (
    SELECT
        nights.night,
        nights.cutoff,
        returns.return_id,
        returns.requested_at,
        arrived.delivered_at,
        CAST(orders.placed_at AS DATE) AS placed_on
    FROM returns
    INNER JOIN orders ON orders.order_id = returns.order_id
    CROSS JOIN nights
    INNER JOIN arrived ON arrived.order_id = returns.order_id AND arrived.night = nights.night
    WHERE returns.requested_at < nights.cutoff
        AND floor(epoch(returns.requested_at)) >= nights.cutoff_epoch - $window_days * 86400
        AND returns.state NOT IN ('cancelled', 'expired', 'needs_review', 'open')
        AND coalesce(returns.outcome, 'none') <> 'rejected'
),
ruled AS (
    SELECT
        accepted.night,
        accepted.return_id,
        max(
            CASE
                WHEN floor(epoch(accepted.requested_at))
                    >= floor(epoch(accepted.delivered_at)) + (policies.window_days + 1) * 86400
                THEN 1
                ELSE 0
            END
        ) AS is_outside
    FROM accepted
    INNER JOIN policies
        ON policies.valid_from_on <= accepted.placed_on
        AND (policies.valid_to_on IS NULL OR policies.valid_to_on >= accepted.placed_on)
    WHERE policies.window_days IS NOT NULL
        AND policies.policy_id LIKE '%return%'
        AND (policies.received_at IS NULL OR policies.received_at < accepted.cutoff)
    GROUP BY accepted.night, accepted.return_id
)
SELECT
    night,
    sum(is_outside) AS numerator,
    count(*) AS denominator,
    min(return_id) FILTER (WHERE is_outside = 1) AS first_id,
    max(return_id) FILTER (WHERE is_outside = 1) AS last_id
FROM ruled
GROUP BY night
