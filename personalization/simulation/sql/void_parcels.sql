-- Parcels that never leave, because all that is in them or the whole order was cancelled before.
WITH emptied AS (
    SELECT order_no, number, bool_and(qty_cancelled >= qty) AS is_empty, max(credited_at) AS credited_at
    FROM packed_lines
    GROUP BY order_no, number
)
SELECT
    parcels.parcel_no,
    parcels.shipment_id,
    parcels.order_no,
    parcels.number,
    least(
        CASE WHEN orders.cancelled_at < parcels.handed_over_at THEN orders.cancelled_at END,
        CASE WHEN emptied.is_empty THEN coalesce(emptied.credited_at, parcels.label_at) END
    ) AS void_at
FROM parcels
JOIN orders ON orders.order_id = parcels.order_id
JOIN emptied ON emptied.order_no = parcels.order_no AND emptied.number = parcels.number
WHERE emptied.is_empty OR orders.cancelled_at < parcels.handed_over_at
