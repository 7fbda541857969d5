-- One row for each key figure that something was counted for: the sum of what is counted, of its squares, and how many
-- observations there are, over the 90 days that ended so many days before the cutoff that the figure can be read (its lag
-- in days: what was ordered yesterday cannot have come back yet). Money is in cents.
-- columns: kpi VARCHAR, total DOUBLE, squares DOUBLE, observations BIGINT
-- key: kpi
WITH placed AS (
    SELECT
        order_id,
        customer_id,
        total_cents,
        floor(epoch(placed_at)) AS placed_epoch,
        ($cutoff_epoch - floor(epoch(placed_at))) / 86400 AS age_days
    FROM orders
    WHERE placed_at < $cutoff
        AND coalesce(received_at, placed_at) < $cutoff
        AND NOT coalesce(is_test, FALSE)
        AND NOT coalesce(cancelled_at < $cutoff, FALSE)
        AND financial_status NOT IN ('voided', 'expired')
),
asked AS (
    SELECT
        reason,
        handle_minutes,
        csat,
        ($cutoff_epoch - floor(epoch(created_at))) / 86400 AS age_days
    FROM tickets
    WHERE created_at < $cutoff
        AND coalesce(received_at, created_at) < $cutoff
        AND NOT coalesce(is_spam, FALSE)
        AND NOT coalesce(is_from_agent, FALSE)
        AND floor(epoch(created_at)) >= $cutoff_epoch - 90 * 86400
),
asked_for AS (
    SELECT order_id, min(floor(epoch(requested_at))) AS requested_epoch
    FROM returns
    WHERE requested_at < $cutoff AND state NOT IN ('cancelled', 'expired')
    GROUP BY order_id
),
settled AS (
    SELECT returns.return_id, returns.outcome, sum(coalesce(return_lines.value_cents, 0)) AS value_cents
    FROM returns
    LEFT JOIN return_lines ON return_lines.return_id = returns.return_id
    WHERE returns.closed_at < $cutoff
        AND floor(epoch(returns.closed_at)) >= $cutoff_epoch - 90 * 86400
        AND returns.outcome IN ('refund', 'exchange', 'store_credit', 'gift_card')
    GROUP BY returns.return_id, returns.outcome
),
decided AS (
    SELECT
        CASE WHEN is_reopened THEN 1 ELSE 0 END AS is_reopened,
        coalesce(amount_cents, 0) AS amount_cents,
        CASE WHEN resolved_at < $cutoff THEN (floor(epoch(resolved_at)) - floor(epoch(opened_at))) / 86400 END AS days
    FROM claims
    WHERE opened_at < $cutoff
        AND coalesce(received_at, opened_at) < $cutoff
        AND floor(epoch(opened_at)) < $cutoff_epoch - 14 * 86400
        AND floor(epoch(opened_at)) >= $cutoff_epoch - 104 * 86400
),
visits AS (
    SELECT
        customer_id,
        placed_epoch,
        age_days,
        total_cents,
        min(placed_epoch) OVER (PARTITION BY customer_id) AS first_epoch,
        lag(placed_epoch) OVER (PARTITION BY customer_id ORDER BY placed_epoch, order_id) AS before_epoch
    FROM placed
    WHERE customer_id IS NOT NULL
),
newcomers AS (
    SELECT
        customer_id,
        max(
            CASE WHEN placed_epoch > first_epoch AND placed_epoch <= first_epoch + 90 * 86400 THEN 1 ELSE 0 END
        ) AS has_returned
    FROM visits
    WHERE first_epoch < $cutoff_epoch - 90 * 86400 AND first_epoch >= $cutoff_epoch - 180 * 86400
    GROUP BY customer_id
),
first_years AS (
    SELECT
        customer_id,
        sum(CASE WHEN placed_epoch <= first_epoch + 365 * 86400 THEN total_cents ELSE 0 END) AS value_cents
    FROM visits
    WHERE first_epoch < $cutoff_epoch - 365 * 86400 AND first_epoch >= $cutoff_epoch - 455 * 86400
    GROUP BY customer_id
),
silent AS (
    SELECT
        customer_id,
        max(CASE WHEN age_days < 90 THEN 1 ELSE 0 END) AS is_back
    FROM visits
    GROUP BY customer_id
    HAVING max(CASE WHEN age_days >= 90 THEN placed_epoch END) < $cutoff_epoch - 270 * 86400
),
-- each observation of each figure; questions per order are counted apart, for they are no observations of orders
observed AS (
    SELECT 'delivery_csat' AS kpi, csat AS value FROM asked WHERE reason = 'wismo' AND csat IS NOT NULL
    UNION ALL
    SELECT 'support_csat' AS kpi, csat AS value FROM asked WHERE csat IS NOT NULL
    UNION ALL
    SELECT 'handle_minutes' AS kpi, handle_minutes AS value FROM asked WHERE handle_minutes IS NOT NULL
    UNION ALL
    SELECT 'return_rate' AS kpi, CASE WHEN asked_for.requested_epoch < placed.placed_epoch + 45 * 86400 THEN 1 ELSE 0 END
        AS value
    FROM placed
    LEFT JOIN asked_for ON asked_for.order_id = placed.order_id
    WHERE placed.age_days >= 45 AND placed.age_days < 135
    UNION ALL
    SELECT 'exchange_rate' AS kpi, CASE WHEN outcome = 'exchange' THEN 1 ELSE 0 END AS value FROM settled
    UNION ALL
    SELECT 'refund_share' AS kpi, CASE WHEN outcome = 'refund' THEN 1 ELSE 0 END AS value FROM settled
    UNION ALL
    SELECT 'claim_days' AS kpi, days AS value FROM decided WHERE days IS NOT NULL
    UNION ALL
    SELECT 'claim_overturned' AS kpi, is_reopened AS value FROM decided
    UNION ALL
    SELECT 'cost_per_claim' AS kpi, amount_cents AS value FROM decided
    UNION ALL
    SELECT 'repeat_rate' AS kpi, has_returned AS value FROM newcomers
    UNION ALL
    SELECT 'first_year_value' AS kpi, value_cents AS value FROM first_years
    UNION ALL
    SELECT 'reactivation' AS kpi, is_back AS value FROM silent
),
counted AS (
    SELECT
        kpi,
        sum(CAST(value AS DOUBLE)) AS total,
        sum(CAST(value AS DOUBLE) * value) AS squares,
        count(*) AS observations
    FROM observed
    GROUP BY kpi
),
recent_orders AS (
    SELECT count(*) AS orders FROM placed WHERE age_days < 90
),
questions AS (
    SELECT 'wismo_contacts' AS kpi, count(*) FILTER (WHERE reason = 'wismo') AS total FROM asked
    UNION ALL
    SELECT 'delivery_tickets' AS kpi, count(*) FILTER (WHERE reason IN ('wismo', 'damaged', 'address')) AS total FROM asked
    UNION ALL
    SELECT 'ticket_volume' AS kpi, count(*) AS total FROM asked
),
retained AS (
    SELECT
        sum(CASE WHEN outcome <> 'refund' THEN value_cents ELSE 0 END) AS kept_cents,
        sum(value_cents) AS value_cents,
        count(*) AS returns
    FROM settled
)
SELECT kpi, total, squares, observations
FROM counted
UNION ALL
SELECT questions.kpi, CAST(questions.total AS DOUBLE) AS total, CAST(NULL AS DOUBLE) AS squares, recent_orders.orders
FROM questions
CROSS JOIN recent_orders
WHERE recent_orders.orders > 0
UNION ALL
SELECT 'retained_revenue' AS kpi, CAST(kept_cents AS DOUBLE) / value_cents * returns AS total, NULL AS squares, returns
FROM retained
WHERE value_cents > 0
