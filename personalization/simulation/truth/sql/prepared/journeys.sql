-- When each order had arrived as a whole: of every line the first parcel ended, another one later being what replaces it, and no line
-- still without a parcel; where nothing says what is in the parcels, when the last of them ended.
WITH goods AS (
    SELECT order_id, count(*) FILTER (is_in_a_parcel AND NOT is_cancelled) AS lines FROM bought GROUP BY order_id
),
packed_lines AS (
    SELECT
        parcels.order_id,
        shipment_lines.order_line_id,
        min(parcels.ended_at) AS ended_at,
        min(parcels.told_ended_at) AS told_ended_at
    FROM shipment_lines
    JOIN parcels ON parcels.shipment_id = shipment_lines.shipment_id AND NOT parcels.is_void
    GROUP BY parcels.order_id, shipment_lines.order_line_id
),
packed AS (
    SELECT
        order_id,
        count(*) AS lines,
        count(*) = count(ended_at) AS is_ended,
        max(ended_at) AS ended_at,
        max(told_ended_at) AS told_ended_at
    FROM packed_lines
    GROUP BY order_id
),
sent AS (
    SELECT
        order_id,
        count(*) = count(ended_at) AS is_ended,
        count(*) AS parcels,
        min(delivered_at) AS first_at,
        min(told_delivered_at) AS told_first_at,
        max(delivered_at) AS delivered_at,
        max(ended_at) AS ended_at,
        max(told_ended_at) AS told_ended_at
    FROM parcels
    WHERE NOT is_void
    GROUP BY order_id
)
SELECT
    orders.order_id,
    orders.customer_id,
    orders.placed_at,
    coalesce(orders.received_at, orders.placed_at) AS known_at,
    orders.cancelled_at,
    orders.promised_by_on,
    coalesce(sent.parcels, 0) AS parcels,
    goods.lines = 0 AS needs_no_parcel,
    sent.first_at,
    sent.told_first_at,
    sent.delivered_at,
    CASE
        WHEN goods.lines = 0 THEN orders.placed_at
        WHEN packed.lines >= goods.lines AND packed.is_ended THEN packed.ended_at
        WHEN packed.lines IS NULL AND sent.is_ended THEN sent.ended_at
    END AS arrived_at,
    CASE
        WHEN goods.lines = 0 THEN coalesce(orders.received_at, orders.placed_at)
        WHEN packed.lines >= goods.lines AND packed.is_ended THEN packed.told_ended_at
        WHEN packed.lines IS NULL AND sent.is_ended THEN sent.told_ended_at
    END AS told_arrived_at
FROM orders
LEFT JOIN goods ON goods.order_id = orders.order_id
LEFT JOIN packed ON packed.order_id = orders.order_id
LEFT JOIN sent ON sent.order_id = orders.order_id
WHERE orders.customer_id IS NOT NULL
    AND NOT coalesce(orders.is_test, FALSE)
    AND orders.financial_status NOT IN ('voided', 'expired')
