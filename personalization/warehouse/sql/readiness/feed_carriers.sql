-- One row for each night and carrier in use: its parcels still on the way, and when its newest scan was learned.
-- A parcel that left more than 30 days ago no longer tells whether the feed is alive (T3: it counts as expired).
-- columns: night INTEGER, carrier VARCHAR, open_parcels BIGINT, newest_at TIMESTAMP
-- key: night, carrier
SELECT
    parcel_nights.night,
    split_part(parcel_nights.lane, '/', 1) AS carrier,
    count(*) FILTER (
        WHERE parcel_nights.is_open
            AND floor(epoch(parcel_nights.shipped_at)) >= nights.cutoff_epoch - 30 * 86400
    ) AS open_parcels,
    max(parcel_nights.scan_learned_at) AS newest_at
FROM parcel_nights
INNER JOIN nights ON nights.night = parcel_nights.night
WHERE NOT parcel_nights.is_void AND floor(epoch(parcel_nights.shipped_at)) >= nights.cutoff_epoch - $in_use_days * 86400
GROUP BY parcel_nights.night, split_part(parcel_nights.lane, '/', 1)
