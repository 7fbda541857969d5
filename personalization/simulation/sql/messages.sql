-- What other tools sent: the shop's confirmation of each order, the tracking tool's notice of each parcel, and now and then a
-- newsletter to people who may get one.
WITH sent AS (
    SELECT
        order_id || '-M-confirmation' AS message_id,
        customer_id,
        order_id,
        'shop' AS source,
        'service' AS class,
        'order_confirmation' AS program,
        make_timestamp(placed_at * 1000000) + INTERVAL 2 MINUTE AS sent_at
    FROM order_plan
    WHERE customer_id IS NOT NULL
    UNION ALL
    SELECT
        parcels.shipment_id || '-M-shipped',
        parcels.customer_id,
        parcels.order_id,
        'tracking',
        'service',
        'shipping_notice',
        known_scans.received_at + INTERVAL 5 MINUTE
    FROM parcels
    JOIN known_scans ON known_scans.shipment_id = parcels.shipment_id AND known_scans.course = 1
    WHERE parcels.customer_id IS NOT NULL
    UNION ALL
    SELECT
        order_plan.order_id || '-M-newsletter',
        order_plan.customer_id,
        NULL,
        'esp',
        'marketing',
        'newsletter',
        make_timestamp(order_plan.newsletter_at * 1000000)
    FROM order_plan
    JOIN people ON people.customer_id = order_plan.customer_id
    WHERE
        order_plan.newsletter_at IS NOT NULL
        AND people.consent_status IN ('subscribed', 'soft_opt_in')
        AND NOT (people.has_left AND people.left_at < make_timestamp(order_plan.newsletter_at * 1000000))
)
SELECT
    message_id,
    customer_id,
    order_id,
    source,
    class,
    program,
    'email' AS channel,
    sent_at,
    CASE
        WHEN md5_number_lower($seed || ':bounce:' || message_id) < $bounced THEN 'bounced'
        ELSE 'delivered'
    END AS status,
    sent_at AS received_at,
    FALSE AS is_received_assumed
FROM sent
WHERE sent_at < $until
ORDER BY message_id
