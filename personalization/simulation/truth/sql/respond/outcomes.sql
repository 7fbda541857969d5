-- Each customer and fortnight has one draw, whatever is sent: an order comes if it lies below the probability, so that what would
-- have happened without a message is known of every row. probability_with and _without differ by this one message only.
WITH summed AS (
    SELECT
        drawn.*,
        coalesce(sum(effect) FILTER (WHERE NOT is_withheld) OVER (PARTITION BY customer_id, fortnight), 0)
        - CASE WHEN is_withheld THEN 0 ELSE effect END AS others_effect
    FROM drawn
),
chances AS (
    SELECT
        summed.*,
        floor(greatest(least(baseline + others_effect, 1), 0) * 1e9 + 0.5) / 1e9 AS probability_without,
        floor(greatest(least(baseline + others_effect + effect, 1), 0) * 1e9 + 0.5) / 1e9 AS probability_with
    FROM summed
)
SELECT
    message_id,
    customer_id,
    program,
    sent_at,
    is_withheld,
    fortnight,
    timing,
    extra_messages,
    baseline,
    probability_without,
    probability_with,
    draw,
    draw < probability_without AS would_order_without,
    draw < probability_with AS would_order_with,
    draw < CASE WHEN is_withheld THEN probability_without ELSE probability_with END AS has_ordered
FROM chances
ORDER BY message_id
