SELECT
    shipment_id || '-' || lpad(CAST(course AS VARCHAR), 2, '0') AS event_id,
    shipment_id,
    status,
    raw_status,
    occurred_at,
    received_at,
    'simulation' AS source,
    FALSE AS is_received_assumed
FROM known_scans
ORDER BY event_id
