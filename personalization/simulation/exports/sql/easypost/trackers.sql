-- A page of the list of trackers a row, as many as EasyPost gives at once, the newest tracker first.
WITH marks AS (
    SELECT unnest([
        {'status': 'label_created', 'word': 'pre_transit', 'detail': 'label_created'},
        {'status': 'in_transit', 'word': 'in_transit', 'detail': 'arrived_at_facility'},
        {'status': 'out_for_delivery', 'word': 'out_for_delivery', 'detail': 'out_for_delivery'},
        {'status': 'attempt_failed', 'word': 'in_transit', 'detail': 'delivery_exception'},
        {'status': 'ready_for_pickup', 'word': 'available_for_pickup', 'detail': 'arrived_at_pickup_location'},
        {'status': 'delivered', 'word': 'delivered', 'detail': 'arrived_at_destination'},
        {'status': 'delayed', 'word': 'in_transit', 'detail': 'delayed'},
        {'status': 'exception', 'word': 'failure', 'detail': 'failure'},
        {'status': 'return_to_sender', 'word': 'return_to_sender', 'detail': 'return'},
        {'status': 'cancelled', 'word': 'cancelled', 'detail': 'cancelled'},
        {'status': 'expired', 'word': 'failure', 'detail': 'expired'},
        {'status': 'unknown', 'word': 'unknown', 'detail': 'unknown'}
    ], recursive := true)
),

scans AS (
    SELECT
        e.shipment_id,
        list({
            'object': 'TrackingDetail',
            'message': CASE WHEN e.status = 'attempt_failed' THEN 'Delivery attempted: ' ELSE '' END || coalesce(e.raw_status, ''),
            'description': '',
            'status': m.word,
            'status_detail': m.detail,
            'datetime': at_utc(e.occurred_at),
            'source': s.carrier,
            'carrier_code': e.raw_status,
            'tracking_location': {'object': 'TrackingLocation', 'city': NULL, 'state': NULL, 'country': NULL, 'zip': NULL}
        } ORDER BY e.occurred_at, e.event_id) AS tracking_details,
        -- A clock that goes wrong may tell a scan later than it was known.
        max(greatest(e.received_at, e.occurred_at)) AS last_at
    FROM tracking_events AS e
    INNER JOIN shipments AS s ON s.shipment_id = e.shipment_id
    INNER JOIN marks AS m ON m.status = e.status
    GROUP BY e.shipment_id
),

trackers AS (
    SELECT
        s.received_at AS added_at,
        s.shipment_id,
        {
            'id': 'trk_' || lpad(s.shipment_id, 32, '0'),
            'object': 'Tracker',
            'mode': 'production',
            'tracking_code': s.tracking_no,
            'status': m.word,
            'status_detail': m.detail,
            'created_at': at_utc(s.received_at),
            'updated_at': at_utc(greatest(s.received_at, scans.last_at)),
            'signed_by': NULL,
            'weight': NULL,
            'est_delivery_date': strftime(s.eta_latest_on, '%Y-%m-%dT00:00:00Z'),
            'shipment_id': 'shp_' || lpad(s.shipment_id, 32, '0'),
            'carrier': s.carrier,
            'tracking_details': coalesce(scans.tracking_details, []),
            'fees': [],
            'carrier_detail': {
                'object': 'CarrierDetail',
                'service': s.service,
                'container_type': NULL,
                'est_delivery_date_local': strftime(s.eta_latest_on, '%Y-%m-%d'),
                'est_delivery_time_local': NULL,
                'origin_tracking_location': {'object': 'TrackingLocation', 'city': s.origin, 'state': NULL, 'country': NULL, 'zip': NULL},
                'destination_tracking_location': {
                    'object': 'TrackingLocation',
                    'city': NULL,
                    'state': CASE WHEN NOT is_country(s.dest_region) THEN s.dest_region END,
                    'country': CASE WHEN is_country(s.dest_region) THEN s.dest_region END,
                    'zip': NULL
                }
            },
            'is_return': false,
            'finalized': s.status IN ('delivered', 'return_to_sender', 'cancelled')
        } AS tracker
    FROM shipments AS s
    LEFT JOIN marks AS m ON m.status = s.status
    LEFT JOIN scans ON scans.shipment_id = s.shipment_id
    WHERE s.tracking_no IS NOT NULL -- nothing else can be followed
),

placed AS (
    SELECT *, (row_number() OVER (ORDER BY added_at DESC, shipment_id) - 1) // 100 AS page, count(*) OVER () AS total
    FROM trackers
)

SELECT list(tracker ORDER BY added_at DESC, shipment_id) AS trackers, (page + 1) * 100 < any_value(total) AS has_more
FROM placed
GROUP BY page
ORDER BY page
