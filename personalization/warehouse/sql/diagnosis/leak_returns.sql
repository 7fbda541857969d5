-- What returns cost in the window, one row a component and product type. return: amount counts returns. margin: the
-- margin of what was refunded. unmatched: refunds that no return, claim or parcel explains. before: returns of the same
-- number of days before.
-- columns: component VARCHAR, product_type VARCHAR, events BIGINT, customers BIGINT, amount DOUBLE, squares DOUBLE
-- key: component, product_type
WITH asked AS (
    SELECT
        returns.return_id,
        returns.order_id,
        coalesce(order_facts.customer_id, returns.order_id) AS who,
        coalesce(order_facts.product_type, 'unknown') AS product_type,
        coalesce(order_facts.value_cents, 0) AS value_cents,
        coalesce(order_facts.margin_share, CAST($margin_share AS DOUBLE)) AS margin_share,
        coalesce(returns.outcome, 'none') AS outcome,
        floor(epoch(returns.requested_at)) >= $cutoff_epoch - $window_days * 86400 AS is_in_window
    FROM returns
    LEFT JOIN order_facts ON order_facts.order_id = returns.order_id
    WHERE returns.requested_at < $cutoff
        AND floor(epoch(returns.requested_at)) >= $cutoff_epoch - 2 * $window_days * 86400
        AND returns.state NOT IN ('cancelled', 'expired')
),
worth AS (
    SELECT
        return_lines.return_id,
        CAST(sum(coalesce(return_lines.value_cents, return_lines.qty * order_lines.unit_price_cents, 0)) AS DOUBLE)
            AS line_cents
    FROM return_lines
    LEFT JOIN order_lines ON order_lines.order_line_id = return_lines.order_line_id
    WHERE coalesce(return_lines.outcome, 'refund') = 'refund'
    GROUP BY return_lines.return_id
),
costs AS (
    SELECT
        CASE WHEN is_in_window THEN 'return' ELSE 'before' END AS component,
        product_type,
        who,
        CAST(1 AS DOUBLE) AS amount
    FROM asked
    UNION ALL
    SELECT
        'margin' AS component,
        asked.product_type,
        asked.who,
        coalesce(worth.line_cents, asked.value_cents) * asked.margin_share AS amount
    FROM asked
    LEFT JOIN worth ON worth.return_id = asked.return_id
    WHERE asked.is_in_window AND asked.outcome = 'refund'
    UNION ALL
    SELECT 'unmatched' AS component, 'unknown' AS product_type, who, CAST(amount_cents AS DOUBLE) AS amount
    FROM refund_facts
    WHERE cause = 'other'
)
SELECT
    component,
    product_type,
    count(*) AS events,
    count(DISTINCT who) AS customers,
    sum(amount) AS amount,
    sum(amount * amount) AS squares
FROM costs
GROUP BY component, product_type
