-- Service notices that rest on silence where the feed itself is silent (R7): that of the carrier for more than a weekday, or nothing shipped by the whole shop for more than three.
-- columns: program VARCHAR, customer_id VARCHAR, subject VARCHAR
-- key: program, customer_id, subject
WITH carriers AS (
    SELECT carrier_scope, date_diff('day', DATE '1970-01-01', CAST(max(last_event_at) AS DATE)) + 3 AS heard_on
    FROM parcel_state
    GROUP BY carrier_scope
),

heard AS (
    SELECT p.order_id, min(coalesce(h.heard_on, 0)) AS heard_on
    FROM parcel_state AS p
    INNER JOIN carriers AS h ON h.carrier_scope = p.carrier_scope
    WHERE p.is_open
    GROUP BY p.order_id
),

shipped AS (
    SELECT coalesce(date_diff('day', DATE '1970-01-01', CAST(max(shipped_at) AS DATE)) + 3, 0) AS shipped_on
    FROM parcel_state
),

weekdays AS (
    SELECT
        c.program,
        c.customer_id,
        c.subject,
        date_diff('day', DATE '1970-01-01', CAST($run_date AS DATE)) + 3 AS today,
        coalesce(h.heard_on, s.shipped_on) AS heard_on,
        CASE WHEN h.heard_on IS NULL THEN 3 ELSE 1 END AS patience
    FROM considered AS c
    CROSS JOIN shipped AS s
    LEFT JOIN heard AS h ON h.order_id = c.order_id
    WHERE
        c.program IN ('delay_notice', 'partial_delivery')
        -- what the carrier said is no silence
        AND NOT EXISTS (SELECT 1 FROM open_exceptions AS e WHERE e.order_id = c.order_id AND e.exception = 'parcel_in_trouble')
)

SELECT program, customer_id, subject
FROM weekdays
WHERE
    floor(today / 7) * 5 + least(today - 7 * floor(today / 7), 5)
    - floor(heard_on / 7) * 5 - least(heard_on - 7 * floor(heard_on / 7), 5) > patience
