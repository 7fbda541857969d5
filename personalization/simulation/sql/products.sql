SELECT * FROM products WHERE received_at IS NULL OR received_at < $until ORDER BY sku
