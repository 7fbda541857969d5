-- One row for each figure of the window that is a share or a rate: how many of how many.
-- columns: figure VARCHAR, numerator BIGINT, denominator BIGINT
-- key: figure
WITH recent AS (
    SELECT
        order_id,
        shipped_at,
        delivered_at,
        product_type,
        floor(epoch(placed_at)) AS placed_epoch,
        floor(epoch(shipped_at)) AS shipped_epoch
    FROM order_facts
    WHERE NOT is_cancelled
        AND placed_at < $cutoff
        AND floor(epoch(placed_at)) >= $cutoff_epoch - $window_days * 86400
),
tracked AS (
    SELECT order_id, min(sent_at) AS sent_at
    FROM messages
    WHERE source = 'tracking' AND sent_at < $cutoff AND order_id IS NOT NULL AND status NOT IN ('bounced', 'failed')
    GROUP BY order_id
),
asked AS (
    SELECT
        returns.return_id,
        returns.requested_at,
        returns.outcome,
        coalesce(order_facts.last_parcel_at, order_facts.delivered_at) AS delivered_at,
        coalesce(told.is_told, 0) AS is_told
    FROM returns
    LEFT JOIN order_facts ON order_facts.order_id = returns.order_id
    LEFT JOIN (
        SELECT returned.return_id, 1 AS is_told
        FROM returns AS returned
        INNER JOIN messages
            ON messages.order_id = returned.order_id
            AND messages.source = 'returns'
            AND messages.sent_at >= returned.requested_at
            AND messages.sent_at < $cutoff
        GROUP BY returned.return_id
    ) AS told ON told.return_id = returns.return_id
    WHERE returns.requested_at < $cutoff
        AND floor(epoch(returns.requested_at)) >= $cutoff_epoch - $window_days * 86400
        AND returns.state NOT IN ('cancelled', 'expired')
),
people AS (
    SELECT who, count(*) AS tickets
    FROM ticket_facts
    WHERE is_in_window
    GROUP BY who
)
SELECT
    'shipped_in_2_days' AS figure,
    count(*) FILTER (WHERE shipped_epoch < placed_epoch + 2 * 86400) AS numerator,
    count(*) AS denominator
FROM recent
WHERE placed_epoch < $cutoff_epoch - 2 * 86400 AND product_type NOT IN ('digital', 'gift_card', 'service')
UNION ALL
SELECT
    'on_time' AS figure,
    count(*) FILTER (
        WHERE date_diff('day', parcel_state.promised_by_on, CAST(parcel_state.delivered_at AS DATE)) <= 1
    ) AS numerator,
    count(*) AS denominator
FROM parcel_state
WHERE parcel_state.status <> 'cancelled'
    AND date_diff('day', parcel_state.promised_by_on, CAST($cutoff AS DATE)) >= 2
    AND date_diff('day', parcel_state.promised_by_on, CAST($cutoff AS DATE)) <= $window_days
UNION ALL
SELECT
    'promise_known' AS figure,
    count(*) FILTER (WHERE promised_by_on IS NOT NULL) AS numerator,
    count(*) AS denominator
FROM parcel_state
WHERE status <> 'cancelled' AND floor(epoch(shipped_at)) >= $cutoff_epoch - $window_days * 86400
UNION ALL
SELECT
    'wismo_of_orders' AS figure,
    (SELECT count(*) FROM ticket_facts WHERE is_in_window AND reason = 'wismo') AS numerator,
    count(*) AS denominator
FROM recent
UNION ALL
SELECT
    'wismo_of_tickets' AS figure,
    count(*) FILTER (WHERE reason = 'wismo') AS numerator,
    count(*) AS denominator
FROM ticket_facts
WHERE is_in_window
UNION ALL
SELECT
    'wismo_after_arrival' AS figure,
    (SELECT count(*) FROM ticket_facts WHERE is_in_window AND reason = 'wismo' AND is_arrived) AS numerator,
    count(*) FILTER (WHERE delivered_at IS NOT NULL) AS denominator
FROM recent
UNION ALL
SELECT
    'wismo_after_mail' AS figure,
    count(*) FILTER (WHERE tracked.sent_at < ticket_facts.created_at) AS numerator,
    count(*) AS denominator
FROM ticket_facts
LEFT JOIN tracked ON tracked.order_id = ticket_facts.order_id
WHERE ticket_facts.is_in_window AND ticket_facts.reason = 'wismo' AND ticket_facts.is_known_order
UNION ALL
SELECT
    'changes' AS figure,
    (SELECT count(*) FROM ticket_facts WHERE is_in_window AND reason IN ('cancel', 'address')) AS numerator,
    count(*) AS denominator
FROM recent
UNION ALL
SELECT
    'product_questions' AS figure,
    (
        SELECT count(*) FROM ticket_facts WHERE is_in_window AND reason = 'product_question' AND is_arrived
    ) AS numerator,
    count(*) FILTER (WHERE delivered_at IS NOT NULL) AS denominator
FROM recent
UNION ALL
SELECT
    'answered_in_24_hours' AS figure,
    count(*) FILTER (WHERE reply_hours <= 24) AS numerator,
    count(*) AS denominator
FROM ticket_facts
WHERE is_in_window AND floor(epoch(created_at)) < $cutoff_epoch - 86400
UNION ALL
SELECT 'repeat_customers' AS figure, count(*) FILTER (WHERE tickets > 1) AS numerator, count(*) AS denominator
FROM people
UNION ALL
SELECT 'returned' AS figure, (SELECT count(*) FROM asked) AS numerator, count(*) AS denominator
FROM recent
UNION ALL
SELECT 'return_told' AS figure, coalesce(sum(is_told), 0) AS numerator, count(*) AS denominator
FROM asked
UNION ALL
SELECT
    'refunded_too_late' AS figure,
    count(*) FILTER (
        WHERE date_diff('day', CAST(delivered_at AS DATE), CAST(requested_at AS DATE)) > $return_window_days
    ) AS numerator,
    count(*) AS denominator
FROM asked
WHERE outcome = 'refund'
UNION ALL
SELECT
    'kept_by_exchange' AS figure,
    count(*) FILTER (WHERE outcome IN ('exchange', 'store_credit', 'gift_card')) AS numerator,
    count(*) AS denominator
FROM asked
WHERE outcome IS NOT NULL
UNION ALL
SELECT
    'return_reasons' AS figure,
    count(*) FILTER (WHERE return_lines.reason NOT IN ('unknown', 'other')) AS numerator,
    count(*) AS denominator
FROM return_lines
INNER JOIN asked ON asked.return_id = return_lines.return_id
