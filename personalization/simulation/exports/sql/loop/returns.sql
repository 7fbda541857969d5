-- The detailed list of returns, one page a row, the newest return first. Of a line each piece is an item of its own.
WITH said AS (
    SELECT unnest([
        {'reason': 'size_fit', 'child': 'Too small', 'parent': 'Item didn''t fit'},
        {'reason': 'not_as_described', 'child': 'Different from the picture', 'parent': 'Not as described'},
        {'reason': 'damaged', 'child': 'Arrived damaged', 'parent': 'Something is wrong with it'},
        {'reason': 'wrong_item', 'child': 'Received the wrong item', 'parent': 'Something is wrong with it'},
        {'reason': 'defective', 'child': 'Does not work', 'parent': 'Something is wrong with it'},
        {'reason': 'late', 'child': 'Arrived too late', 'parent': NULL},
        {'reason': 'changed_mind', 'child': 'Changed my mind', 'parent': NULL},
        {'reason': 'allergy', 'child': 'Allergic reaction', 'parent': 'Something is wrong with it'},
        {'reason': 'other', 'child': 'Other', 'parent': NULL},
        {'reason': 'unknown', 'child': 'unknown', 'parent': NULL}
    ], recursive := true)
),

pieces AS (
    SELECT l.*, unnest(range(l.qty)) AS piece FROM return_lines AS l
),

items AS (
    SELECT
        p.return_id,
        list({
            'line_item_id': p.order_line_id || '0' || p.piece,
            'provider_line_item_id': p.order_line_id,
            'product_id': coalesce(a.product_id, ''),
            'variant_id': 'variant-' || o.sku,
            'sku': o.sku,
            'title': coalesce(a.title, o.sku),
            -- What does not divide evenly is in the first piece.
            'price': amount(p.value_cents // p.qty + CASE WHEN p.piece = 0 THEN p.value_cents % p.qty ELSE 0 END),
            'discount': '0.00',
            'tax': '0.00',
            'refund': CASE WHEN p.outcome = 'refund' THEN amount(p.value_cents // p.qty) ELSE '0.00' END,
            'returned_at': plain(r.requested_at),
            'exchange_variant': coalesce('variant-' || p.exchange_sku, ''),
            'return_reason': s.child,
            'parent_return_reason': s.parent,
            'return_comment': NULL,
            'barcode': '',
            'outcome': CASE p.outcome WHEN 'keep_item' THEN 'keep' WHEN 'rejected' THEN 'reject' ELSE 'default' END
        } ORDER BY p.order_line_id, p.piece) AS line_items,
        sum(p.value_cents // p.qty + CASE WHEN p.piece = 0 THEN p.value_cents % p.qty ELSE 0 END) AS total
    FROM pieces AS p
    INNER JOIN returns AS r ON r.return_id = p.return_id
    INNER JOIN order_lines AS o ON o.order_line_id = p.order_line_id
    LEFT JOIN said AS s ON s.reason = p.reason
    LEFT JOIN products AS a ON a.sku = o.sku
    GROUP BY p.return_id
),

swaps AS (
    SELECT
        l.return_id,
        list({
            'exchange_id': l.return_id || '-' || l.order_line_id,
            'exchange_order_id': NULL,
            'exchange_order_name': NULL,
            'product_id': coalesce(a.product_id, ''),
            'variant_id': 'variant-' || l.exchange_sku,
            'sku': l.exchange_sku,
            'title': coalesce(a.title, l.exchange_sku),
            'price': amount(l.value_cents),
            'discount': '0.00',
            'tax': '0.00',
            'total': amount(l.value_cents),
            'out_of_stock': l.outcome <> 'exchange',
            'out_of_stock_resolution': CASE WHEN l.outcome <> 'exchange' THEN l.outcome END
        } ORDER BY l.order_line_id) AS exchanges
    FROM return_lines AS l
    LEFT JOIN products AS a ON a.sku = l.exchange_sku
    WHERE l.exchange_sku IS NOT NULL
    GROUP BY l.return_id
),

listed AS (
    SELECT
        r.requested_at,
        r.return_id,
        {
            'id': r.return_id,
            'state': CASE r.state WHEN 'needs_review' THEN 'needs review' WHEN 'approved' THEN 'open' WHEN 'received' THEN 'open' ELSE r.state END,
            'created_at': at_gmt(r.requested_at),
            'updated_at': at_gmt(coalesce(r.closed_at, r.received_at, r.approved_at, r.requested_at)),
            'edited_at': NULL,
            'total': amount(coalesce(items.total, 0)),
            'outcome': CASE WHEN r.outcome NOT IN ('keep_item', 'rejected') THEN r.outcome END,
            'order_id': left(CAST(md5_number_lower(r.order_id) AS VARCHAR), 9),
            'order_name': o.name,
            'provider_order_id': r.order_id,
            'order_number': ltrim(o.name, '#'),
            'customer': c.email,
            'currency': o.currency,
            'return_product_total': amount(coalesce(items.total, 0)),
            'return_discount_total': '0.00',
            'return_tax_total': '0.00',
            'return_total': amount(coalesce(items.total, 0)),
            'gift_card': CASE WHEN r.outcome IN ('store_credit', 'gift_card') THEN amount(coalesce(items.total, 0)) ELSE '0.00' END,
            'handling_fee': '0.00',
            'refund': CASE WHEN r.outcome IN ('refund', 'keep_item') THEN amount(coalesce(items.total, 0)) ELSE '0.00' END,
            'refunds': [],
            'upsell': '0.00',
            'is_gift_return': coalesce(o.is_gift, false),
            'line_items': coalesce(items.line_items, []),
            'exchanges': coalesce(swaps.exchanges, []),
            'labels': CASE WHEN r.received_at IS NOT NULL OR r.state NOT IN ('needs_review', 'open') THEN [{
                'status': CASE WHEN r.received_at IS NOT NULL THEN 'delivered' WHEN r.state = 'approved' THEN 'in_transit' ELSE 'new' END,
                'updated_at': at_gmt(coalesce(r.received_at, r.approved_at, r.requested_at)),
                'url': 'https://shop.example/label/' || r.return_id,
                'carrier': 'royal-mail',
                'tracking_number': 'RT' || r.return_id
            }] ELSE [] END,
            'return_method': 'mail'
        } AS item
    FROM returns AS r
    LEFT JOIN orders AS o ON o.order_id = r.order_id
    LEFT JOIN customers AS c ON c.customer_id = o.customer_id
    LEFT JOIN items ON items.return_id = r.return_id
    LEFT JOIN swaps ON swaps.return_id = r.return_id
),

placed AS (
    SELECT *, (row_number() OVER (ORDER BY requested_at DESC, return_id) - 1) // 200 AS page, count(*) OVER () AS total
    FROM listed
)

SELECT
    list(item ORDER BY requested_at DESC, return_id) AS returns,
    NULL AS "previousPageUrl",
    CASE WHEN (page + 1) * 200 < any_value(total)
        THEN 'https://api.loopreturns.com/api/v1/warehouse/return/list?cursor=' || md5(min(return_id)) END AS "nextPageUrl"
FROM placed
GROUP BY page
ORDER BY page
