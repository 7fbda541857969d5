-- One row for each order line that still stands (units left, order neither cancelled, void nor a test): is it with the customer?
-- A line is delivered when its units are in delivered parcels and none of its parcels is still on the way. A parcel whose
-- contents are not listed may hold any line of its order that the listed parcels do not cover. What needs no parcel
-- (digital goods, gift cards, services) is delivered when it is bought.
-- What was sent back and is kept after all, or came again as the same item, is not returned.
-- placed_on and delivered_on are days on the shop's own clock, summer time included.
-- columns: order_line_id VARCHAR, order_id VARCHAR, customer_id VARCHAR, sku VARCHAR, qty BIGINT, unit_price_cents BIGINT, placed_at TIMESTAMP, delivered_at TIMESTAMP, parcels BIGINT, is_delivered BOOLEAN, is_returned BOOLEAN, lanes VARCHAR, placed_on DATE, delivered_on DATE
-- key: order_line_id
WITH standing AS (
    SELECT
        order_lines.order_line_id,
        order_lines.order_id,
        coalesce(merged_customers.root_id, orders.customer_id) AS customer_id,
        order_lines.sku,
        order_lines.qty - coalesce(order_lines.qty_cancelled, 0) AS qty,
        order_lines.unit_price_cents,
        orders.placed_at,
        coalesce(products.product_type, 'unknown') IN ('digital', 'gift_card', 'service') AS is_parcel_free
    FROM order_lines
    INNER JOIN orders ON orders.order_id = order_lines.order_id
    LEFT JOIN products ON products.sku = order_lines.sku
    LEFT JOIN merged_customers ON merged_customers.customer_id = orders.customer_id
    WHERE coalesce(orders.received_at, orders.placed_at) < $cutoff
        AND coalesce(order_lines.received_at, orders.placed_at) < $cutoff
        AND (orders.cancelled_at IS NULL OR orders.cancelled_at >= $cutoff)
        AND NOT coalesce(orders.is_test, FALSE)
        AND orders.financial_status NOT IN ('voided', 'expired')
        AND order_lines.qty > coalesce(order_lines.qty_cancelled, 0)
),
parcels AS (
    SELECT
        shipment_id,
        order_id,
        lane,
        delivered_at,
        CASE WHEN delivered_at IS NOT NULL THEN 1 ELSE 0 END AS delivered,
        CASE
            WHEN delivered_at IS NULL AND status NOT IN ('return_to_sender', 'expired') THEN 1
            ELSE 0
        END AS under_way
    FROM parcel_state
    WHERE status <> 'cancelled'
),
contents AS (
    SELECT
        shipment_lines.order_line_id,
        count(*) AS parcels,
        max(parcels.delivered_at) AS delivered_at,
        sum(shipment_lines.qty) AS listed_qty,
        sum(parcels.delivered * shipment_lines.qty) AS delivered_qty,
        sum(parcels.under_way) AS under_way,
        min(parcels.lane) AS first_lane,
        max(parcels.lane) AS last_lane
    FROM shipment_lines
    INNER JOIN parcels ON parcels.shipment_id = shipment_lines.shipment_id
    GROUP BY shipment_lines.order_line_id
),
unlisted AS (
    SELECT order_id, lane, delivered_at, delivered
    FROM parcels
    WHERE NOT EXISTS (SELECT 1 FROM shipment_lines WHERE shipment_lines.shipment_id = parcels.shipment_id)
),
unlisted_orders AS (
    SELECT
        order_id,
        count(*) AS parcels,
        max(delivered_at) AS delivered_at,
        sum(delivered) AS delivered,
        min(lane) AS first_lane,
        max(lane) AS last_lane
    FROM unlisted
    GROUP BY order_id
),
matched AS (
    SELECT
        standing.order_line_id,
        standing.order_id,
        standing.customer_id,
        standing.sku,
        standing.qty,
        standing.unit_price_cents,
        standing.placed_at,
        standing.is_parcel_free,
        coalesce(contents.parcels, 0) AS listed_parcels,
        contents.delivered_at AS listed_delivered_at,
        coalesce(contents.delivered_qty, 0) AS delivered_qty,
        coalesce(contents.under_way, 0) AS under_way,
        coalesce(unlisted_orders.parcels, 0) AS unlisted_parcels,
        coalesce(unlisted_orders.delivered, 0) AS unlisted_delivered,
        unlisted_orders.delivered_at AS unlisted_delivered_at,
        least(
            coalesce(contents.first_lane, unlisted_orders.first_lane),
            coalesce(unlisted_orders.first_lane, contents.first_lane)
        ) AS first_lane,
        greatest(
            coalesce(contents.last_lane, unlisted_orders.last_lane),
            coalesce(unlisted_orders.last_lane, contents.last_lane)
        ) AS last_lane
    FROM standing
    LEFT JOIN contents ON contents.order_line_id = standing.order_line_id
    LEFT JOIN unlisted_orders
        ON unlisted_orders.order_id = standing.order_id
        AND coalesce(contents.listed_qty, 0) < standing.qty
        AND NOT (standing.is_parcel_free AND contents.order_line_id IS NULL)
),
judged AS (
    SELECT
        matched.order_line_id,
        matched.order_id,
        matched.customer_id,
        matched.sku,
        matched.qty,
        matched.unit_price_cents,
        matched.placed_at,
        matched.listed_parcels,
        matched.unlisted_parcels,
        matched.listed_delivered_at,
        matched.unlisted_delivered_at,
        matched.first_lane,
        matched.last_lane,
        CASE
            WHEN is_parcel_free AND listed_parcels = 0 THEN TRUE
            WHEN listed_parcels + unlisted_parcels = 0 OR under_way > 0 THEN FALSE
            WHEN unlisted_parcels > 0 THEN unlisted_delivered = unlisted_parcels
            ELSE delivered_qty >= qty
        END AS is_delivered
    FROM matched
),
mixed AS (
    SELECT order_lines.order_line_id
    FROM unlisted_orders
    INNER JOIN order_lines ON order_lines.order_id = unlisted_orders.order_id
    WHERE unlisted_orders.first_lane <> unlisted_orders.last_lane
    UNION
    SELECT contents.order_line_id
    FROM contents
    INNER JOIN order_lines ON order_lines.order_line_id = contents.order_line_id
    LEFT JOIN unlisted_orders ON unlisted_orders.order_id = order_lines.order_id
    WHERE contents.first_lane <> contents.last_lane OR contents.first_lane <> unlisted_orders.first_lane
),
line_lanes AS (
    SELECT mixed.order_line_id, parcels.lane
    FROM mixed
    INNER JOIN shipment_lines ON shipment_lines.order_line_id = mixed.order_line_id
    INNER JOIN parcels ON parcels.shipment_id = shipment_lines.shipment_id
    UNION
    SELECT mixed.order_line_id, unlisted.lane
    FROM mixed
    INNER JOIN order_lines ON order_lines.order_line_id = mixed.order_line_id
    INNER JOIN unlisted ON unlisted.order_id = order_lines.order_id
    LEFT JOIN contents ON contents.order_line_id = mixed.order_line_id
    WHERE coalesce(contents.listed_qty, 0) < order_lines.qty - coalesce(order_lines.qty_cancelled, 0)
),
lanes AS (
    SELECT order_line_id, string_agg(lane, ',' ORDER BY lane) AS lanes
    FROM line_lanes
    GROUP BY order_line_id
),
sent_back AS (
    SELECT DISTINCT return_lines.order_line_id
    FROM return_lines
    INNER JOIN returns ON returns.return_id = return_lines.return_id
    INNER JOIN order_lines ON order_lines.order_line_id = return_lines.order_line_id
    WHERE returns.requested_at < $cutoff
        AND returns.state NOT IN ('cancelled', 'expired')
        AND coalesce(return_lines.outcome, returns.outcome, 'none') NOT IN ('rejected', 'keep_item')
        AND NOT coalesce(return_lines.exchange_sku = order_lines.sku, FALSE)
),
arrived AS (
    SELECT
        judged.order_line_id,
        judged.order_id,
        judged.customer_id,
        judged.sku,
        judged.qty,
        judged.unit_price_cents,
        judged.placed_at,
        CASE
            WHEN NOT judged.is_delivered THEN NULL
            WHEN judged.listed_parcels + judged.unlisted_parcels = 0 THEN judged.placed_at
            WHEN judged.listed_delivered_at IS NULL THEN judged.unlisted_delivered_at
            WHEN judged.unlisted_delivered_at > judged.listed_delivered_at THEN judged.unlisted_delivered_at
            ELSE judged.listed_delivered_at
        END AS delivered_at,
        judged.listed_parcels + judged.unlisted_parcels AS parcels,
        judged.is_delivered,
        judged.first_lane,
        judged.last_lane
    FROM judged
)
SELECT
    arrived.order_line_id,
    arrived.order_id,
    arrived.customer_id,
    arrived.sku,
    arrived.qty,
    arrived.unit_price_cents,
    arrived.placed_at,
    arrived.delivered_at,
    arrived.parcels,
    arrived.is_delivered,
    sent_back.order_line_id IS NOT NULL AS is_returned,
    CASE WHEN arrived.first_lane <> arrived.last_lane THEN lanes.lanes ELSE arrived.first_lane END AS lanes,
    DATE '1970-01-01' + CAST(floor((floor(epoch(arrived.placed_at)) + ordering.offset_seconds) / 86400) AS INTEGER)
        AS placed_on,
    DATE '1970-01-01' + CAST(floor((floor(epoch(arrived.delivered_at)) + arrival.offset_seconds) / 86400) AS INTEGER)
        AS delivered_on
FROM arrived
LEFT JOIN lanes ON lanes.order_line_id = arrived.order_line_id
LEFT JOIN sent_back ON sent_back.order_line_id = arrived.order_line_id
LEFT JOIN clock_offsets AS ordering ON arrived.placed_at >= ordering.utc_from AND arrived.placed_at < ordering.utc_to
LEFT JOIN clock_offsets AS arrival
    ON arrived.delivered_at >= arrival.utc_from AND arrived.delivered_at < arrival.utc_to
