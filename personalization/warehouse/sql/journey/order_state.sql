-- One row for each order known at the cutoff, with the one stage of the journey that it is in (R1).
-- What is wrong comes first: an open ticket, claim or lost parcel, then an open return, then how far the parcels are.
-- placed_on and delivered_on are days on the shop's own clock, summer time included.
-- columns: order_id VARCHAR, customer_id VARCHAR, placed_at TIMESTAMP, is_cancelled BOOLEAN, is_test BOOLEAN, lines BIGINT, delivered_lines BIGINT, delivered_at TIMESTAMP, stage VARCHAR, placed_on DATE, delivered_on DATE
-- key: order_id
WITH known AS (
    SELECT
        orders.order_id,
        coalesce(merged_customers.root_id, orders.customer_id) AS customer_id,
        orders.placed_at,
        coalesce(orders.cancelled_at < $cutoff, FALSE)
            OR orders.financial_status IN ('voided', 'expired') AS is_cancelled,
        coalesce(orders.is_test, FALSE) AS is_test,
        floor(($cutoff_epoch - floor(epoch(orders.placed_at))) / 86400) AS age_days
    FROM orders
    LEFT JOIN merged_customers ON merged_customers.customer_id = orders.customer_id
    WHERE coalesce(orders.received_at, orders.placed_at) < $cutoff
),
contents AS (
    SELECT
        order_id,
        count(*) AS lines,
        count(*) FILTER (WHERE is_delivered) AS delivered_lines,
        max(delivered_at) AS delivered_at
    FROM line_state
    GROUP BY order_id
),
parcels AS (
    SELECT
        order_id,
        count(*) FILTER (WHERE shipped_at IS NOT NULL) AS shipped,
        count(*) FILTER (WHERE is_open) AS open,
        count(*) FILTER (
            WHERE delivered_at IS NULL
                AND (
                    status IN ('exception', 'return_to_sender', 'expired')
                    OR (is_open AND $cutoff_epoch - floor(epoch(coalesce(last_event_at, shipped_at))) >= $lost_days * 86400)
                )
        ) AS troubled
    FROM parcel_state
    WHERE status <> 'cancelled'
    GROUP BY order_id
),
issues AS (
    SELECT order_id
    FROM tickets
    WHERE order_id IS NOT NULL
        AND created_at < $cutoff
        AND coalesce(received_at, created_at) < $cutoff
        AND (resolved_at >= $cutoff OR (resolved_at IS NULL AND status NOT IN ('solved', 'closed')))
        AND NOT coalesce(is_spam, FALSE)
    UNION
    SELECT order_id
    FROM claims
    WHERE opened_at < $cutoff AND (resolved_at IS NULL OR resolved_at >= $cutoff)
),
open_returns AS (
    SELECT DISTINCT order_id
    FROM returns
    WHERE requested_at < $cutoff
        AND (closed_at >= $cutoff OR (closed_at IS NULL AND state <> 'closed'))
        AND state NOT IN ('cancelled', 'expired')
        AND coalesce(outcome, 'none') <> 'rejected'
),
joined AS (
    SELECT
        known.order_id,
        known.customer_id,
        known.placed_at,
        known.is_cancelled,
        known.is_test,
        known.age_days,
        coalesce(contents.lines, 0) AS lines,
        coalesce(contents.delivered_lines, 0) AS delivered_lines,
        CASE WHEN contents.lines = contents.delivered_lines THEN contents.delivered_at END AS delivered_at,
        coalesce(parcels.shipped, 0) AS shipped,
        coalesce(parcels.open, 0) AS open,
        coalesce(parcels.troubled, 0) AS troubled,
        parcels.order_id IS NOT NULL AS has_parcel,
        issues.order_id IS NOT NULL AS has_issue,
        open_returns.order_id IS NOT NULL AS has_open_return
    FROM known
    LEFT JOIN contents ON contents.order_id = known.order_id
    LEFT JOIN parcels ON parcels.order_id = known.order_id
    LEFT JOIN issues ON issues.order_id = known.order_id
    LEFT JOIN open_returns ON open_returns.order_id = known.order_id
)
SELECT
    order_id,
    customer_id,
    placed_at,
    is_cancelled,
    is_test,
    lines,
    delivered_lines,
    delivered_at,
    CASE
        WHEN has_issue THEN 'issue_resolution'
        WHEN has_open_return THEN 'return_exchange'
        WHEN is_cancelled AND open > 0 AND age_days < $settled_days THEN 'issue_resolution'
        WHEN is_cancelled OR lines = 0 THEN 'reorder_reactivation'
        WHEN lines = delivered_lines THEN
            CASE
                WHEN $cutoff_epoch - floor(epoch(delivered_at)) < $onboarding_from_days * 86400 THEN 'delivered'
                WHEN $cutoff_epoch - floor(epoch(delivered_at)) < $reorder_from_days * 86400 THEN 'onboarding'
                ELSE 'reorder_reactivation'
            END
        WHEN age_days >= $settled_days THEN 'reorder_reactivation'
        WHEN troubled > 0 THEN 'issue_resolution'
        WHEN shipped > 0 THEN 'in_transit'
        WHEN has_parcel OR age_days >= 1 THEN 'fulfilment'
        ELSE 'confirmation'
    END AS stage,
    DATE '1970-01-01' + CAST(floor((floor(epoch(placed_at)) + ordering.offset_seconds) / 86400) AS INTEGER) AS placed_on,
    DATE '1970-01-01' + CAST(floor((floor(epoch(delivered_at)) + arrival.offset_seconds) / 86400) AS INTEGER)
        AS delivered_on
FROM joined
LEFT JOIN clock_offsets AS ordering ON joined.placed_at >= ordering.utc_from AND joined.placed_at < ordering.utc_to
LEFT JOIN clock_offsets AS arrival ON joined.delivered_at >= arrival.utc_from AND joined.delivered_at < arrival.utc_to
