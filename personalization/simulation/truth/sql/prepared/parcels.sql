-- What became of each parcel, and when the shop was told. A parcel that came back or was given up is no longer on its way.
WITH told AS (
    SELECT
        shipment_id,
        min(least(occurred_at, received_at)) FILTER (status = 'delivered') AS delivered_at,
        min(received_at) FILTER (status = 'delivered') AS told_delivered_at,
        min(occurred_at) FILTER (status = 'attempt_failed') AS attempt_failed_at,
        min(received_at) FILTER (status = 'attempt_failed') AS told_attempt_failed_at,
        min(occurred_at) FILTER (status = 'return_to_sender') AS returned_at,
        min(received_at) FILTER (status = 'return_to_sender') AS told_returned_at,
        min(occurred_at) FILTER (status = 'expired') AS given_up_at,
        min(received_at) FILTER (status = 'expired') AS told_given_up_at
    FROM tracking_events
    WHERE status IN ('delivered', 'attempt_failed', 'return_to_sender', 'expired')
    GROUP BY shipment_id
)
SELECT
    shipments.shipment_id,
    shipments.order_id,
    orders.customer_id,
    shipments.status = 'cancelled' AS is_void,
    coalesce(shipments.promised_by_on, shipments.eta_latest_on, orders.promised_by_on) AS promised_by_on,
    shipments.shipped_at,
    coalesce(shipments.received_at, shipments.shipped_at, orders.placed_at) AS known_at,
    coalesce(shipments.delivered_at, told.delivered_at) AS delivered_at,
    coalesce(told.told_delivered_at, shipments.delivered_at) AS told_delivered_at,
    told.attempt_failed_at,
    told.told_attempt_failed_at,
    told.returned_at,
    told.told_returned_at,
    told.given_up_at,
    told.told_given_up_at,
    coalesce(shipments.delivered_at, told.delivered_at, told.returned_at, told.given_up_at) AS ended_at,
    coalesce(told.told_delivered_at, shipments.delivered_at, told.told_returned_at, told.told_given_up_at) AS told_ended_at
FROM shipments
JOIN orders ON orders.order_id = shipments.order_id
LEFT JOIN told ON told.shipment_id = shipments.shipment_id
WHERE orders.customer_id IS NOT NULL AND NOT coalesce(orders.is_test, FALSE)
