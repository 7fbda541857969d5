-- What chargebacks cost in the window, one row a component: lost, open or won, with the orders' value.
-- columns: component VARCHAR, events BIGINT, customers BIGINT, amount DOUBLE, squares DOUBLE
-- key: component
WITH costs AS (
    SELECT
        CASE
            WHEN lower(coalesce(chargebacks.outcome, '')) = 'won' THEN 'won'
            WHEN lower(coalesce(chargebacks.outcome, '')) = 'lost' THEN 'lost'
            ELSE 'open'
        END AS component,
        coalesce(order_facts.customer_id, chargebacks.order_id) AS who,
        CAST(coalesce(order_facts.value_cents, 0) AS DOUBLE) AS amount
    FROM chargebacks
    LEFT JOIN order_facts ON order_facts.order_id = chargebacks.order_id
    WHERE chargebacks.opened_at < $cutoff
        AND coalesce(chargebacks.received_at, chargebacks.opened_at) < $cutoff
        AND floor(epoch(chargebacks.opened_at)) >= $cutoff_epoch - $window_days * 86400
)
SELECT component, count(*) AS events, count(DISTINCT who) AS customers, sum(amount) AS amount, sum(amount * amount) AS squares
FROM costs
GROUP BY component
