-- One row for each customer and product that the customer ever sent back: it is not recommended to them again.
-- columns: customer_id VARCHAR, sku VARCHAR
-- key: customer_id, sku
SELECT DISTINCT customer_id, sku
FROM line_state
WHERE customer_id IS NOT NULL AND is_returned AND floor(epoch(placed_at)) < $cutoff_epoch
