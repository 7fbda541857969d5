-- The orders CSV: one row a line, the newest order first, an order's own cells on its first row alone.
WITH lines AS (
    SELECT *, row_number() OVER (PARTITION BY order_id ORDER BY order_line_id) = 1 AS is_first FROM order_lines
),

sent AS (SELECT order_id, min(shipped_at) AS shipped_at FROM shipments GROUP BY order_id),

given_back AS (SELECT order_id, sum(amount_cents) AS cents FROM refunds GROUP BY order_id),

-- A box ticked at a checkout: the consent that was given when the order was placed.
ticked AS (
    SELECT DISTINCT customer_id, captured_at
    FROM consents WHERE channel = 'email' AND purpose = 'marketing' AND status = 'subscribed'
)

SELECT
    coalesce(o.name, '#' || o.order_id) AS "Name",
    c.email AS "Email",
    CASE WHEN l.is_first THEN o.financial_status END AS "Financial Status",
    NULL AS "Paid at",
    CASE WHEN l.is_first THEN CASE WHEN s.order_id IS NULL THEN 'unfulfilled' ELSE 'fulfilled' END END AS "Fulfillment Status",
    CASE WHEN l.is_first THEN on_paper(s.shipped_at) END AS "Fulfilled at",
    CASE WHEN l.is_first THEN CASE WHEN m.customer_id IS NULL THEN 'no' ELSE 'yes' END END AS "Accepts Marketing",
    CASE WHEN l.is_first THEN o.currency END AS "Currency",
    CASE WHEN l.is_first THEN amount(o.total_cents - coalesce(o.shipping_cents, 0)) END AS "Subtotal",
    CASE WHEN l.is_first THEN amount(o.shipping_cents) END AS "Shipping",
    CASE WHEN l.is_first THEN amount(o.tax_cents) END AS "Taxes",
    CASE WHEN l.is_first THEN amount(o.total_cents) END AS "Total",
    NULL AS "Discount Code",
    CASE WHEN l.is_first THEN amount(o.discount_cents) END AS "Discount Amount",
    NULL AS "Shipping Method",
    on_paper(o.placed_at) AS "Created at",
    l.qty AS "Lineitem quantity",
    coalesce(t.title, l.sku) || coalesce(' - ' || t.size, '') AS "Lineitem name",
    amount(l.unit_price_cents) AS "Lineitem price",
    NULL AS "Lineitem compare at price",
    l.sku AS "Lineitem sku",
    'true' AS "Lineitem requires shipping",
    'true' AS "Lineitem taxable",
    CASE WHEN s.order_id IS NULL THEN 'pending' ELSE 'fulfilled' END AS "Lineitem fulfillment status",
    CASE WHEN l.is_first THEN c.first_name END AS "Billing Name",
    NULL AS "Billing Street",
    NULL AS "Billing Address1",
    NULL AS "Billing Address2",
    NULL AS "Billing Company",
    NULL AS "Billing City",
    NULL AS "Billing Zip",
    NULL AS "Billing Province",
    CASE WHEN l.is_first THEN c.country END AS "Billing Country",
    NULL AS "Billing Phone",
    CASE WHEN l.is_first THEN coalesce(p.first_name, c.first_name) END AS "Shipping Name",
    NULL AS "Shipping Street",
    NULL AS "Shipping Address1",
    NULL AS "Shipping Address2",
    NULL AS "Shipping Company",
    NULL AS "Shipping City",
    NULL AS "Shipping Zip",
    NULL AS "Shipping Province",
    NULL AS "Shipping Country",
    NULL AS "Shipping Phone",
    NULL AS "Notes",
    NULL AS "Note Attributes",
    CASE WHEN l.is_first THEN on_paper(o.cancelled_at) END AS "Cancelled at",
    NULL AS "Payment Method",
    NULL AS "Payment Reference",
    CASE WHEN l.is_first THEN amount(r.cents) END AS "Refunded Amount",
    t.brand AS "Vendor",
    CASE WHEN l.is_first THEN '0.00' END AS "Outstanding Balance",
    NULL AS "Employee",
    NULL AS "Location",
    NULL AS "Device ID",
    CASE WHEN l.is_first THEN o.order_id END AS "Id",
    CASE WHEN l.is_first THEN concat_ws(', ', CASE WHEN o.is_gift THEN 'gift' END, CASE WHEN o.is_preorder THEN 'pre-order' END, CASE WHEN o.is_subscription THEN 'Subscription' END, CASE WHEN o.is_test THEN 'test' END) END AS "Tags",
    CASE WHEN l.is_first THEN 'Low' END AS "Risk Level",
    CASE WHEN l.is_first THEN o.channel END AS "Source",
    amount(l.discount_cents) AS "Lineitem discount",
    NULL AS "Tax 1 Name",
    NULL AS "Tax 1 Value",
    CASE WHEN l.is_first THEN as_text(c.phone) END AS "Phone"
FROM lines AS l
INNER JOIN orders AS o ON o.order_id = l.order_id
LEFT JOIN customers AS c ON c.customer_id = o.customer_id
LEFT JOIN customers AS p ON p.customer_id = o.recipient_customer_id
LEFT JOIN products AS t ON t.sku = l.sku
LEFT JOIN sent AS s ON s.order_id = o.order_id
LEFT JOIN given_back AS r ON r.order_id = o.order_id
LEFT JOIN ticked AS m ON m.customer_id = o.customer_id AND m.captured_at = o.placed_at
ORDER BY o.placed_at DESC, o.order_id, l.order_line_id
