-- What is in a parcel: what was packed, less what was cancelled by now. A void parcel keeps what it was meant for.
WITH contents AS (
    SELECT
        parcels.shipment_id,
        packed_lines.order_line_id,
        CASE
            WHEN void_parcels.parcel_no IS NOT NULL OR coalesce(packed_lines.credited_at, parcels.label_at) >= $until
                THEN packed_lines.qty
            ELSE packed_lines.qty - packed_lines.qty_cancelled
        END AS qty,
        parcels.label_at AS received_at
    FROM packed_lines
    JOIN parcels ON parcels.order_no = packed_lines.order_no AND parcels.number = packed_lines.number
    LEFT JOIN void_parcels ON void_parcels.parcel_no = parcels.parcel_no
    WHERE parcels.label_at < $until
        AND parcels.placed_at < $until
        AND (void_parcels.void_at IS NULL OR parcels.label_at < void_parcels.void_at)
)
SELECT shipment_id, order_line_id, qty, received_at, FALSE AS is_received_assumed
FROM contents
WHERE qty > 0
ORDER BY shipment_id, order_line_id
