-- One row for each customer and product bought up to day $day, however long ago, returned or not.
-- columns: customer_id VARCHAR, sku VARCHAR
-- key: customer_id, sku
SELECT customer_id, sku FROM purchase_days WHERE bought_day <= $day
UNION
SELECT customer_id, sku FROM returned_products
