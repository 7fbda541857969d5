SELECT * FROM refunds WHERE refunded_at < $until ORDER BY refund_id
