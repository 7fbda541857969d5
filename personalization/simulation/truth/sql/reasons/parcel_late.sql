-- The promised day is over and the parcel is not there, nor was it made good. Without a promise thirty days count (T10: the FTC's mail-order rule).
WITH expected AS (
    SELECT
        parcels.customer_id,
        parcels.order_id,
        coalesce(parcels.promised_by_on, CAST(journeys.placed_at AS DATE) + 30) + 1 AS late_on,
        parcels.known_at,
        least(parcels.ended_at, journeys.cancelled_at, made_good.made_good_at) AS until_at,
        least(parcels.told_ended_at, journeys.cancelled_at, made_good.told_at) AS known_until_at
    FROM parcels
    JOIN journeys ON journeys.order_id = parcels.order_id
    LEFT JOIN made_good ON made_good.order_id = parcels.order_id
    WHERE NOT parcels.is_void
    UNION ALL
    -- Not even sent.
    SELECT
        journeys.customer_id,
        journeys.order_id,
        coalesce(journeys.promised_by_on, CAST(journeys.placed_at AS DATE) + 30) + 1,
        journeys.known_at,
        least(journeys.cancelled_at, made_good.made_good_at),
        least(journeys.cancelled_at, made_good.told_at)
    FROM journeys
    LEFT JOIN made_good ON made_good.order_id = journeys.order_id
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
