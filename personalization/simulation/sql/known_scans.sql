-- The scans that the shop had learned of; a parcel that never leaves is cancelled instead.
WITH happened AS (
    SELECT
        parcels.shipment_id,
        scans.course,
        marks.status,
        marks.raw_status,
        make_timestamp(scans.occurred_at * 1000000) AS occurred_at,
        make_timestamp(scans.received_at * 1000000) AS received_at
    FROM scans
    JOIN parcels ON parcels.parcel_no = scans.parcel
    JOIN marks ON marks.mark = scans.mark
    LEFT JOIN void_parcels ON void_parcels.parcel_no = scans.parcel
    WHERE parcels.placed_at < $until
        AND (void_parcels.void_at IS NULL OR make_timestamp(scans.occurred_at * 1000000) < void_parcels.void_at)
    UNION ALL
    SELECT parcels.shipment_id, 99, 'cancelled', 'order cancelled', void_parcels.void_at, void_parcels.void_at
    FROM void_parcels
    JOIN parcels ON parcels.parcel_no = void_parcels.parcel_no
    WHERE parcels.placed_at < $until AND parcels.is_tracked AND parcels.label_at < void_parcels.void_at
)
SELECT * FROM happened WHERE received_at < $until
