-- One row for each thing of the window that went wrong (a ticket, return, claim, chargeback, parcel or mail), with the stage of
-- the journey that it belongs to (R3) and the problem that it counts for. A ticket whose reason is known is placed by
-- it; one for another reason by where its order was when it was written; without a reason or an order it has no stage.
-- columns: kind VARCHAR, failure_id VARCHAR, who VARCHAR, word VARCHAR, stage VARCHAR, problem VARCHAR
-- key: kind, failure_id
SELECT
    'ticket' AS kind,
    ticket_id AS failure_id,
    who,
    reason AS word,
    CASE
        WHEN reason = 'unknown' THEN NULL
        WHEN reason = 'wismo' AND is_arrived THEN 'delivered'
        WHEN reason = 'wismo' AND is_known_order AND NOT is_shipped THEN 'fulfilment'
        WHEN reason = 'wismo' THEN 'in_transit'
        WHEN reason IN ('return', 'exchange', 'refund') THEN 'return_exchange'
        WHEN reason IN ('damaged', 'claim') THEN 'issue_resolution'
        WHEN reason IN ('cancel', 'address') AND is_shipped THEN 'in_transit'
        WHEN reason IN ('cancel', 'address') THEN 'confirmation'
        WHEN NOT is_known_order THEN NULL
        WHEN is_arrived THEN 'onboarding'
        WHEN is_shipped THEN 'in_transit'
        ELSE 'confirmation'
    END AS stage,
    CASE
        WHEN reason = 'wismo' THEN 'tracking'
        WHEN reason IN ('damaged', 'claim') THEN 'claims'
        WHEN reason IN ('return', 'exchange', 'refund') OR earlier > 0 THEN 'support'
    END AS problem
FROM ticket_facts
WHERE is_in_window
UNION ALL
SELECT
    'return' AS kind,
    returns.return_id AS failure_id,
    coalesce(order_facts.customer_id, returns.order_id) AS who,
    coalesce(returns.outcome, 'undecided') AS word,
    'return_exchange' AS stage,
    'returns' AS problem
FROM returns
LEFT JOIN order_facts ON order_facts.order_id = returns.order_id
WHERE returns.requested_at < $cutoff
    AND floor(epoch(returns.requested_at)) >= $cutoff_epoch - $window_days * 86400
    AND returns.state NOT IN ('cancelled', 'expired')
UNION ALL
SELECT
    'claim' AS kind,
    claims.claim_id AS failure_id,
    coalesce(order_facts.customer_id, claims.order_id) AS who,
    claims.type AS word,
    'issue_resolution' AS stage,
    CASE WHEN claims.type IN ('lost', 'not_received') THEN 'tracking' ELSE 'claims' END AS problem
FROM claims
LEFT JOIN order_facts ON order_facts.order_id = claims.order_id
WHERE claims.opened_at < $cutoff
    AND coalesce(claims.received_at, claims.opened_at) < $cutoff
    AND floor(epoch(claims.opened_at)) >= $cutoff_epoch - $window_days * 86400
UNION ALL
SELECT
    'chargeback' AS kind,
    chargebacks.chargeback_id AS failure_id,
    coalesce(order_facts.customer_id, chargebacks.order_id) AS who,
    coalesce(chargebacks.reason, 'unknown') AS word,
    'issue_resolution' AS stage,
    'trust' AS problem
FROM chargebacks
LEFT JOIN order_facts ON order_facts.order_id = chargebacks.order_id
WHERE chargebacks.opened_at < $cutoff
    AND coalesce(chargebacks.received_at, chargebacks.opened_at) < $cutoff
    AND floor(epoch(chargebacks.opened_at)) >= $cutoff_epoch - $window_days * 86400
UNION ALL
SELECT
    'parcel' AS kind,
    shipment_id AS failure_id,
    coalesce(customer_id, order_id, shipment_id) AS who,
    CASE WHEN status = 'expired' THEN 'lost' ELSE status END AS word,
    'in_transit' AS stage,
    'tracking' AS problem
FROM parcel_state
WHERE status IN ('exception', 'return_to_sender', 'expired', 'attempt_failed', 'delayed')
    AND floor(epoch(shipped_at)) >= $cutoff_epoch - $window_days * 86400
UNION ALL
SELECT DISTINCT
    'mail' AS kind,
    engagement.message_id || '/' || engagement.type AS failure_id,
    messages.customer_id AS who,
    engagement.type AS word,
    'reorder_reactivation' AS stage,
    CAST(NULL AS VARCHAR) AS problem
FROM engagement
INNER JOIN messages ON messages.message_id = engagement.message_id
WHERE engagement.type IN ('unsubscribe', 'complaint')
    AND messages.class <> 'service'
    AND engagement.occurred_at < $cutoff
    AND floor(epoch(engagement.occurred_at)) >= $cutoff_epoch - $window_days * 86400
