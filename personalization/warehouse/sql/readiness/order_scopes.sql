-- One row for each night and order with a parcel: the carriers that had been given one by then, and the regions that the
-- parcels go to (of more than two regions the first and the last by name), joined by commas.
-- columns: night INTEGER, order_id VARCHAR, carriers VARCHAR, regions VARCHAR
-- key: night, order_id
WITH given AS (
    SELECT
        nights.night,
        shipments.order_id,
        replace(replace(coalesce(nullif(trim(shipments.carrier), ''), 'unknown'), '/', '-'), ',', '-') AS carrier,
        replace(replace(coalesce(nullif(trim(shipments.dest_region), ''), 'unknown'), '/', '-'), ',', '-') AS region
    FROM shipments
    CROSS JOIN nights
    WHERE (shipments.shipped_at IS NULL OR CAST(shipments.shipped_at AS DATE) >= CAST($since_on AS DATE))
        AND (
            coalesce(shipments.received_at, shipments.shipped_at) IS NULL
            OR coalesce(shipments.received_at, shipments.shipped_at) < nights.cutoff
        )
        AND shipments.order_id IS NOT NULL
),
grouped AS (
    SELECT
        night,
        order_id,
        min(carrier) AS first_carrier,
        max(carrier) AS last_carrier,
        min(region) AS first_region,
        max(region) AS last_region
    FROM given
    GROUP BY night, order_id
),
mixed AS (
    SELECT DISTINCT given.night, given.order_id, given.carrier
    FROM given
    INNER JOIN grouped ON grouped.night = given.night AND grouped.order_id = given.order_id
    WHERE grouped.first_carrier <> grouped.last_carrier
),
joined AS (
    SELECT night, order_id, string_agg(carrier, ',' ORDER BY carrier) AS carriers
    FROM mixed
    GROUP BY night, order_id
)
SELECT
    grouped.night,
    grouped.order_id,
    coalesce(joined.carriers, grouped.first_carrier) AS carriers,
    CASE
        WHEN grouped.first_region = grouped.last_region THEN grouped.first_region
        ELSE grouped.first_region || ',' || grouped.last_region
    END AS regions
FROM grouped
LEFT JOIN joined ON joined.night = grouped.night AND joined.order_id = grouped.order_id
