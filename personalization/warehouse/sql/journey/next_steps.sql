-- One row for each order that is not settled (what came back to the shop and was paid back is): the state that its
-- customer is in, the one next step that every touchpoint should name for it, and on which page. earliest_on and latest_on
-- are the days by which a tenth and nine tenths of the parcels of the same lanes had arrived, where at least
-- $minimum_parcels did (R30) and the last of these days is not over.
-- columns: order_id VARCHAR, customer_id VARCHAR, state VARCHAR, next_step VARCHAR, page VARCHAR, earliest_on DATE, latest_on DATE
-- key: order_id
WITH troubles AS (
    SELECT
        open_exceptions.order_id,
        min(exception_states.place) AS place
    FROM open_exceptions
    INNER JOIN exception_states ON exception_states.exception = open_exceptions.exception
    GROUP BY open_exceptions.order_id
),
windows AS (
    SELECT
        parcel_state.order_id,
        min(
            floor((floor(epoch(parcel_state.shipped_at)) + departure.offset_seconds) / 86400) + arrivals.p10_days
        ) AS earliest,
        max(
            floor((floor(epoch(parcel_state.shipped_at)) + departure.offset_seconds) / 86400) + arrivals.p90_days
        ) AS latest,
        min(coalesce(arrivals.parcels, 0)) AS parcels,
        date_diff('day', DATE '1970-01-01', CAST($today_on AS DATE)) AS today
    FROM parcel_state
    INNER JOIN clock_offsets AS departure
        ON parcel_state.shipped_at >= departure.utc_from AND parcel_state.shipped_at < departure.utc_to
    LEFT JOIN arrivals ON arrivals.lane = parcel_state.lane
    WHERE parcel_state.is_open
    GROUP BY parcel_state.order_id
),
paid_back AS (
    SELECT DISTINCT parcel_state.order_id
    FROM parcel_state
    INNER JOIN refunds ON refunds.order_id = parcel_state.order_id
    WHERE parcel_state.status = 'return_to_sender'
        AND refunds.refunded_at >= coalesce(parcel_state.last_event_at, parcel_state.shipped_at)
        AND refunds.refunded_at < $cutoff
),
placed AS (
    SELECT
        order_state.order_id,
        order_state.customer_id,
        CASE
            WHEN exception_states.state = 'partly_delivered' AND windows.order_id IS NULL THEN 'rest_not_shipped'
            WHEN exception_states.state IS NOT NULL THEN exception_states.state
            WHEN order_state.stage IN ('confirmation', 'fulfilment') THEN 'confirmed'
            WHEN order_state.stage = 'in_transit' THEN 'in_transit'
            WHEN order_state.stage = 'issue_resolution' THEN 'stalled'
            WHEN order_state.stage = 'return_exchange' THEN 'return_requested'
            ELSE 'delivered'
        END AS state
    FROM order_state
    LEFT JOIN troubles ON troubles.order_id = order_state.order_id
    LEFT JOIN exception_states ON exception_states.place = troubles.place
    LEFT JOIN paid_back ON paid_back.order_id = order_state.order_id
    LEFT JOIN windows ON windows.order_id = order_state.order_id
    WHERE NOT order_state.is_test
        AND (paid_back.order_id IS NULL OR exception_states.state IS NOT NULL)
        AND (order_state.stage <> 'reorder_reactivation' OR exception_states.state IS NOT NULL)
)
SELECT
    placed.order_id,
    placed.customer_id,
    placed.state,
    state_steps.next_step,
    state_steps.page,
    CASE
        WHEN placed.state IN ('in_transit', 'partly_delivered') AND windows.parcels >= $minimum_parcels AND windows.latest > windows.today
        THEN DATE '1970-01-01' + CAST(windows.earliest AS INTEGER)
    END AS earliest_on,
    CASE
        WHEN placed.state IN ('in_transit', 'partly_delivered') AND windows.parcels >= $minimum_parcels AND windows.latest > windows.today
        THEN DATE '1970-01-01' + CAST(windows.latest AS INTEGER)
    END AS latest_on
FROM placed
INNER JOIN state_steps ON state_steps.state = placed.state
LEFT JOIN windows ON windows.order_id = placed.order_id
