-- The list of orders, the newest first, each with its lines, refunds and, in its meta data, its tracking numbers.
WITH lines AS (
    SELECT
        l.order_id,
        list({
            'id': number_of(l.order_line_id),
            'name': coalesce(p.title, l.sku),
            'product_id': number_of(coalesce(p.product_id, '0')),
            'variation_id': coalesce(p.variation_id, 0),
            'quantity': l.qty,
            'tax_class': '',
            'subtotal': amount(l.qty * l.unit_price_cents),
            'subtotal_tax': '0.00',
            'total': amount(l.qty * l.unit_price_cents - coalesce(l.discount_cents, 0)),
            'total_tax': '0.00',
            'taxes': [],
            'meta_data': [],
            'sku': l.sku,
            'price': (l.qty * l.unit_price_cents - coalesce(l.discount_cents, 0)) / l.qty / 100
        } ORDER BY l.order_line_id) AS line_items
    FROM order_lines AS l LEFT JOIN shelf AS p ON p.sku = l.sku
    GROUP BY l.order_id
),

given_back AS (
    SELECT
        order_id,
        list({'id': number_of(refund_id), 'reason': coalesce(reason, ''), 'total': '-' || amount(amount_cents)}
            ORDER BY refunded_at, refund_id) AS refunds,
        max(refunded_at) AS last_at
    FROM refunds
    GROUP BY order_id
),

parcels AS (
    SELECT
        order_id,
        list({
            'tracking_provider': coalesce(carrier, ''),
            'custom_tracking_provider': '',
            'custom_tracking_link': '',
            'tracking_number': tracking_no,
            'date_shipped': coalesce(CAST(CAST(epoch(shipped_at) AS BIGINT) AS VARCHAR), ''),
            'tracking_id': md5(shipment_id)
        } ORDER BY shipment_id) AS items,
        max(shipped_at) AS last_at
    FROM shipments
    WHERE tracking_no IS NOT NULL
    GROUP BY order_id
)

SELECT
    number_of(o.order_id) AS id,
    0 AS parent_id,
    coalesce(o.name, o.order_id) AS number,
    'wc_order_' || left(md5(o.order_id), 13) AS order_key,
    coalesce(o.channel, 'checkout') AS created_via,
    '9.8.5' AS version,
    CASE WHEN o.cancelled_at IS NOT NULL THEN 'cancelled'
        WHEN o.financial_status IN ('pending', 'authorized', 'partially_paid') THEN 'on-hold'
        WHEN o.financial_status IN ('voided', 'expired') THEN 'failed'
        WHEN o.financial_status = 'refunded' THEN 'refunded'
        WHEN parcels.last_at IS NOT NULL THEN 'completed' ELSE 'processing' END AS status,
    o.currency,
    gmt(o.placed_at) AS date_created,
    gmt(o.placed_at) AS date_created_gmt,
    gmt(coalesce(o.cancelled_at, greatest(o.placed_at, given_back.last_at, parcels.last_at))) AS date_modified,
    gmt(coalesce(o.cancelled_at, greatest(o.placed_at, given_back.last_at, parcels.last_at))) AS date_modified_gmt,
    amount(o.discount_cents) AS discount_total,
    '0.00' AS discount_tax,
    amount(o.shipping_cents) AS shipping_total,
    '0.00' AS shipping_tax,
    amount(o.tax_cents) AS cart_tax,
    amount(o.total_cents) AS total,
    amount(o.tax_cents) AS total_tax,
    false AS prices_include_tax,
    number_of(coalesce(o.customer_id, '0')) AS customer_id,
    '' AS customer_note,
    {
        'first_name': coalesce(c.first_name, ''),
        'last_name': '',
        'company': '',
        'country': coalesce(c.country, ''),
        'email': coalesce(c.email, ''),
        'phone': coalesce(c.phone, '')
    } AS billing,
    {'first_name': coalesce(c.first_name, ''), 'last_name': '', 'country': coalesce(c.country, '')} AS shipping,
    'stripe' AS payment_method,
    CASE WHEN o.financial_status IN ('paid', 'partially_refunded', 'refunded') THEN gmt(o.placed_at) END AS date_paid,
    CASE WHEN o.financial_status IN ('paid', 'partially_refunded', 'refunded') THEN gmt(o.placed_at) END
        AS date_paid_gmt,
    gmt(parcels.last_at) AS date_completed,
    gmt(parcels.last_at) AS date_completed_gmt,
    list_concat(
        CASE WHEN parcels.items IS NOT NULL
            THEN [{'id': 1, 'key': '_wc_shipment_tracking_items', 'value': to_json(parcels.items)}] ELSE [] END,
        CASE WHEN o.is_subscription
            THEN [{'id': 2, 'key': '_subscription_renewal', 'value': to_json('1')}] ELSE [] END
    ) AS meta_data,
    coalesce(lines.line_items, []) AS line_items,
    [] AS tax_lines,
    [] AS shipping_lines,
    [] AS fee_lines,
    [] AS coupon_lines,
    coalesce(given_back.refunds, []) AS refunds
FROM orders AS o
LEFT JOIN lines USING (order_id)
LEFT JOIN given_back USING (order_id)
LEFT JOIN parcels USING (order_id)
LEFT JOIN customers AS c ON c.customer_id = o.customer_id
ORDER BY o.placed_at DESC, o.order_id
