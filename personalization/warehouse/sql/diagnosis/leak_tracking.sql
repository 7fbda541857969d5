-- What delivery cost in the window: one row a component. wismo: amount counts tickets. refund: money given back because
-- of the delivery, or promised by a claim for a lost parcel that no refund answers; goods sent again at their cost.
-- columns: component VARCHAR, events BIGINT, customers BIGINT, amount DOUBLE, squares DOUBLE
-- key: component
WITH costs AS (
    SELECT 'wismo' AS component, who, CAST(1 AS DOUBLE) AS amount
    FROM ticket_facts
    WHERE is_in_window AND reason = 'wismo'
    UNION ALL
    SELECT 'refund' AS component, who, CAST(amount_cents AS DOUBLE) AS amount
    FROM refund_facts
    WHERE cause = 'delivery'
    UNION ALL
    SELECT
        'refund' AS component,
        coalesce(order_facts.customer_id, claims.order_id) AS who,
        CASE
            WHEN claims.outcome = 'refund' THEN CAST(coalesce(claims.amount_cents, order_facts.value_cents) AS DOUBLE)
            ELSE coalesce(claims.amount_cents, order_facts.value_cents) * (1 - order_facts.margin_share)
        END AS amount
    FROM claims
    INNER JOIN order_facts ON order_facts.order_id = claims.order_id
    WHERE claims.type IN ('lost', 'not_received')
        AND claims.outcome IN ('refund', 'replacement')
        AND (claims.decided_at < $cutoff OR claims.resolved_at < $cutoff)
        AND claims.opened_at < $cutoff
        AND coalesce(claims.received_at, claims.opened_at) < $cutoff
        AND floor(epoch(claims.opened_at)) >= $cutoff_epoch - $window_days * 86400
        AND NOT EXISTS (
            SELECT 1 FROM refunds WHERE refunds.order_id = claims.order_id AND refunds.refunded_at < $cutoff
        )
)
SELECT component, count(*) AS events, count(DISTINCT who) AS customers, sum(amount) AS amount, sum(amount * amount) AS squares
FROM costs
GROUP BY component
