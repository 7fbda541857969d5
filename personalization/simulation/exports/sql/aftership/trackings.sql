-- A page of the list of trackings a row, as many as AfterShip gives at once, the newest tracking first.
WITH marks AS (
    SELECT unnest([
        {'status': 'label_created', 'tag': 'InfoReceived', 'subtag': 'InfoReceived_001', 'said': 'Info Received'},
        {'status': 'in_transit', 'tag': 'InTransit', 'subtag': 'InTransit_001', 'said': 'In Transit'},
        {'status': 'out_for_delivery', 'tag': 'OutForDelivery', 'subtag': 'OutForDelivery_001', 'said': 'Out for Delivery'},
        {'status': 'attempt_failed', 'tag': 'AttemptFail', 'subtag': 'AttemptFail_001', 'said': 'Failed Attempt'},
        {'status': 'ready_for_pickup', 'tag': 'AvailableForPickup', 'subtag': 'AvailableForPickup_001', 'said': 'Available for pickup'},
        {'status': 'delivered', 'tag': 'Delivered', 'subtag': 'Delivered_001', 'said': 'Delivered'},
        {'status': 'delayed', 'tag': 'Exception', 'subtag': 'Exception_005', 'said': 'Delayed (External factors)'},
        {'status': 'exception', 'tag': 'Exception', 'subtag': 'Exception_001', 'said': 'Exception'},
        {'status': 'return_to_sender', 'tag': 'Exception', 'subtag': 'Exception_010', 'said': 'Returning to sender'},
        {'status': 'cancelled', 'tag': 'Exception', 'subtag': 'Exception_020', 'said': 'Shipment cancelled'},
        {'status': 'expired', 'tag': 'Expired', 'subtag': 'Expired_001', 'said': 'Expired'},
        {'status': 'unknown', 'tag': 'Pending', 'subtag': 'Pending_001', 'said': 'Pending'}
    ], recursive := true)
),

scans AS (
    SELECT
        e.shipment_id,
        list({
            'created_at': at_gmt(e.received_at),
            'slug': s.carrier,
            'checkpoint_time': at_gmt(e.occurred_at),
            'location': NULL,
            'city': NULL,
            'state': NULL,
            'postal_code': NULL,
            'country_region': NULL,
            'country_region_name': NULL,
            'message': upper(e.raw_status),
            'tag': m.tag,
            'subtag': m.subtag,
            'subtag_message': m.said,
            'raw_tag': e.raw_status,
            'events': [],
            'source': 'carrier'
        } ORDER BY e.occurred_at, e.event_id) AS checkpoints,
        max(e.received_at) AS last_at,
        bool_or(e.status = 'return_to_sender') AS is_returning
    FROM tracking_events AS e
    INNER JOIN shipments AS s ON s.shipment_id = e.shipment_id
    INNER JOIN marks AS m ON m.status = e.status
    GROUP BY e.shipment_id
),

trackings AS (
    SELECT
        s.received_at AS added_at,
        s.shipment_id,
        {
            'id': s.shipment_id,
            'legacy_id': left(md5(s.shipment_id), 24),
            'created_at': at_gmt(s.received_at),
            'updated_at': at_gmt(greatest(s.received_at, scans.last_at)),
            'tracking_number': s.tracking_no,
            'slug': s.carrier,
            'active': s.status NOT IN ('delivered', 'expired', 'cancelled', 'return_to_sender'),
            'custom_fields': NULL,
            'origin_country_region': NULL,
            'origin_state': NULL,
            'origin_city': s.origin,
            'destination_country_region': CASE WHEN is_country(s.dest_region) THEN three_letters(s.dest_region) END,
            'destination_state': CASE WHEN NOT is_country(s.dest_region) THEN s.dest_region END,
            'destination_city': NULL,
            'courier_estimated_delivery_date': {
                'estimated_delivery_date': on_day(coalesce(s.eta_latest_on, s.eta_first_on)),
                'estimated_delivery_date_min': on_day(s.eta_first_on),
                'estimated_delivery_date_max': on_day(s.eta_latest_on)
            },
            'order_id': s.order_id,
            'order_number': o.name,
            'order_date': at_gmt(o.placed_at),
            'shipment_package_count': 1,
            'shipment_pickup_date': at_gmt(s.shipped_at),
            'shipment_delivery_date': at_gmt(s.delivered_at),
            'shipment_type': s.service,
            'signed_by': NULL,
            'source': 'shopify',
            'tag': m.tag,
            'subtag': m.subtag,
            'subtag_message': m.said,
            'title': s.tracking_no,
            'tracked_count': coalesce(len(scans.checkpoints), 0) + 1,
            'checkpoints': coalesce(scans.checkpoints, []),
            'return_to_sender': coalesce(scans.is_returning, false),
            'order_promised_delivery_date': {
                'promised_delivery_date': on_day(s.promised_by_on),
                'promised_delivery_date_min': NULL,
                'promised_delivery_date_max': NULL
            },
            'shipment_direction': 'forward'
        } AS tracking
    FROM shipments AS s
    LEFT JOIN orders AS o ON o.order_id = s.order_id
    LEFT JOIN marks AS m ON m.status = s.status
    LEFT JOIN scans ON scans.shipment_id = s.shipment_id
    WHERE s.tracking_no IS NOT NULL -- nothing else can be followed
),

placed AS (
    SELECT *, (row_number() OVER (ORDER BY added_at DESC, shipment_id) - 1) // 200 AS page, count(*) OVER () AS total
    FROM trackings
)

SELECT
    {'code': 200} AS meta,
    {
        'pagination': {
            'total': any_value(total),
            'next_cursor': CASE WHEN (page + 1) * 200 < any_value(total) THEN md5(min(shipment_id)) END,
            'has_next_page': (page + 1) * 200 < any_value(total)
        },
        'trackings': list(tracking ORDER BY added_at DESC, shipment_id)
    } AS data
FROM placed
GROUP BY page
ORDER BY page
