-- The goods that customers sent back, and until when that stands: until they buy the same again, or keep it after all.
WITH back AS (
    SELECT
        bought.customer_id,
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
)
SELECT
    back.customer_id,
    back.order_id,
    back.sku,
    back.category,
    back.reason,
    back.from_at,
    least(min(bought.placed_at), min(back.kept_at)) AS until_at,
    back.from_at AS known_from_at,
    least(min(bought.known_at), min(back.kept_at)) AS known_until_at
FROM back
LEFT JOIN bought
    ON bought.customer_id = back.customer_id AND bought.sku = back.sku AND bought.placed_at > back.from_at
GROUP BY ALL
