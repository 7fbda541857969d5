-- One row for each lane (carrier, service and region) by which parcels arrived in the days before the cutoff: how many,
-- after how many days on the shop's clock a tenth, half and nine tenths of them had arrived, how many of those that were
-- promised came by the promised day, and by the day after.
-- columns: lane VARCHAR, carrier VARCHAR, service VARCHAR, region VARCHAR, parcels BIGINT, p10_days BIGINT, p50_days BIGINT, p90_days BIGINT, promised BIGINT, on_time BIGINT, on_time_with_grace BIGINT, p50_days_late BIGINT, p90_days_late BIGINT
-- key: lane
WITH dated AS (
    SELECT
        parcel_state.lane,
        floor((floor(epoch(parcel_state.delivered_at)) + arrival.offset_seconds) / 86400) AS arrived_on,
        floor((floor(epoch(parcel_state.shipped_at)) + departure.offset_seconds) / 86400) AS left_on,
        date_diff('day', DATE '1970-01-01', parcel_state.promised_by_on) AS promised_on
    FROM parcel_state
    INNER JOIN clock_offsets AS arrival
        ON parcel_state.delivered_at >= arrival.utc_from AND parcel_state.delivered_at < arrival.utc_to
    INNER JOIN clock_offsets AS departure
        ON parcel_state.shipped_at >= departure.utc_from AND parcel_state.shipped_at < departure.utc_to
    WHERE floor(epoch(parcel_state.delivered_at)) >= $cutoff_epoch - $history_days * 86400
        AND parcel_state.delivered_at >= parcel_state.shipped_at
),
took AS (
    SELECT lane, arrived_on - left_on AS days, count(*) AS parcels
    FROM dated
    GROUP BY lane, arrived_on - left_on
),
reached AS (
    SELECT
        lane,
        days,
        sum(parcels) OVER (PARTITION BY lane ORDER BY days ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS so_far,
        sum(parcels) OVER (PARTITION BY lane) AS total
    FROM took
),
times AS (
    SELECT
        lane,
        max(total) AS parcels,
        min(days) FILTER (WHERE 10 * so_far >= total) AS p10_days,
        min(days) FILTER (WHERE 2 * so_far >= total) AS p50_days,
        min(days) FILTER (WHERE 10 * so_far >= 9 * total) AS p90_days
    FROM reached
    GROUP BY lane
),
missed AS (
    SELECT lane, arrived_on - promised_on AS days, count(*) AS parcels
    FROM dated
    WHERE promised_on IS NOT NULL
    GROUP BY lane, arrived_on - promised_on
),
missed_so_far AS (
    SELECT
        lane,
        days,
        parcels,
        sum(parcels) OVER (PARTITION BY lane ORDER BY days ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS so_far,
        sum(parcels) OVER (PARTITION BY lane) AS total
    FROM missed
),
errors AS (
    SELECT
        lane,
        max(total) AS promised,
        sum(CASE WHEN days <= 0 THEN parcels ELSE 0 END) AS on_time,
        sum(CASE WHEN days <= 1 THEN parcels ELSE 0 END) AS on_time_with_grace,
        min(days) FILTER (WHERE 2 * so_far >= total) AS p50_days_late,
        min(days) FILTER (WHERE 10 * so_far >= 9 * total) AS p90_days_late
    FROM missed_so_far
    GROUP BY lane
)
SELECT
    times.lane,
    split_part(times.lane, '/', 1) AS carrier,
    split_part(times.lane, '/', 2) AS service,
    split_part(times.lane, '/', 3) AS region,
    times.parcels,
    times.p10_days,
    times.p50_days,
    times.p90_days,
    coalesce(errors.promised, 0) AS promised,
    coalesce(errors.on_time, 0) AS on_time,
    coalesce(errors.on_time_with_grace, 0) AS on_time_with_grace,
    errors.p50_days_late,
    errors.p90_days_late
FROM times
LEFT JOIN errors ON errors.lane = times.lane
