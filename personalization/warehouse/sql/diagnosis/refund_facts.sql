-- One row for each refund of the window, with what caused it: the delivery, a claim, a return, a cancelled order, or
-- nothing that is on record. Money that a lost parcel cost is the delivery's, whichever way it was paid.
-- columns: refund_id VARCHAR, order_id VARCHAR, who VARCHAR, amount_cents BIGINT, margin_share DOUBLE, cause VARCHAR
-- key: refund_id
WITH given AS (
    SELECT refund_id, order_id, amount_cents, lower(coalesce(reason, '')) AS reason
    FROM refunds
    WHERE refunded_at < $cutoff
        AND coalesce(received_at, refunded_at) < $cutoff
        AND floor(epoch(refunded_at)) >= $cutoff_epoch - $window_days * 86400
),
claimed AS (
    SELECT
        order_id,
        max(CASE WHEN type IN ('lost', 'not_received') THEN 1 ELSE 0 END) AS is_delivery
    FROM claims
    WHERE opened_at < $cutoff
    GROUP BY order_id
),
sent_back AS (
    SELECT DISTINCT order_id
    FROM returns
    WHERE requested_at < $cutoff AND state NOT IN ('cancelled', 'expired') AND coalesce(outcome, 'refund') <> 'rejected'
)
SELECT
    given.refund_id,
    given.order_id,
    coalesce(order_facts.customer_id, given.order_id) AS who,
    given.amount_cents,
    coalesce(order_facts.margin_share, CAST($margin_share AS DOUBLE)) AS margin_share,
    CASE
        WHEN given.reason IN ('late', 'lost')
            OR given.reason LIKE '%not received%'
            OR given.reason LIKE '%late delivery%'
            OR given.reason LIKE '%delivered late%'
            OR given.reason LIKE '%arrived late%'
            OR given.reason LIKE '%never arrived%'
            OR given.reason LIKE '%lost in%'
            OR given.reason LIKE '%lost parcel%'
            OR given.reason LIKE '%to sender%'
            OR given.reason LIKE '%undeliver%'
        THEN 'delivery'
        WHEN claimed.is_delivery = 1 THEN 'delivery'
        WHEN claimed.is_delivery = 0 THEN 'claim'
        WHEN sent_back.order_id IS NOT NULL THEN 'return'
        WHEN order_facts.is_cancelled THEN 'cancelled'
        WHEN order_facts.is_troubled THEN 'delivery'
        ELSE 'other'
    END AS cause
FROM given
LEFT JOIN order_facts ON order_facts.order_id = given.order_id
LEFT JOIN claimed ON claimed.order_id = given.order_id
LEFT JOIN sent_back ON sent_back.order_id = given.order_id
