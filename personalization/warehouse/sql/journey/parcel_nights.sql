-- One row for each night of the table nights and each parcel that was known by then: where it was, as far as was known.
-- A delivered scan counts only if no failed attempt, exception, cancellation or return to sender came at the same moment
-- or later; where a delivery was taken back and repeated, the newest one counts. Other scans after a delivery are late
-- news and do not undo it. The shipment's own word 'delivered' without a time proves nothing, for on a past night it
-- would be tomorrow's word.
-- columns: night INTEGER, shipment_id VARCHAR, order_id VARCHAR, customer_id VARCHAR, carrier VARCHAR, service VARCHAR, dest_region VARCHAR, shipped_at TIMESTAMP, promised_by_on DATE, status VARCHAR, delivered_at TIMESTAMP, first_scan_at TIMESTAMP, last_event_at TIMESTAMP, scan_learned_at TIMESTAMP, is_open BOOLEAN, has_tracking_no BOOLEAN, is_void BOOLEAN, lane VARCHAR
-- key: night, shipment_id
WITH looked_at AS (
    SELECT
        shipments.shipment_id,
        shipments.order_id,
        orders.customer_id,
        nullif(trim(shipments.carrier), '') AS carrier,
        nullif(trim(shipments.service), '') AS service,
        nullif(trim(shipments.dest_region), '') AS dest_region,
        shipments.shipped_at,
        coalesce(shipments.promised_by_on, orders.promised_by_on) AS promised_by_on,
        shipments.status,
        shipments.delivered_at,
        coalesce(shipments.received_at, shipments.shipped_at) AS learned_at,
        coalesce(trim(shipments.tracking_no), '') <> '' AS has_tracking_no,
        orders.cancelled_at,
        coalesce(orders.is_test, FALSE) OR coalesce(orders.financial_status, '') IN ('voided', 'expired') AS is_void
    FROM shipments
    LEFT JOIN orders ON orders.order_id = shipments.order_id
    WHERE shipments.shipped_at IS NULL
        OR CAST(shipments.shipped_at AS DATE) >= CAST($since_on AS DATE)
        OR coalesce(shipments.promised_by_on, orders.promised_by_on) >= CAST($since_on AS DATE)
),
seen AS (
    SELECT
        nights.night,
        tracking_events.shipment_id,
        max(tracking_events.occurred_at) AS last_event_at,
        max(tracking_events.received_at) AS scan_learned_at,
        min(tracking_events.occurred_at) FILTER (
            WHERE tracking_events.status NOT IN ('label_created', 'cancelled', 'unknown')
        ) AS first_moved_at,
        min(tracking_events.occurred_at) FILTER (WHERE tracking_events.status = 'delivered') AS first_delivered_at,
        max(tracking_events.occurred_at) FILTER (WHERE tracking_events.status = 'delivered') AS last_delivered_at,
        max(tracking_events.occurred_at) FILTER (
            WHERE tracking_events.status IN ('attempt_failed', 'exception', 'return_to_sender', 'cancelled')
        ) AS denied_at
    FROM tracking_events
    INNER JOIN looked_at ON looked_at.shipment_id = tracking_events.shipment_id
    CROSS JOIN nights
    WHERE tracking_events.received_at < nights.cutoff AND tracking_events.occurred_at < nights.cutoff
    GROUP BY nights.night, tracking_events.shipment_id
),
judged AS (
    SELECT
        nights.night,
        nights.cutoff,
        looked_at.shipment_id,
        looked_at.order_id,
        looked_at.customer_id,
        looked_at.carrier,
        looked_at.service,
        looked_at.dest_region,
        CASE
            WHEN looked_at.shipped_at < nights.cutoff THEN looked_at.shipped_at
            ELSE seen.first_moved_at
        END AS shipped_at,
        looked_at.promised_by_on,
        looked_at.status AS own_status,
        CASE
            WHEN seen.first_delivered_at > coalesce(seen.denied_at, DATE '1000-01-01') THEN seen.first_delivered_at
            WHEN seen.last_delivered_at > seen.denied_at THEN seen.last_delivered_at
            WHEN looked_at.delivered_at < nights.cutoff
                AND looked_at.delivered_at > coalesce(seen.denied_at, DATE '1000-01-01')
                AND looked_at.status NOT IN ('return_to_sender', 'cancelled')
            THEN looked_at.delivered_at
        END AS delivered_at,
        seen.first_moved_at AS first_scan_at,
        seen.last_event_at,
        seen.scan_learned_at,
        looked_at.has_tracking_no,
        looked_at.is_void OR coalesce(looked_at.cancelled_at < nights.cutoff, FALSE) AS is_void
    FROM looked_at
    CROSS JOIN nights
    LEFT JOIN seen ON seen.night = nights.night AND seen.shipment_id = looked_at.shipment_id
    WHERE looked_at.learned_at IS NULL OR looked_at.learned_at < nights.cutoff
),
ranked AS (
    SELECT
        judged.night,
        judged.shipment_id,
        tracking_events.status,
        row_number() OVER (
            PARTITION BY judged.night, judged.shipment_id
            ORDER BY tracking_events.occurred_at DESC, tracking_events.received_at DESC, tracking_events.event_id DESC
        ) AS newest_first
    FROM tracking_events
    INNER JOIN judged ON judged.shipment_id = tracking_events.shipment_id
    WHERE judged.delivered_at IS NULL
        AND tracking_events.status <> 'delivered'
        AND tracking_events.received_at < judged.cutoff
        AND tracking_events.occurred_at < judged.cutoff
),
known AS (
    SELECT
        judged.night,
        judged.shipment_id,
        judged.order_id,
        judged.customer_id,
        judged.carrier,
        judged.service,
        judged.dest_region,
        judged.shipped_at,
        judged.promised_by_on,
        judged.delivered_at,
        judged.first_scan_at,
        judged.last_event_at,
        judged.scan_learned_at,
        judged.has_tracking_no,
        judged.is_void,
        CASE
            WHEN judged.delivered_at IS NOT NULL THEN 'delivered'
            WHEN ranked.status IS NOT NULL THEN ranked.status
            WHEN judged.own_status = 'delivered' THEN 'unknown'
            ELSE judged.own_status
        END AS status
    FROM judged
    LEFT JOIN ranked
        ON ranked.night = judged.night AND ranked.shipment_id = judged.shipment_id AND ranked.newest_first = 1
)
SELECT
    night,
    shipment_id,
    order_id,
    customer_id,
    carrier,
    service,
    dest_region,
    shipped_at,
    promised_by_on,
    status,
    delivered_at,
    first_scan_at,
    last_event_at,
    scan_learned_at,
    shipped_at IS NOT NULL
        AND delivered_at IS NULL
        AND status NOT IN ('cancelled', 'return_to_sender') AS is_open,
    has_tracking_no,
    is_void,
    replace(replace(coalesce(carrier, 'unknown'), '/', '-'), ',', '-') || '/'
    || replace(replace(coalesce(service, 'unknown'), '/', '-'), ',', '-') || '/'
    || replace(replace(coalesce(dest_region, 'unknown'), '/', '-'), ',', '-') AS lane
FROM known
