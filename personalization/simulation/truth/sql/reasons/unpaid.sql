-- A payment that was voided or ran out is no purchase.
SELECT customer_id, 'order' AS scope, order_id, placed_at AS from_at, coalesce(received_at, placed_at) AS known_from_at
FROM orders
WHERE financial_status IN ('voided', 'expired')
