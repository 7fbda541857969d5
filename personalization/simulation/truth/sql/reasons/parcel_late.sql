-- The promised day is over and the parcel is not there. Without a promise thirty days count (T10: the FTC's mail-order rule).
WITH expected AS (
    SELECT
        parcels.customer_id,
        parcels.order_id,
        coalesce(parcels.promised_by_on, CAST(journeys.placed_at AS DATE) + 30) + 1 AS late_on,
        parcels.known_at,
        least(parcels.ended_at, journeys.cancelled_at) AS until_at,
        least(parcels.told_ended_at, journeys.cancelled_at) AS known_until_at
    FROM parcels
    JOIN journeys ON journeys.order_id = parcels.order_id
    WHERE NOT parcels.is_void
    UNION ALL
    -- Not even sent.
    SELECT
        customer_id,
        order_id,
        coalesce(promised_by_on, CAST(placed_at AS DATE) + 30) + 1,
        known_at,
        cancelled_at,
        cancelled_at
    FROM journeys
    WHERE parcels = 0 AND NOT needs_no_parcel
)
SELECT
    customer_id,
    order_id,
    CAST(late_on AS TIMESTAMP) AS from_at,
    until_at,
    greatest(CAST(late_on AS TIMESTAMP), known_at) AS known_from_at,
    known_until_at
FROM expected
WHERE coalesce(greatest(until_at, known_until_at) >= CAST(late_on AS TIMESTAMP), TRUE)
