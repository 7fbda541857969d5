-- One row for each thing that is wrong with an order at the cutoff: what, the ticket, claim, return, parcel or order it is
-- about, since when, and the day on which it no longer counts at the latest, where there is one. A parcel at home is
-- stalled after three weekdays without a scan, one abroad after ten (T3). An order is not shipped where nothing left by
-- the promised day, or in $ship_within_days where none was promised (T10), and it was paid and not paid back.
-- columns: order_id VARCHAR, customer_id VARCHAR, exception VARCHAR, subject_id VARCHAR, since_at TIMESTAMP, released_on DATE
-- key: order_id, exception, subject_id
WITH unsettled AS (
    SELECT
        parcel_state.order_id,
        parcel_state.shipment_id,
        parcel_state.status,
        parcel_state.is_open,
        coalesce(parcel_state.last_event_at, parcel_state.shipped_at) AS heard_at,
        floor(
            (floor(epoch(coalesce(parcel_state.last_event_at, parcel_state.shipped_at))) + heard.offset_seconds) / 86400
        ) + 3 AS heard_on,
        date_diff('day', DATE '1970-01-01', CAST($today_on AS DATE)) + 3 AS today,
        CASE WHEN customers.country IS NULL OR home_country.country IS NOT NULL THEN 3 ELSE 10 END AS patience
    FROM parcel_state
    INNER JOIN clock_offsets AS heard
        ON coalesce(parcel_state.last_event_at, parcel_state.shipped_at) >= heard.utc_from
        AND coalesce(parcel_state.last_event_at, parcel_state.shipped_at) < heard.utc_to
    LEFT JOIN customers ON customers.customer_id = parcel_state.customer_id
    LEFT JOIN home_country ON home_country.country = customers.country
    WHERE parcel_state.delivered_at IS NULL
        AND (parcel_state.is_open OR parcel_state.status = 'return_to_sender')
        AND floor(epoch(coalesce(parcel_state.last_event_at, parcel_state.shipped_at)))
        >= $cutoff_epoch - $settled_days * 86400
        AND NOT EXISTS (
            SELECT 1
            FROM claims
            WHERE claims.order_id = parcel_state.order_id
                AND claims.type IN ('lost', 'not_received')
                AND claims.resolved_at >= parcel_state.shipped_at
                AND claims.resolved_at < $cutoff
        )
),
parcels AS (
    SELECT
        order_id,
        CASE
            WHEN NOT is_open THEN 'parcel_returned_to_sender'
            WHEN status IN ('exception', 'expired', 'delayed', 'attempt_failed') THEN 'parcel_in_trouble'
            ELSE 'parcel_stalled'
        END AS exception,
        shipment_id AS subject_id,
        heard_at AS since_at,
        CAST(heard_at AS DATE) + CAST($settled_days AS INTEGER) AS released_on
    FROM unsettled
    WHERE (
            NOT is_open
            AND NOT EXISTS (
                SELECT 1
                FROM refunds
                WHERE refunds.order_id = unsettled.order_id
                    AND refunds.refunded_at >= unsettled.heard_at
                    AND refunds.refunded_at < $cutoff
            )
        )
        OR status IN ('exception', 'expired', 'delayed', 'attempt_failed')
        OR floor(today / 7) * 5 + least(today - 7 * floor(today / 7), 5)
        - floor(heard_on / 7) * 5 - least(heard_on - 7 * floor(heard_on / 7), 5) > patience
),
asked AS (
    SELECT
        order_id,
        'ticket_open' AS exception,
        ticket_id AS subject_id,
        created_at AS since_at,
        CAST(NULL AS DATE) AS released_on
    FROM tickets
    WHERE order_id IS NOT NULL
        AND created_at < $cutoff
        AND coalesce(received_at, created_at) < $cutoff
        AND (resolved_at >= $cutoff OR (resolved_at IS NULL AND status NOT IN ('solved', 'closed')))
        AND NOT coalesce(is_spam, FALSE)
),
claimed AS (
    SELECT
        order_id,
        CASE WHEN type IN ('lost', 'not_received') THEN 'not_received' ELSE 'claim_open' END AS exception,
        claim_id AS subject_id,
        opened_at AS since_at,
        CAST(NULL AS DATE) AS released_on
    FROM claims
    WHERE opened_at < $cutoff AND (resolved_at IS NULL OR resolved_at >= $cutoff)
),
going_back AS (
    SELECT
        order_id,
        CASE WHEN outcome = 'exchange' THEN 'exchange_open' ELSE 'return_open' END AS exception,
        return_id AS subject_id,
        requested_at AS since_at,
        CAST(NULL AS DATE) AS released_on
    FROM returns
    WHERE requested_at < $cutoff
        AND (closed_at >= $cutoff OR (closed_at IS NULL AND state <> 'closed'))
        AND state NOT IN ('cancelled', 'expired')
        AND coalesce(outcome, 'none') <> 'rejected'
),
disputed AS (
    SELECT
        order_id,
        'chargeback' AS exception,
        chargeback_id AS subject_id,
        opened_at AS since_at,
        CAST(opened_at AS DATE) + 180 AS released_on
    FROM chargebacks
    WHERE opened_at < $cutoff AND floor(epoch(opened_at)) >= $cutoff_epoch - 180 * 86400
),
of_orders AS (
    SELECT
        order_state.order_id,
        CASE
            WHEN order_state.is_cancelled THEN 'cancelled_under_way'
            ELSE 'partial_delivery'
        END AS exception,
        order_state.order_id AS subject_id,
        order_state.placed_at AS since_at,
        CAST(order_state.placed_at AS DATE) + CAST($settled_days AS INTEGER) AS released_on
    FROM order_state
    WHERE floor(epoch(order_state.placed_at)) >= $cutoff_epoch - $settled_days * 86400
        AND (
            (
                order_state.delivered_lines > 0
                AND order_state.delivered_lines < order_state.lines
                -- what is missing was made good: a claim decided, or money that no return explains
                AND NOT EXISTS (
                    SELECT 1
                    FROM claims
                    WHERE claims.order_id = order_state.order_id
                        AND claims.type IN ('lost', 'not_received')
                        AND claims.resolved_at < $cutoff
                )
                AND NOT (
                    EXISTS (
                        SELECT 1
                        FROM refunds
                        WHERE refunds.order_id = order_state.order_id AND refunds.refunded_at < $cutoff
                    )
                    AND NOT EXISTS (SELECT 1 FROM returns WHERE returns.order_id = order_state.order_id)
                )
            )
            OR (
                order_state.is_cancelled
                AND EXISTS (
                    SELECT 1 FROM parcel_state WHERE parcel_state.order_id = order_state.order_id AND parcel_state.is_open
                )
            )
        )
),
repaid AS (
    SELECT order_id, sum(amount_cents) AS cents
    FROM refunds
    WHERE refunded_at < $cutoff
    GROUP BY order_id
),
never_left AS (
    SELECT
        order_state.order_id,
        order_state.placed_on,
        coalesce(orders.promised_by_on, order_state.placed_on + CAST($ship_within_days AS INTEGER)) AS due_on
    FROM order_state
    INNER JOIN orders ON orders.order_id = order_state.order_id
    LEFT JOIN repaid ON repaid.order_id = order_state.order_id
    WHERE NOT order_state.is_cancelled
        AND order_state.delivered_lines < order_state.lines -- what needs no parcel is delivered at once
        AND NOT coalesce(orders.is_preorder, FALSE)
        AND orders.financial_status <> 'pending' -- nobody ships what is not paid for
        AND NOT EXISTS (
            SELECT 1
            FROM parcel_state
            WHERE parcel_state.order_id = order_state.order_id
                AND parcel_state.status <> 'cancelled'
                AND (parcel_state.shipped_at IS NOT NULL OR parcel_state.status <> 'label_created')
        )
        AND coalesce(repaid.cents < orders.total_cents, TRUE)
),
everything AS (
    SELECT order_id, exception, subject_id, since_at, released_on FROM parcels
    UNION ALL
    SELECT order_id, exception, subject_id, since_at, released_on FROM asked
    UNION ALL
    SELECT order_id, exception, subject_id, since_at, released_on FROM claimed
    UNION ALL
    SELECT order_id, exception, subject_id, since_at, released_on FROM going_back
    UNION ALL
    SELECT order_id, exception, subject_id, since_at, released_on FROM disputed
    UNION ALL
    SELECT order_id, exception, subject_id, since_at, released_on FROM of_orders
    UNION ALL
    SELECT
        order_id,
        'not_shipped' AS exception,
        order_id AS subject_id,
        CAST(due_on AS TIMESTAMP) AS since_at,
        placed_on + CAST($settled_days AS INTEGER) AS released_on
    FROM never_left
    WHERE due_on < CAST($today_on AS DATE) AND placed_on >= CAST($today_on AS DATE) - CAST($settled_days AS INTEGER)
)
SELECT
    everything.order_id,
    order_state.customer_id,
    everything.exception,
    everything.subject_id,
    everything.since_at,
    everything.released_on
FROM everything
INNER JOIN order_state ON order_state.order_id = everything.order_id
WHERE NOT order_state.is_test
