-- Orders with their refunds inside, their lines, returns and what came back in them, children anywhere.
WITH given_back AS (
    SELECT
        order_id,
        list({
            'id': gid('Refund', refund_id),
            'createdAt': zulu(refunded_at),
            'note': coalesce(reason, ''),
            'totalRefundedSet': money(amount_cents, currency)
        } ORDER BY refunded_at, refund_id) AS refunds,
        max(refunded_at) AS last_at
    FROM (SELECT r.*, o.currency FROM refunds AS r LEFT JOIN orders AS o ON o.order_id = r.order_id) GROUP BY order_id
),

coming_back AS (
    SELECT order_id, max(greatest(requested_at, approved_at, closed_at)) AS last_at FROM returns GROUP BY order_id
),

buyers AS (
    SELECT o.order_id, coalesce(c.merged_into, o.customer_id) AS customer_id, c.email, c.first_name
    FROM orders AS o LEFT JOIN customers AS c ON c.customer_id = o.customer_id
),

nodes AS (
    SELECT
        'O' || o.order_id AS place,
        to_json({
            'id': gid('Order', o.order_id),
            'name': coalesce(o.name, '#' || o.order_id),
            'email': b.email,
            'phone': CAST(NULL AS VARCHAR),
            'customer': CASE WHEN b.customer_id IS NOT NULL THEN {'id': gid('Customer', b.customer_id)} END,
            'createdAt': zulu(o.placed_at),
            'processedAt': zulu(o.placed_at),
            'updatedAt': zulu(greatest(o.placed_at, o.cancelled_at, g.last_at, r.last_at)),
            'cancelledAt': zulu(o.cancelled_at),
            'displayFinancialStatus': upper(o.financial_status),
            'currencyCode': o.currency,
            'totalPriceSet': money(o.total_cents, o.currency),
            'totalDiscountsSet': money(o.discount_cents, o.currency),
            'totalShippingPriceSet': money(o.shipping_cents, o.currency),
            'totalTaxSet': money(o.tax_cents, o.currency),
            'sourceName': o.channel,
            'tags': list_concat(
                CASE WHEN o.is_gift THEN ['gift'] ELSE [] END,
                CASE WHEN o.is_preorder THEN ['pre-order'] ELSE [] END,
                CASE WHEN o.is_subscription THEN ['Subscription'] ELSE [] END
            ),
            'test': coalesce(o.is_test, false),
            'billingAddress': {'name': b.first_name, 'zip': CAST(NULL AS VARCHAR)},
            'shippingAddress': {'name': coalesce(p.first_name, b.first_name), 'zip': CAST(NULL AS VARCHAR)},
            'refunds': coalesce(g.refunds, [])
        }) AS node
    FROM orders AS o
    LEFT JOIN buyers AS b ON b.order_id = o.order_id
    LEFT JOIN customers AS p ON p.customer_id = o.recipient_customer_id
    LEFT JOIN given_back AS g ON g.order_id = o.order_id
    LEFT JOIN coming_back AS r ON r.order_id = o.order_id
    UNION ALL
    SELECT
        'L' || l.order_line_id,
        to_json({
            'id': gid('LineItem', l.order_line_id),
            'sku': l.sku,
            'name': coalesce(p.title, l.sku) || coalesce(' - ' || p.size, ''),
            'quantity': l.qty,
            'currentQuantity': l.qty - coalesce(l.qty_cancelled, 0) - coalesce(l.qty_refunded, 0),
            'originalUnitPriceSet': money(l.unit_price_cents, o.currency),
            'totalDiscountSet': money(l.discount_cents, o.currency),
            'contract': CAST(NULL AS VARCHAR),
            '__parentId': gid('Order', l.order_id)
        })
    FROM order_lines AS l
    LEFT JOIN orders AS o ON o.order_id = l.order_id
    LEFT JOIN products AS p ON p.sku = l.sku
    UNION ALL
    SELECT
        'R' || return_id,
        to_json({
            'id': gid('Return', return_id),
            'name': '#' || order_id || '-R1',
            'status': CASE
                WHEN outcome = 'rejected' THEN 'DECLINED'
                WHEN state IN ('approved', 'received') THEN 'OPEN'
                WHEN state = 'closed' THEN 'CLOSED'
                WHEN state IN ('cancelled', 'expired') THEN 'CANCELED'
                ELSE 'REQUESTED'
            END,
            'createdAt': zulu(requested_at),
            'requestApprovedAt': zulu(approved_at),
            'closedAt': zulu(closed_at),
            '__parentId': gid('Order', order_id)
        })
    FROM returns
    UNION ALL
    SELECT
        'X' || return_id,
        to_json({'id': gid('ExchangeLineItem', return_id), 'quantity': 1, '__parentId': gid('Return', return_id)})
    FROM returns WHERE outcome = 'exchange'
    UNION ALL
    SELECT
        'I' || l.return_id || '/' || l.order_line_id,
        to_json({
            'id': gid('ReturnLineItem', l.return_id || '-' || l.order_line_id),
            'quantity': l.qty,
            'refundedQuantity': CASE WHEN r.state = 'closed' AND l.outcome IN ('refund', 'store_credit', 'gift_card', 'keep_item') THEN l.qty ELSE 0 END,
            'returnReason': CASE l.reason
                WHEN 'size_fit' THEN 'SIZE_TOO_SMALL'
                WHEN 'changed_mind' THEN 'UNWANTED'
                WHEN 'damaged' THEN 'DEFECTIVE'
                WHEN 'allergy' THEN 'OTHER'
                WHEN 'late' THEN 'UNKNOWN'
                ELSE upper(l.reason)
            END,
            'returnReasonDefinition': CASE WHEN l.reason = 'late' THEN {'handle': 'arrived-late'} END,
            'returnReasonNote': CASE WHEN l.reason = 'allergy' THEN 'Allergic reaction' ELSE '' END,
            'customerNote': CAST(NULL AS VARCHAR),
            'fulfillmentLineItem': {'lineItem': {'id': gid('LineItem', l.order_line_id)}},
            'withCodeDiscountedTotalPriceSet': CASE WHEN l.value_cents IS NOT NULL THEN money(l.value_cents, o.currency) END,
            '__parentId': gid('Return', l.return_id)
        })
    FROM return_lines AS l
    INNER JOIN returns AS r ON r.return_id = l.return_id
    LEFT JOIN orders AS o ON o.order_id = r.order_id
)

SELECT CAST(node AS VARCHAR) AS line FROM nodes ORDER BY md5(place), place
