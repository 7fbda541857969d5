-- One row for each figure of the window that is a time: how often it was seen, its median and its 90th percentile.
-- mail/* are the hours from a parcel's leaving until the first message of that service program by that channel.
-- columns: figure VARCHAR, observed BIGINT, median DOUBLE, p90 DOUBLE
-- key: figure
WITH mailed AS (
    SELECT
        messages.order_id,
        coalesce(messages.program, 'unnamed') AS program,
        messages.channel,
        min(messages.sent_at) AS sent_at
    FROM messages
    INNER JOIN order_facts ON order_facts.order_id = messages.order_id
    WHERE messages.class = 'service'
        AND messages.sent_at < $cutoff
        AND messages.sent_at >= order_facts.shipped_at
        AND floor(epoch(messages.sent_at)) >= $cutoff_epoch - $window_days * 86400
    GROUP BY messages.order_id, coalesce(messages.program, 'unnamed'), messages.channel
),
confirmed AS (
    SELECT order_id, min(sent_at) AS sent_at
    FROM messages
    WHERE class = 'service' AND source IN ('shop', 'esp') AND sent_at < $cutoff AND order_id IS NOT NULL
    GROUP BY order_id
),
money_back AS (
    SELECT returns.return_id, returns.approved_at, min(refunds.refunded_at) AS refunded_at
    FROM returns
    INNER JOIN refunds ON refunds.order_id = returns.order_id AND refunds.refunded_at >= returns.approved_at
    WHERE refunds.refunded_at < $cutoff
    GROUP BY returns.return_id, returns.approved_at
),
ordered AS (
    SELECT customer_id, placed_at, row_number() OVER (PARTITION BY customer_id ORDER BY placed_at, order_id) AS place
    FROM order_facts
    WHERE customer_id IS NOT NULL AND NOT is_cancelled AND placed_at < $cutoff
),
spans AS (
    SELECT
        'confirmation_hours' AS figure,
        (floor(epoch(confirmed.sent_at)) - floor(epoch(order_facts.placed_at))) / 3600 AS span
    FROM order_facts
    INNER JOIN confirmed ON confirmed.order_id = order_facts.order_id AND confirmed.sent_at >= order_facts.placed_at
    WHERE floor(epoch(order_facts.placed_at)) >= $cutoff_epoch - $window_days * 86400
    UNION ALL
    SELECT 'packing_hours' AS figure, (floor(epoch(shipped_at)) - floor(epoch(placed_at))) / 3600 AS span
    FROM order_facts
    WHERE shipped_at >= placed_at AND floor(epoch(shipped_at)) >= $cutoff_epoch - $window_days * 86400
    UNION ALL
    SELECT 'transit_days' AS figure, (floor(epoch(delivered_at)) - floor(epoch(shipped_at))) / 86400 AS span
    FROM parcel_state
    WHERE delivered_at >= shipped_at AND floor(epoch(delivered_at)) >= $cutoff_epoch - $window_days * 86400
    UNION ALL
    SELECT
        'promise_error_days' AS figure,
        CAST(abs(date_diff('day', promised_by_on, CAST(delivered_at AS DATE))) AS DOUBLE) AS span
    FROM parcel_state
    WHERE promised_by_on IS NOT NULL
        AND floor(epoch(delivered_at)) >= $cutoff_epoch - $window_days * 86400
    UNION ALL
    SELECT 'reply_hours' AS figure, reply_hours AS span
    FROM ticket_facts
    WHERE is_in_window AND reply_hours >= 0
    UNION ALL
    SELECT 'case_minutes' AS figure, handle_minutes AS span
    FROM ticket_facts
    WHERE is_in_window AND reason IN ('exchange', 'claim', 'damaged') AND handle_minutes IS NOT NULL
    UNION ALL
    SELECT
        'refund_days' AS figure,
        (floor(epoch(refunded_at)) - floor(epoch(approved_at))) / 86400 AS span
    FROM money_back
    WHERE floor(epoch(refunded_at)) >= $cutoff_epoch - $window_days * 86400
    UNION ALL
    SELECT
        'second_order_days' AS figure,
        (floor(epoch(later.placed_at)) - floor(epoch(ordered.placed_at))) / 86400 AS span
    FROM ordered
    INNER JOIN ordered AS later ON later.customer_id = ordered.customer_id AND later.place = 2
    WHERE ordered.place = 1 AND floor(epoch(later.placed_at)) >= $cutoff_epoch - $window_days * 86400
    UNION ALL
    SELECT
        'mail/' || mailed.program || '/' || mailed.channel AS figure,
        (floor(epoch(mailed.sent_at)) - floor(epoch(order_facts.shipped_at))) / 3600 AS span
    FROM mailed
    INNER JOIN order_facts ON order_facts.order_id = mailed.order_id
),
ranked AS (
    SELECT
        figure,
        CAST(span AS DOUBLE) AS span,
        row_number() OVER (PARTITION BY figure ORDER BY span) AS place,
        count(*) OVER (PARTITION BY figure) AS observed
    FROM spans
)
SELECT
    figure,
    max(observed) AS observed,
    avg(CASE WHEN 2 * place IN (observed, observed + 1, observed + 2) THEN span END) AS median,
    max(CASE WHEN place = floor((9 * observed + 9) / 10) THEN span END) AS p90
FROM ranked
GROUP BY figure
