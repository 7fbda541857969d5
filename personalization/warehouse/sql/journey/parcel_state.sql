-- One row for each parcel as it stood at the cutoff (night 0 of parcel_nights), for the customer who stands for it today.
-- columns: shipment_id VARCHAR, order_id VARCHAR, customer_id VARCHAR, carrier VARCHAR, service VARCHAR, dest_region VARCHAR, shipped_at TIMESTAMP, promised_by_on DATE, status VARCHAR, delivered_at TIMESTAMP, last_event_at TIMESTAMP, is_open BOOLEAN, lane VARCHAR, carrier_scope VARCHAR
-- key: shipment_id
SELECT
    parcel_nights.shipment_id,
    parcel_nights.order_id,
    coalesce(merged_customers.root_id, parcel_nights.customer_id) AS customer_id,
    parcel_nights.carrier,
    parcel_nights.service,
    parcel_nights.dest_region,
    parcel_nights.shipped_at,
    parcel_nights.promised_by_on,
    parcel_nights.status,
    parcel_nights.delivered_at,
    parcel_nights.last_event_at,
    parcel_nights.is_open,
    parcel_nights.lane,
    -- the name under which readiness judges the carrier: as the lane spells it
    'carrier:' || split_part(parcel_nights.lane, '/', 1) AS carrier_scope
FROM parcel_nights
LEFT JOIN merged_customers ON merged_customers.customer_id = parcel_nights.customer_id
WHERE parcel_nights.night = 0
