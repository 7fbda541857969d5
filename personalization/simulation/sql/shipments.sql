-- A parcel without tracking is known to be delivered from the carrier's list, which comes some days later.
WITH newest AS (
    SELECT shipment_id, status, occurred_at
    FROM known_scans
    QUALIFY row_number() OVER (PARTITION BY shipment_id ORDER BY occurred_at DESC, course DESC) = 1
),
delivered AS (
    SELECT shipment_id, min(occurred_at) AS delivered_at FROM known_scans WHERE status = 'delivered' GROUP BY shipment_id
)
SELECT
    parcels.shipment_id,
    parcels.order_id,
    CASE
        WHEN parcels.is_tracked
            THEN upper(substr(parcels.carrier, 1, 2)) || lpad(CAST(parcels.parcel_key % 10000000000 AS VARCHAR), 10, '0')
    END AS tracking_no,
    parcels.carrier,
    parcels.service,
    CASE WHEN parcels.handed_over_at < $until AND void_parcels.void_at IS NULL THEN parcels.handed_over_at END AS shipped_at,
    parcels.dest_region,
    parcels.first_on AS eta_first_on,
    parcels.promised_by_on AS eta_latest_on,
    parcels.promised_by_on,
    CASE
        WHEN parcels.is_tracked THEN coalesce(newest.status, 'label_created')
        WHEN void_parcels.void_at < $until THEN 'cancelled'
        WHEN parcels.delivered_at < $until - INTERVAL 3 DAY THEN 'delivered'
        ELSE 'unknown'
    END AS status,
    CASE
        WHEN void_parcels.void_at IS NOT NULL THEN NULL
        WHEN parcels.is_tracked THEN delivered.delivered_at
        WHEN parcels.delivered_at < $until - INTERVAL 3 DAY THEN parcels.delivered_at
    END AS delivered_at,
    parcels.label_at AS received_at,
    FALSE AS is_received_assumed
FROM parcels
LEFT JOIN newest ON newest.shipment_id = parcels.shipment_id
LEFT JOIN delivered ON delivered.shipment_id = parcels.shipment_id
LEFT JOIN void_parcels ON void_parcels.parcel_no = parcels.parcel_no
WHERE parcels.label_at < $until
    AND parcels.placed_at < $until
    AND (void_parcels.void_at IS NULL OR parcels.label_at < void_parcels.void_at)
ORDER BY parcels.shipment_id
