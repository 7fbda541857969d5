SELECT
    order_plan.order_id || '-T' || asked.reason_no || CASE WHEN asked.number > 1 THEN '-' || asked.number ELSE '' END AS ticket_id,
    order_plan.customer_id,
    order_plan.order_id,
    asked.channel,
    CASE
        WHEN asked.resolved_at < $until THEN 'solved'
        WHEN asked.first_reply_at < $until THEN 'pending'
        ELSE 'new'
    END AS status,
    asked.reason,
    asked.created_at,
    CASE WHEN asked.first_reply_at < $until THEN asked.first_reply_at END AS first_reply_at,
    CASE WHEN asked.resolved_at < $until THEN asked.resolved_at END AS resolved_at,
    CASE WHEN asked.resolved_at < $until THEN asked.minutes END AS handle_minutes,
    CASE WHEN asked.resolved_at < $until AND asked.is_answered THEN asked.score END AS csat,
    FALSE AS is_from_agent,
    asked.is_spam,
    asked.created_at AS received_at,
    FALSE AS is_received_assumed
FROM asked
JOIN order_plan ON order_plan.order_no = asked.order_no
LEFT JOIN void_parcels ON void_parcels.order_no = asked.order_no AND void_parcels.number = asked.number
WHERE asked.created_at < $until
    AND (void_parcels.void_at IS NULL OR asked.created_at < void_parcels.void_at)
    AND make_timestamp(order_plan.placed_at * 1000000) < $until
ORDER BY ticket_id
