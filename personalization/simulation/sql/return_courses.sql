-- Known is the credit note; when the return was asked for, approved and received is simulated between order and credit.
-- A credit within days of the order was none by parcel and keeps its one moment; so does a return that is still open.
WITH timed AS (
    SELECT
        returns.return_id,
        orders.placed_at,
        CASE
            WHEN returns.closed_at >= orders.placed_at + to_seconds($soonest_seconds + 86400)
                THEN greatest(returns.closed_at - to_seconds(return_leads.lead_seconds), orders.placed_at + to_seconds($soonest_seconds))
        END AS requested_at
    FROM returns
    JOIN return_leads ON return_leads.return_id = returns.return_id
    LEFT JOIN orders ON orders.order_id = returns.order_id
)
SELECT
    returns.* REPLACE (
        coalesce(timed.requested_at, returns.requested_at) AS requested_at,
        CASE
            WHEN timed.requested_at IS NULL THEN returns.approved_at
            ELSE timed.requested_at + to_seconds(CAST(floor(epoch(returns.closed_at - timed.requested_at) * 0.1) AS BIGINT))
        END AS approved_at,
        CASE
            WHEN timed.requested_at IS NULL THEN returns.received_at
            ELSE timed.requested_at + to_seconds(CAST(floor(epoch(returns.closed_at - timed.requested_at) * 0.8) AS BIGINT))
        END AS received_at
    )
FROM returns
LEFT JOIN timed ON timed.return_id = returns.return_id
