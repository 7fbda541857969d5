-- The list of refunds of all orders, the newest first.
SELECT
    number_of(refund_id) AS id,
    number_of(order_id) AS parent_id,
    gmt(refunded_at) AS date_created,
    gmt(refunded_at) AS date_created_gmt,
    amount(amount_cents) AS amount,
    coalesce(reason, '') AS reason,
    1 AS refunded_by,
    true AS refunded_payment,
    [] AS meta_data,
    [] AS line_items
FROM refunds
ORDER BY refunded_at DESC, refund_id
