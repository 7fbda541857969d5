-- Service notices about an order that people are dealing with already: an open ticket, claim, dispute, return or exchange, or a parcel that came back. A ticket of the same person that names no order, and was written after this one, may be about it.
-- columns: program VARCHAR, customer_id VARCHAR, subject VARCHAR
-- key: program, customer_id, subject
SELECT c.program, c.customer_id, c.subject
FROM considered AS c
WHERE
    c.is_service
    AND (
        EXISTS (
            SELECT 1
            FROM open_exceptions AS e
            WHERE
                e.order_id = c.order_id
                AND (
                    e.exception IN ('ticket_open', 'claim_open', 'chargeback', 'exchange_open', 'return_open', 'cancelled_under_way', 'parcel_returned_to_sender')
                    OR (e.exception = 'not_received' AND c.program <> 'not_received_help')
                )
        )
        OR EXISTS (
            SELECT 1
            FROM audience_tickets AS t
            INNER JOIN order_state AS o ON o.order_id = c.order_id
            WHERE
                t.customer_id = c.customer_id
                AND t.order_id IS NULL
                AND t.created_at >= o.placed_at
                AND t.resolved_at IS NULL
                AND t.status NOT IN ('solved', 'closed')
        )
    )
