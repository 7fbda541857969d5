-- One row for each night and number of days (begun tenths count): returns approved three to seven weeks before the night whose money was paid
-- back, or was to be, so many days after the approval. What is not paid back counts with its days so far.
-- columns: night INTEGER, amount DOUBLE, denominator BIGINT, first_id VARCHAR, last_id VARCHAR
-- key: night, amount
WITH approved AS (
    SELECT
        nights.night,
        nights.cutoff,
        nights.cutoff_epoch,
        returns.return_id,
        returns.order_id,
        returns.approved_at,
        CASE WHEN returns.closed_at < nights.cutoff THEN returns.closed_at END AS closed_at
    FROM returns
    CROSS JOIN nights
    WHERE returns.state NOT IN ('cancelled', 'expired')
        AND coalesce(returns.outcome, 'refund') = 'refund'
        AND floor(epoch(returns.approved_at)) < nights.cutoff_epoch - 21 * 86400
        AND floor(epoch(returns.approved_at)) >= nights.cutoff_epoch - (21 + $window_days) * 86400
),
paid AS (
    SELECT approved.night, approved.return_id, min(refunds.refunded_at) AS refunded_at
    FROM approved
    INNER JOIN refunds ON refunds.order_id = approved.order_id
    WHERE refunds.refunded_at >= approved.approved_at
        AND coalesce(refunds.received_at, refunds.refunded_at) < approved.cutoff
    GROUP BY approved.night, approved.return_id
),
timed AS (
    SELECT
        approved.night,
        approved.return_id,
        ceil(
            (
                coalesce(
                    floor(epoch(paid.refunded_at)),
                    floor(epoch(approved.closed_at)),
                    approved.cutoff_epoch
                ) - floor(epoch(approved.approved_at))
            ) / 8640
        ) / 10 AS days
    FROM approved
    LEFT JOIN paid ON paid.night = approved.night AND paid.return_id = approved.return_id
)
SELECT night, days AS amount, count(*) AS denominator, min(return_id) AS first_id, max(return_id) AS last_id
FROM timed
GROUP BY night, days
