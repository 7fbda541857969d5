-- The goods that customers sent back, and until when that stands: until they buy the same again, under whichever of
-- their profiles, or keep it after all.
WITH owned AS (
    SELECT coalesce(merges.survivor_id, bought.customer_id) AS person_id, bought.sku, bought.placed_at, bought.known_at
    FROM bought
    LEFT JOIN merges ON merges.customer_id = bought.customer_id
),
back AS (
    SELECT
        bought.customer_id,
        coalesce(merges.survivor_id, bought.customer_id) AS person_id,
        bought.order_id,
        bought.sku,
        bought.category,
        return_lines.reason,
        returns.requested_at AS from_at,
        CASE
            WHEN returns.state IN ('cancelled', 'expired')
                OR coalesce(return_lines.outcome, returns.outcome) IN ('keep_item', 'rejected')
                OR return_lines.exchange_sku = bought.sku
                THEN coalesce(returns.closed_at, returns.requested_at)
        END AS kept_at
    FROM returns
    JOIN return_lines ON return_lines.return_id = returns.return_id
    JOIN bought ON bought.order_line_id = return_lines.order_line_id
    LEFT JOIN merges ON merges.customer_id = bought.customer_id
)
SELECT
    back.customer_id,
    back.order_id,
    back.sku,
    back.category,
    back.reason,
    back.kept_at IS NOT NULL AS is_kept,
    back.from_at,
    least(min(owned.placed_at), back.kept_at) AS until_at,
    back.from_at AS known_from_at,
    least(min(owned.known_at), back.kept_at) AS known_until_at
FROM back
LEFT JOIN owned ON owned.person_id = back.person_id AND owned.sku = back.sku AND owned.placed_at > back.from_at
GROUP BY
    back.customer_id,
    back.order_id,
    back.sku,
    back.category,
    back.reason,
    back.kept_at,
    back.from_at
