-- What claims cost in the window, without those for lost parcels, which are the delivery's: one row a component. claim:
-- every claim, what was paid, and goods sent again or repaired at their cost. undecided: what is still asked for.
-- minutes and unmeasured: the tickets about damage and claims, by their handle time and, where that is missing, by number.
-- columns: component VARCHAR, events BIGINT, customers BIGINT, amount DOUBLE, squares DOUBLE
-- key: component
WITH opened AS (
    SELECT
        coalesce(order_facts.customer_id, claims.order_id) AS who,
        CASE WHEN claims.decided_at < $cutoff OR claims.resolved_at < $cutoff THEN claims.outcome END AS outcome,
        CAST(coalesce(claims.amount_cents, order_facts.value_cents, 0) AS DOUBLE) AS amount_cents,
        coalesce(order_facts.margin_share, CAST($margin_share AS DOUBLE)) AS margin_share
    FROM claims
    LEFT JOIN order_facts ON order_facts.order_id = claims.order_id
    WHERE claims.type NOT IN ('lost', 'not_received')
        AND claims.opened_at < $cutoff
        AND coalesce(claims.received_at, claims.opened_at) < $cutoff
        AND floor(epoch(claims.opened_at)) >= $cutoff_epoch - $window_days * 86400
),
costs AS (
    SELECT
        'claim' AS component,
        who,
        CASE
            WHEN outcome IS NULL OR outcome IN ('denied', 'rejected') THEN CAST(0 AS DOUBLE)
            WHEN outcome IN ('replacement', 'repair') THEN amount_cents * (1 - margin_share)
            ELSE amount_cents
        END AS amount
    FROM opened
    UNION ALL
    SELECT 'undecided' AS component, who, amount_cents AS amount
    FROM opened
    WHERE outcome IS NULL
    UNION ALL
    SELECT 'minutes' AS component, who, handle_minutes AS amount
    FROM ticket_facts
    WHERE is_in_window AND reason IN ('damaged', 'claim') AND handle_minutes IS NOT NULL
    UNION ALL
    SELECT 'unmeasured' AS component, who, CAST(1 AS DOUBLE) AS amount
    FROM ticket_facts
    WHERE is_in_window AND reason IN ('damaged', 'claim') AND handle_minutes IS NULL
)
SELECT component, count(*) AS events, count(DISTINCT who) AS customers, sum(amount) AS amount, sum(amount * amount) AS squares
FROM costs
GROUP BY component
