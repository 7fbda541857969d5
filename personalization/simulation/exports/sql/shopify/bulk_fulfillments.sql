-- Fulfilment orders with their parcels, what is in them and what the carriers said; Shopify has no word for some of it.
WITH words AS (
    SELECT unnest([
        {'own': 'label_created', 'word': 'LABEL_PRINTED'},
        {'own': 'in_transit', 'word': 'IN_TRANSIT'},
        {'own': 'out_for_delivery', 'word': 'OUT_FOR_DELIVERY'},
        {'own': 'attempt_failed', 'word': 'ATTEMPTED_DELIVERY'},
        {'own': 'ready_for_pickup', 'word': 'READY_FOR_PICKUP'},
        {'own': 'delivered', 'word': 'DELIVERED'},
        {'own': 'delayed', 'word': 'DELAYED'},
        {'own': 'exception', 'word': 'FAILURE'},
        {'own': 'return_to_sender', 'word': 'FAILURE'},
        {'own': 'expired', 'word': 'FAILURE'}
    ], recursive := true)
),

told AS (SELECT shipment_id, max(received_at) AS last_at FROM tracking_events GROUP BY shipment_id),

nodes AS (
    SELECT
        'O' || s.shipment_id AS place,
        to_json({
            'id': gid('FulfillmentOrder', s.shipment_id),
            'orderId': gid('Order', s.order_id),
            'destination': {
                'countryCode': CASE WHEN regexp_full_match(s.dest_region, '[A-Z]{2}') THEN s.dest_region ELSE c.country END,
                'province': CASE WHEN NOT regexp_full_match(s.dest_region, '[A-Z]{2}') THEN s.dest_region END
            }
        }) AS node
    FROM shipments AS s
    LEFT JOIN orders AS o ON o.order_id = s.order_id
    LEFT JOIN customers AS c ON c.customer_id = o.customer_id
    UNION ALL
    SELECT
        'F' || s.shipment_id,
        to_json({
            'id': gid('Fulfillment', s.shipment_id),
            'order': {'id': gid('Order', s.order_id)},
            'createdAt': zulu(coalesce(s.received_at, s.shipped_at)),
            'updatedAt': zulu(greatest(s.received_at, s.shipped_at, s.delivered_at, told.last_at)),
            'inTransitAt': zulu(s.shipped_at),
            'deliveredAt': zulu(s.delivered_at),
            'estimatedDeliveryAt': strftime(s.eta_latest_on, '%Y-%m-%dT00:00:00Z'),
            'status': CASE WHEN s.status = 'cancelled' THEN 'CANCELLED' ELSE 'SUCCESS' END,
            'displayStatus': CASE WHEN s.status = 'cancelled' THEN 'CANCELED' ELSE coalesce(words.word, 'FULFILLED') END,
            'trackingInfo': CASE
                WHEN s.tracking_no IS NULL AND s.carrier IS NULL THEN []
                ELSE [{'number': s.tracking_no, 'company': s.carrier, 'url': CAST(NULL AS VARCHAR)}]
            END,
            '__parentId': gid('FulfillmentOrder', s.shipment_id)
        })
    FROM shipments AS s
    LEFT JOIN told ON told.shipment_id = s.shipment_id
    LEFT JOIN words ON words.own = s.status
    UNION ALL
    SELECT
        'L' || shipment_id || '/' || order_line_id,
        to_json({
            'id': gid('FulfillmentLineItem', shipment_id || '-' || order_line_id),
            'quantity': qty,
            'lineItem': {'id': gid('LineItem', order_line_id)},
            '__parentId': gid('Fulfillment', shipment_id)
        })
    FROM shipment_lines
    UNION ALL
    SELECT
        'E' || e.event_id,
        to_json({
            'id': gid('FulfillmentEvent', e.event_id),
            'status': words.word,
            'happenedAt': zulu(e.occurred_at),
            'createdAt': zulu(e.received_at),
            'message': e.raw_status,
            'city': e.location,
            'province': CAST(NULL AS VARCHAR),
            'country': CAST(NULL AS VARCHAR),
            '__parentId': gid('Fulfillment', e.shipment_id)
        })
    FROM tracking_events AS e INNER JOIN words ON words.own = e.status
)

SELECT CAST(node AS VARCHAR) AS line FROM nodes ORDER BY md5(place), place
