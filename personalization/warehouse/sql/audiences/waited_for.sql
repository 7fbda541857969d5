-- Each parcel that a customer waits for, with days on the shop's own clock: when it was promised, when the carrier last spoke of it, and why it is stuck, if it is. What waits to be fetched, and what a claim has settled, is not waited for.
-- columns: shipment_id VARCHAR, order_id VARCHAR, promised_on DATE, last_news_on DATE, is_stuck BOOLEAN, stuck_since_on DATE
-- key: shipment_id
WITH heard AS (
    SELECT
        p.shipment_id,
        DATE '1970-01-01' + CAST(floor((floor(epoch(p.last_event_at)) + c.offset_seconds) / 86400) AS INTEGER) AS last_news_on
    FROM parcel_state AS p
    INNER JOIN clock_offsets AS c ON p.last_event_at >= c.utc_from AND p.last_event_at < c.utc_to
),

stuck AS (
    SELECT
        e.subject_id AS shipment_id,
        min(
            DATE '1970-01-01' + CAST(floor((floor(epoch(e.since_at)) + c.offset_seconds) / 86400) AS INTEGER)
            -- silence is news only once it has lasted (T3)
            + CASE e.exception WHEN 'parcel_stalled' THEN 4 ELSE 0 END
        ) AS since_on
    FROM open_exceptions AS e
    INNER JOIN clock_offsets AS c ON e.since_at >= c.utc_from AND e.since_at < c.utc_to
    INNER JOIN parcel_state AS p ON p.shipment_id = e.subject_id
    WHERE e.exception = 'parcel_stalled' OR (e.exception = 'parcel_in_trouble' AND p.status IN ('exception', 'expired'))
    GROUP BY e.subject_id
)

SELECT
    p.shipment_id,
    p.order_id,
    coalesce(p.promised_by_on, o.promised_by_on) AS promised_on,
    h.last_news_on,
    s.shipment_id IS NOT NULL AS is_stuck,
    s.since_on AS stuck_since_on
FROM parcel_state AS p
LEFT JOIN orders AS o ON o.order_id = p.order_id
LEFT JOIN heard AS h ON h.shipment_id = p.shipment_id
LEFT JOIN stuck AS s ON s.shipment_id = p.shipment_id
WHERE
    p.is_open
    AND p.status <> 'ready_for_pickup'
    AND NOT EXISTS (
        SELECT 1
        FROM claims AS k
        WHERE k.order_id = p.order_id AND k.type IN ('lost', 'not_received') AND k.resolved_at >= p.shipped_at
    )
