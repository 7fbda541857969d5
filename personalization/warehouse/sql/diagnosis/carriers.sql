-- One row for each carrier: its parcels of the window, how many were due and came by the day after the promised one, and
-- the tickets that asked for one of its orders (R48).
-- columns: carrier VARCHAR, parcels BIGINT, due BIGINT, on_time BIGINT, wismo BIGINT
-- key: carrier
WITH sent AS (
    SELECT
        coalesce(carrier, 'unknown') AS carrier,
        order_id,
        CASE
            WHEN date_diff('day', promised_by_on, CAST($cutoff AS DATE)) >= 2 THEN 1
            ELSE 0
        END AS due,
        CASE
            WHEN date_diff('day', promised_by_on, CAST($cutoff AS DATE)) >= 2
                AND date_diff('day', promised_by_on, CAST(delivered_at AS DATE)) <= 1
            THEN 1
            ELSE 0
        END AS on_time
    FROM parcel_state
    WHERE status <> 'cancelled' AND floor(epoch(shipped_at)) >= $cutoff_epoch - $window_days * 86400
),
asked AS (
    SELECT DISTINCT sent.carrier, ticket_facts.ticket_id
    FROM sent
    INNER JOIN ticket_facts ON ticket_facts.order_id = sent.order_id
    WHERE ticket_facts.is_in_window AND ticket_facts.reason = 'wismo'
),
asks AS (
    SELECT carrier, count(*) AS wismo
    FROM asked
    GROUP BY carrier
),
carried AS (
    SELECT carrier, count(*) AS parcels, sum(due) AS due, sum(on_time) AS on_time
    FROM sent
    GROUP BY carrier
)
SELECT carried.carrier, carried.parcels, carried.due, carried.on_time, coalesce(asks.wismo, 0) AS wismo
FROM carried
LEFT JOIN asks ON asks.carrier = carried.carrier
