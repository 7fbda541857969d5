-- Something is on its way back or not yet settled: the customer is still undoing the last purchase.
SELECT
    orders.customer_id,
    returns.order_id,
    returns.requested_at AS from_at,
    returns.closed_at AS until_at,
    returns.requested_at AS known_from_at,
    returns.closed_at AS known_until_at
FROM returns
JOIN orders ON orders.order_id = returns.order_id
WHERE returns.closed_at IS NOT NULL OR returns.state NOT IN ('closed', 'cancelled', 'expired')
